"""What tests of the core share: checkpoint pairs written on the spot, and a web server of our own."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import nn

from gradcam_core.models import LoadedModel
from gradcam_core.scenes.scene import draw_scene
from gradcam_core.tinynet import TinyNet
from tests.core.loopback import Address, Server, running, witnessed
from tests.core.transformers import SIDE, LateReader, small_swin, small_vit
from tests.support import loaded, png

LABELS = ["ant", "bee, honeybee", "cat"]
PREPROCESSING = {
    "resize_size": 36,
    "crop_size": 32,
    "interpolation": "bicubic",
    "mean": [0.5, 0.4, 0.3],
    "std": [0.2, 0.2, 0.2],
}
DESCRIPTION = {"architecture": "heatproof/tinynet", "num_classes": 3, "labels": LABELS, "preprocessing": PREPROCESSING}

WritePair = Callable[..., Path]


@pytest.fixture(scope="module")
def vit() -> LoadedModel:
    """A vision transformer of torchvision's, small and with random weights."""
    return loaded(small_vit(), side=SIDE)


@pytest.fixture(scope="module")
def swin() -> LoadedModel:
    """A Swin transformer, likewise."""
    return loaded(small_swin(), side=SIDE)


@pytest.fixture(scope="module")
def late() -> LoadedModel:
    """A transformer whose class token joins before its last block."""
    return loaded(LateReader(), side=SIDE)


@pytest.fixture
def write_pair(tmp_path: Path) -> WritePair:
    """Writes NAME.json and NAME.safetensors into a folder of the test's own and gives the path of the weights.

    Keywords change fields of the description; a field that is None is left out.
    """

    def write(
        name: str = "small", *, module: nn.Module | None = None, suffix: str = ".safetensors", **changes: Any
    ) -> Path:
        described = {key: value for key, value in {**DESCRIPTION, **changes}.items() if value is not None}
        (tmp_path / f"{name}.json").write_text(json.dumps(described), encoding="utf-8")
        state = (module or TinyNet(described.get("num_classes", 3))).state_dict()
        weights = tmp_path / f"{name}{suffix}"
        save_file(state, weights) if suffix == ".safetensors" else torch.save(state, weights)
        return weights

    return write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of `write_pair`, as the checkpoint folder of the settings."""
    monkeypatch.setenv("HEATPROOF_CHECKPOINTS", str(tmp_path))
    return tmp_path


@pytest.fixture
def server() -> Iterator[Server]:
    """A web server on loopback."""
    with running() as started:
        yield started


@pytest.fixture
def dialled() -> Iterator[list[Address]]:
    """Every address that anything dials during the test."""
    with witnessed() as seen:
        yield seen


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A drawn scene as a file: a cat and a boat."""
    path = tmp_path_factory.mktemp("scene") / "scene.png"
    drawn = draw_scene(3, size=160, things=["cat", "boat"]).pixels
    path.write_bytes(png(Image.fromarray(drawn)))
    return str(path)
