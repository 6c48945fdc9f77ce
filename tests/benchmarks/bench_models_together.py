"""Many real networks in one program: does memory hold, and does each thread get its own answer?

    python -m tests.benchmarks.bench_models_together

First ten of torchvision's networks, from a checkpoint folder, are borrowed in turn from a cache with a third of the
room that they take: the most that it ever holds, as a share of its budget and the largest network. Then eight threads
ask a convolutional network, a vision transformer and a Swin transformer in any order (random weights, `woken`): how
many maps and scores differ from what one thread alone gets.
"""

import json
import os
import platform
import random
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
import torchvision
from safetensors.torch import save_file

from gradcam_core import Explainer, LoadedImage
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.models.cache import ModelCache
from tests.benchmarks.bench_networks import built, noise
from tests.support import IMAGENET_MEAN, IMAGENET_STD, loaded

_IN_TURN = (
    *("resnet18", "resnet34", "mobilenet_v2", "densenet121", "efficientnet_b0"),
    *("shufflenet_v2_x1_0", "mnasnet1_0", "regnet_y_400mf", "convnext_tiny", "swin_t"),
)
_MIXED = ("resnet18", "vit_b_32", "swin_t")
_THREADS, _QUESTIONS = 8, 48


def main() -> None:
    """Both, with the machine."""
    print(f"torch {torch.__version__}, {platform.machine()}, {os.cpu_count()} cores")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HEATPROOF_CHECKPOINTS"] = folder
        sizes = [_written(Path(folder), name) for name in _IN_TURN]
        held = list(_held_in_turn(budget=sum(sizes) // 3))
    most, allowed = max(held), sum(sizes) // 3 + max(sizes)
    total, largest = sum(sizes) / 1e6, max(sizes) / 1e6
    print(f"cache: {total:.0f} MB of networks in turn, budget {total / 3:.0f} MB, the largest has {largest:.0f} MB")
    print(f"cache: at most {most / 1e6:.0f} MB held: {most / allowed:.2f} of the budget and the largest together")
    wrong, difference = _wrong_together()
    print(
        f"{_THREADS} threads, {', '.join(_MIXED)} mixed: {wrong} of {_QUESTIONS} wrong (at most {difference:.1e} off)"
    )


def _written(folder: Path, name: str) -> int:
    """A network as a pair of files with random weights, and its bytes."""
    state = torchvision.models.get_model(name, weights=None).state_dict()
    save_file(state, folder / f"own_{name}.safetensors")
    preprocessing = {"resize_size": 224, "crop_size": 224, "mean": IMAGENET_MEAN, "std": IMAGENET_STD}
    description = {"version": 1, "architecture": f"torchvision/{name}", "num_classes": 1000, "labels": "imagenet"}
    text = json.dumps(description | {"preprocessing": preprocessing})
    (folder / f"own_{name}.json").write_text(text, encoding="utf-8")
    return sum(tensor.nbytes for tensor in state.values())


def _held_in_turn(budget: int) -> Iterator[int]:
    """The bytes that there are when each network has just been loaded, and while it is in use."""

    def load(name: str, *, device: str) -> LoadedModel:
        model = load_model(name, device=device)
        held.append(cache.nbytes + model.nbytes)
        return model

    held: list[int] = []
    cache = ModelCache(budget, load=load)
    for name in _IN_TURN:
        with cache.borrow(f"own_{name}"):
            yield max(held.pop(), cache.nbytes)


def _wrong_together() -> tuple[int, float]:
    """How many answers of many threads differ from those of one, and by how much at most, relative to the largest."""
    models = [loaded(built("torchvision", name)[0], name=name) for name in _MIXED]
    rng = random.Random(0)
    asked = [(rng.choice(models), rng.randrange(1000)) for _ in range(_QUESTIONS)]
    image = noise(224)
    alone = [_answer(model, index, image) for model, index in asked]
    with ThreadPoolExecutor(_THREADS) as pool:
        together = list(pool.map(lambda question: _answer(question[0], question[1], image), asked))
    differences = [
        max(float(np.abs(one - other).max() / np.abs(other).max()) for one, other in zip(pair, expected, strict=True))
        for pair, expected in zip(together, alone, strict=True)
    ]
    return sum(difference > 1e-5 for difference in differences), max(differences)


def _answer(model: LoadedModel, class_index: int, image: LoadedImage) -> tuple[np.ndarray, np.ndarray]:
    forward = Explainer(model).forward(image)
    return forward.cam(class_index).values, forward.logits


if __name__ == "__main__":
    main()
