"""A bright dot at a known pixel comes back within one CAM cell, however the image got into the model."""

import io

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from gradcam_core.decoding.decode import decode_image
from gradcam_core.engine import Explainer
from gradcam_core.models import LoadedModel
from gradcam_core.preprocessing import PREPROCESSINGS
from tests.support import loaded, png

SIDE, CELLS = 64, 16


@pytest.fixture(scope="module")
def brightness_net() -> LoadedModel:
    """Linear, hand-set: the mean brightness of each of 16 × 16 cells, then the mean over cells."""
    cells, head = nn.Conv2d(3, 1, SIDE // CELLS, stride=SIDE // CELLS, bias=False), nn.Linear(1, 2)
    with torch.no_grad():
        cells.weight.fill_(1.0)
        head.weight.copy_(torch.tensor([[1.0], [-1.0]]))
    module = nn.Sequential(cells, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
    return loaded(module, side=SIDE)


def dotted(width: int, height: int, x: int, y: int, *, orientation: int = 1) -> bytes:
    """A picture of the mean colour with one bright dot, as a viewer shows it at (x, y); turned as EXIF says."""
    picture = Image.new("RGB", (width, height), (124, 116, 104))
    radius = max(1, max(width, height) // 40)
    picture.paste((255, 255, 255), (x - radius, y - radius, x + radius + 1, y + radius + 1))
    if orientation == 1:
        return png(picture)
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    buffer = io.BytesIO()
    picture.transpose(undo[orientation]).save(buffer, "JPEG", quality=95, exif=exif)
    return buffer.getvalue()


def assert_found(model: LoadedModel, data: bytes, at: tuple[int, int], preprocessing: str) -> None:
    image = decode_image(data)
    forward = Explainer(model).forward(image, preprocessing=preprocessing)
    left, top, right, bottom = forward.geometry.window
    cell = ((right - left) / CELLS, (bottom - top) / CELLS)
    cam = forward.cam(0)
    heat = np.nan_to_num(forward.geometry.to_original(cam.values), nan=-np.inf)
    row, column = np.unravel_index(np.argmax(heat), heat.shape)
    for found in (cam.peak, (int(column), int(row))):
        assert abs(found[0] - at[0]) <= max(cell[0], 1), (found, at, preprocessing)
        assert abs(found[1] - at[1]) <= max(cell[1], 1), (found, at, preprocessing)


@pytest.mark.parametrize("preprocessing", PREPROCESSINGS)
@pytest.mark.parametrize(
    ("width", "height"), [(400, 100), (100, 400), (12, 9), (640, 480), (64, 64), (1900, 1200)], ids=str
)
@pytest.mark.parametrize("place", [(0.5, 0.5), (0.45, 0.62), (0.58, 0.4)], ids=str)
def test_a_dot_comes_back_where_it_was(
    brightness_net: LoadedModel, preprocessing: str, width: int, height: int, place: tuple[float, float]
) -> None:
    x, y = int(place[0] * width), int(place[1] * height)
    assert_found(brightness_net, dotted(width, height, x, y), (x, y), preprocessing)


@pytest.mark.parametrize("preprocessing", ["squash", "pad"])
@pytest.mark.parametrize("place", [(0.06, 0.1), (0.93, 0.88)], ids=str)
def test_a_dot_at_the_edge_is_found_where_nothing_is_cropped(
    brightness_net: LoadedModel, preprocessing: str, place: tuple[float, float]
) -> None:
    x, y = int(place[0] * 500), int(place[1] * 180)
    assert_found(brightness_net, dotted(500, 180, x, y), (x, y), preprocessing)


@pytest.mark.parametrize("preprocessing", PREPROCESSINGS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_dot_of_a_turned_photograph_comes_back_upright(
    brightness_net: LoadedModel, preprocessing: str, orientation: int
) -> None:
    assert_found(brightness_net, dotted(300, 200, 130, 120, orientation=orientation), (130, 120), preprocessing)


def test_a_dot_that_was_cropped_away_lights_nothing(brightness_net: LoadedModel) -> None:
    forward = Explainer(brightness_net).forward(decode_image(dotted(400, 100, 20, 50)))
    assert float(np.ptp(forward.cam(0).values)) < 1e-4
    assert np.isnan(forward.geometry.to_original(forward.cam(0).values)[:, :100]).all()
