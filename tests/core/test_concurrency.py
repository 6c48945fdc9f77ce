"""Many people click at once: every map is the one that a single person would get."""

import json
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from gradcam_core.engine import Explainer
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel
from gradcam_core.models.cache import ModelCache
from tests.core.transformers import SIDE, small_swin, small_vit
from tests.support import IMAGENET_MEAN, IMAGENET_STD, calibrated, loaded, methods_for

THREADS = 8


@dataclass(frozen=True)
class Request:
    model: str
    layer: int  # counted from the last block
    method: str
    image: int
    class_index: int


@pytest.fixture
def model_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModelCache:
    """The embedded network, and a DenseNet (shared buffers, functional in-place ReLUs) from a checkpoint folder."""
    save_file(calibrated("densenet121", side=64).state_dict(), tmp_path / "dense.safetensors")
    description = {
        "version": 1,
        "architecture": "torchvision/densenet121",
        "num_classes": 50,
        "labels": [f"kind {index}" for index in range(50)],
        "preprocessing": {"resize_size": 64, "crop_size": 64, "mean": IMAGENET_MEAN, "std": IMAGENET_STD},
    }
    (tmp_path / "dense.json").write_text(json.dumps(description), encoding="utf-8")
    monkeypatch.setenv("HEATPROOF_CHECKPOINTS", str(tmp_path))
    return ModelCache(1_000_000_000)


@pytest.mark.parametrize("requests", [4, pytest.param(25, marks=pytest.mark.slow)])
def test_eight_threads_get_what_one_gets(
    model_cache: ModelCache, make_image: Callable[..., LoadedImage], requests: int
) -> None:
    images = [make_image(200, 150, seed=1), make_image(90, 210, seed=2), make_image(128, 128, seed=3)]
    with model_cache.borrow("tinynet") as tiny, model_cache.borrow("dense") as dense:
        models = {"tinynet": tiny, "dense": dense}
        before = {name: _state(model.module) for name, model in models.items()}
        logits = {name: Explainer(model).forward(images[0]).logits for name, model in models.items()}

    def explain(request: Request) -> np.ndarray:
        with model_cache.borrow(request.model) as model:
            blocks = [layer.name for layer in model.layers if layer.is_block]
            forward = Explainer(model, blocks[-1 - request.layer]).forward(images[request.image])
            return forward.cam(request.class_index, request.method).values

    rng, methods = random.Random(0), list(methods_for(tiny))
    asked = [
        Request(
            rng.choice(["tinynet", "dense"]),
            rng.randrange(3),
            rng.choice(methods),
            rng.randrange(3),
            rng.randrange(10),
        )
        for _ in range(THREADS * requests)
    ]
    serial = {request: explain(request) for request in asked}
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(explain, asked))
    for request, values in zip(asked, together, strict=True):
        expected = serial[request]
        assert np.abs(values - expected).max() <= 1e-5 * max(1.0, float(np.abs(expected).max())), request
    assert {name: _state(model.module) for name, model in models.items()} == before
    for name, model in models.items():
        assert np.array_equal(Explainer(model).forward(images[0]).logits, logits[name])


def test_networks_of_every_layout_are_explained_at_once(
    tinynet: LoadedModel, make_image: Callable[..., LoadedImage]
) -> None:
    models = [tinynet, loaded(small_vit(), side=SIDE), loaded(small_swin(), side=SIDE)]
    image, rng = make_image(), random.Random(0)

    def explain(asked: tuple[int, str, str, int]) -> np.ndarray:
        number, layer, method, class_index = asked
        return Explainer(models[number], layer).forward(image).cam(class_index, method).values

    blocks = [[layer.name for layer in model.layers if layer.is_block][-2:] for model in models]
    methods = [list(methods_for(model)) for model in models]
    several = [
        (number, rng.choice(blocks[number]), rng.choice(methods[number]), rng.randrange(6))
        for number in (0, 1, 2) * THREADS
    ]
    serial = [explain(asked) for asked in several]
    with ThreadPoolExecutor(THREADS) as pool:
        together = list(pool.map(explain, several))
    for asked, one, other in zip(several, serial, together, strict=True):
        assert np.allclose(one, other, rtol=0, atol=1e-5 * max(1.0, float(np.abs(one).max()))), asked


def test_one_forward_pass_serves_many_threads(model_cache: ModelCache, make_image: Callable[..., LoadedImage]) -> None:
    with model_cache.borrow("dense") as model:
        forward = Explainer(model).forward(make_image())
        serial = [forward.cam(index).values for index in range(20)]
        with ThreadPoolExecutor(THREADS) as pool:
            together = list(pool.map(lambda index: forward.cam(index).values, range(20)))
    assert all(np.array_equal(one, other) for one, other in zip(serial, together, strict=True))


def _state(module: torch.nn.Module) -> list[object]:
    facts: list[object] = [(type(m), m.training, len(m._forward_hooks)) for m in module.modules()]
    return facts + [(p.requires_grad, p.grad is None, p.double().sum().item()) for p in module.parameters()]
