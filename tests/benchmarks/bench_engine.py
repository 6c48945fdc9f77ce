"""What do five and twenty classes cost, beside one plain forward and beside the peers?

    python -m tests.benchmarks.bench_engine [--model resnet50] [--rounds 7]

Each round runs every contender once, in turn, so that all of them see the same noise. Random weights: the time does
not depend on them. Everybody starts from the same decoded image and ends with maps; only the plain forward is given
its tensor. The peers are used as their documentation says, at their best: torch-cam keeps one forward for all
classes, the grad-cam library and captum take one forward per class.
"""

import argparse
import platform
import statistics
import time
import warnings
from collections.abc import Callable

import numpy as np
import torch
import torchvision
from PIL import Image
from torch import nn

from gradcam_core.decoding.decode import decode_image
from gradcam_core.engine import Explainer
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.preprocessing import prepare
from tests.support import loaded, png

Prepare = Callable[[], torch.Tensor]


def ours(module: nn.Module, classes: int, image: LoadedImage) -> Callable[[], object]:
    """One forward, one short backward per class."""
    explainer = Explainer(loaded(module))

    def run() -> object:
        forward = explainer.forward(image)
        return [forward.cam(index) for index in range(classes)]

    return run


def grad_cam(module: nn.Module, classes: int, prepared: Prepare, layer: str) -> Callable[[], object]:
    """The library that everybody uses."""
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    method = GradCAM(model=module, target_layers=[module.get_submodule(layer)])

    def run() -> object:
        tensor = prepared()
        return [method(tensor, [ClassifierOutputTarget(index)]) for index in range(classes)]

    return run


def torch_cam(module: nn.Module, classes: int, prepared: Prepare, layer: str) -> Callable[[], object]:
    """One forward for all classes, the graph kept."""
    from torchcam.methods import GradCAM

    extractor = GradCAM(module, layer)

    def run() -> object:
        scores = module(prepared().requires_grad_())
        return [extractor(index, scores, retain_graph=True) for index in range(classes)]

    return run


def captum(module: nn.Module, classes: int, prepared: Prepare, layer: str) -> Callable[[], object]:
    """LayerGradCam, one attribution per class."""
    from captum.attr import LayerGradCam

    method = LayerGradCam(module, module.get_submodule(layer))

    def run() -> object:
        tensor = prepared()
        return [method.attribute(tensor, target=index) for index in range(classes)]

    return run


def medians(contenders: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each, all of them run in turn in every round; one round to warm up."""
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds + 1):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - start)
    return {name: statistics.median(times[1:]) for name, times in seconds.items()}


def contenders(name: str) -> dict[str, Callable[[], object]]:
    """Every contender with a network of its own: the peers leave hooks and gradients behind."""

    def fresh() -> nn.Module:
        torch.manual_seed(0)
        return torchvision.models.get_model(name, weights=None).eval()  # type: ignore[no-any-return]

    picture = Image.fromarray(np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8))
    image, model = decode_image(png(picture)), loaded(fresh())

    def prepared() -> torch.Tensor:
        return prepare(image, model.input_spec).tensor

    tensor, layer = prepared(), model.default_layer
    runs: dict[str, Callable[[], object]] = {"one plain forward": lambda: model.module(tensor)}
    for classes in (1, 5, 20):
        runs[f"Heatproof, {classes} classes"] = ours(fresh(), classes, image)
    runs["torch-cam, 5 classes"] = torch_cam(fresh(), 5, prepared, layer)
    runs["captum, 5 classes"] = captum(fresh(), 5, prepared, layer)
    runs["grad-cam library, 5 classes"] = grad_cam(fresh(), 5, prepared, layer)
    return runs


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="resnet50")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    times = medians(contenders(options.model), options.rounds)
    forward = times["one plain forward"]
    print(
        f"{options.model}, 224 px, {torch.get_num_threads()} threads, torch {torch.__version__}, {platform.machine()}"
    )
    print(f"median of {options.rounds} rounds; one plain forward takes {forward * 1000:.0f} ms\n")
    for name, seconds in times.items():
        print(f"{name:<28} {seconds / forward:6.2f} forwards")


if __name__ == "__main__":
    main()
