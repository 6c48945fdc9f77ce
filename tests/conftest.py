"""What many tests need: images made on the spot, small networks, and the model that is shipped."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from threadpoolctl import threadpool_limits
from torch import nn

from gradcam_core.attention.passes import AttentionPass, attend
from gradcam_core.decoding.decode import decode_image
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.preprocessing import prepare
from gradcam_core.samples import load_sample
from tests.core import loopback
from tests.pages.support import add_hostile, add_photo_network
from tests.support import png

TESTS = Path(__file__).parent
SECOND_HALF = "test_l"  # of the files of `browser`, by name: from here on they take as long as those before

loopback.stay_here()
os.environ.setdefault("HEATPROOF_MAX_MEMORY_BYTES", str(2**40))  # a browser beside the server may fill the container
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # each server and each command would be compiled anew
torch.set_num_threads(1)  # tests start threads of their own, and would otherwise fight over the cores
threadpool_limits(1)  # numpy's linear algebra likewise


@pytest.fixture(scope="session")
def make_image() -> Callable[..., LoadedImage]:
    """An image of this size with smooth, seeded content, through the real door."""

    def make(width: int = 160, height: int = 120, *, seed: int = 0) -> LoadedImage:
        coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
        picture = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        return decode_image(png(picture))

    return make


@pytest.fixture(scope="session")
def tinynet() -> LoadedModel:
    """The embedded network, loaded once."""
    return load_model("tinynet", device="cpu")


@pytest.fixture(scope="session")
def tinyvit() -> LoadedModel:
    """The embedded vision transformer, loaded once."""
    return load_model("tinyvit", device="cpu")


@pytest.fixture(scope="session")
def attended(tinyvit: LoadedModel) -> AttentionPass:
    """What the transformer's tokens attend to in the first sample, all of which it sees."""
    return attend(tinyvit, prepare(load_sample("meadow"), tinyvit.input_spec).tensor)


@pytest.fixture
def small_net() -> nn.Module:
    """conv → in-place ReLU → conv → mean over pixels → linear, with weights as they come."""
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(4, 5, 3, padding=1),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(5, 3),
    ).eval()


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint folder with a model whose texts are hostile and one for photographs."""
    folder = tmp_path_factory.mktemp("checkpoints")
    add_hostile(folder)
    add_photo_network(folder)
    return folder


@pytest.hookimpl(tryfirst=True)  # before pytest deselects by mark, and before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test its group, which one worker runs, and call a test in the browser slow unless it is marked smoke.

    The folder `crowd` is a group, and the slow tests of `browser` are two, which keep both workers busy; each starts
    servers and a Chromium. Elsewhere each file is a group, for the sake of its fixtures.
    """
    for item in items:
        place = item.path.relative_to(TESTS)
        is_smoke = item.get_closest_marker("smoke") is not None
        if place.parts[0] == "browser" and not is_smoke:
            item.add_marker(pytest.mark.slow)
        item.add_marker(pytest.mark.xdist_group(_group(place, is_smoke=is_smoke)))
    items.sort(key=lambda item: item.path.relative_to(TESTS).parts[0] != "crowd")  # the longest one-by-one work first


def _group(place: Path, *, is_smoke: bool) -> str:
    if place.parts[0] == "browser":
        return "browser" if is_smoke or place.name < SECOND_HALF else "browser, second half"
    return place.parts[0] if place.parts[0] == "crowd" else place.stem
