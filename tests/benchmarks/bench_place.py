"""Where do the cells of a network look, and what does it cost to measure that?

    python -m tests.benchmarks.bench_place [MODEL ...] [--layer NAME]

For each model, its default layer's shift and spread, (x, y) in cells, and the time that measuring took in units of one
plain forward pass of it (medians of five). Without models: torchvision's networks with the weights they are made with.
"""

import argparse
import platform
import statistics
import time
from collections.abc import Callable, Iterator

import torch
import torchvision

from gradcam_core.layers.place import ReceptiveField
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.receptive_field import measured
from gradcam_core.resources.cores import share_cores
from tests.support import loaded

_UNTRAINED = (
    "resnet18",
    "resnet50",
    "mobilenet_v2",
    "mobilenet_v3_large",
    "efficientnet_b0",
    "densenet121",
    "vgg16",
    "convnext_tiny",
    "squeezenet1_0",
)
_RUNS = 5


def untrained(names: tuple[str, ...]) -> Iterator[LoadedModel]:
    """torchvision's networks as they are made, seeded."""
    for name in names:
        torch.manual_seed(0)
        yield loaded(torchvision.models.get_model(name, weights=None).eval(), name=f"{name} (untrained)")


def seconds(run: Callable[[], object]) -> float:
    """The median time of a run, after one that is not counted."""
    run()
    taken = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        run()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def row(model: LoadedModel, layer: str | None) -> tuple[str, ReceptiveField, float]:
    """The layer, what its cells look at, and what it took to know."""
    target = model.layer(layer)
    image = torch.randn(1, *model.input_spec.shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        forward = seconds(lambda: model.module(image))
    found = measured(model, target)
    return target.name, found, seconds(lambda: measured(model, target)) / forward


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", metavar="MODEL", nargs="*")
    parser.add_argument("--layer", metavar="NAME")
    options = parser.parse_args()
    share_cores()
    models = (load_model(name, device="cpu") for name in options.models) if options.models else untrained(_UNTRAINED)
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, {torch.get_num_threads()} threads")
    print("model, layer: shift; spread (cells); cost (forward passes)")
    for model in models:
        layer, found, cost = row(model, options.layer)
        print(f"{model.spec.name}, {layer}: {found.shift}; {found.spread}; {cost:.1f} {found.note}".rstrip())


if __name__ == "__main__":
    main()
