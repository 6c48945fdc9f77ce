"""What does a model see of an image that is larger than the copy kept of it?"""

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.models import EfficientNet_B0_Weights, MobileNet_V3_Large_Weights, ResNet50_Weights

from gradcam_core.decoding.decode import decode_image
from gradcam_core.decoding.orientation import MADE_UPRIGHT
from gradcam_core.engine import Explainer
from gradcam_core.errors import ImageError
from gradcam_core.models import load_model
from gradcam_core.preprocessing import PREPROCESSINGS, InputSpec, prepare
from gradcam_core.resources.queue import ComputeQueue
from tests.core.made_files import image_file, orientation
from tests.support import png

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGENET = InputSpec(256, 224, MEAN, STD)


@pytest.fixture(autouse=True)
def few_pixels_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """As with 2,048 of them, and quicker."""
    monkeypatch.setenv("HEATPROOF_KEPT_SIDE", "128")


def _picture(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Seeded noise, which every step of a resize changes."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    noise = np.random.default_rng(width).integers(0, 256, (height, width, channels), np.uint8)
    return Image.frombytes(mode, (width, height), noise.tobytes())


@pytest.mark.parametrize(
    "weights", [ResNet50_Weights.IMAGENET1K_V2, EfficientNet_B0_Weights.DEFAULT, MobileNet_V3_Large_Weights.DEFAULT]
)
@pytest.mark.parametrize("size", [(1500, 75), (60, 700), (640, 480)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_input_equals_the_weights_own_transforms_of_the_file(
    weights: ResNet50_Weights, size: tuple[int, int], kind: str
) -> None:
    own = weights.transforms()
    spec = InputSpec(own.resize_size[0], own.crop_size[0], tuple(own.mean), tuple(own.std), own.interpolation.value)
    data = image_file(_picture(*size), kind)
    with Image.open(io.BytesIO(data)) as opened:
        expected = own(opened.convert("RGB"))
    assert torch.equal(prepare(decode_image(data), spec).tensor[0], expected)


@pytest.mark.parametrize("preprocessing", PREPROCESSINGS)
@pytest.mark.parametrize("size", [(1500, 75), (90, 640)])
def test_every_preprocessing_sees_what_it_would_see_were_all_pixels_kept(
    preprocessing: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = png(_picture(*size))
    small = decode_image(data)
    monkeypatch.setenv("HEATPROOF_KEPT_SIDE", "2048")
    whole = decode_image(data)
    assert (max(small.size), whole.size, whole.file) == (128, size, b"")
    seen = prepare(small, IMAGENET, preprocessing=preprocessing)
    expected = prepare(whole, IMAGENET, preprocessing=preprocessing)
    assert torch.equal(seen.tensor, expected.tensor)
    assert seen.geometry == expected.geometry.scaled_to(small.size)


@pytest.mark.parametrize("value", MADE_UPRIGHT)
def test_the_input_is_upright(value: int) -> None:
    picture = _picture(300, 200)
    sideways = image_file(picture, "PNG", exif=orientation(value))
    upright = png(picture.transpose(MADE_UPRIGHT[value]))
    seen, expected = (prepare(decode_image(data), IMAGENET) for data in (sideways, upright))
    assert torch.equal(seen.tensor, expected.tensor)
    assert seen.geometry == expected.geometry


@pytest.mark.parametrize(
    ("mode", "kind"), [("L", "PNG"), ("LA", "PNG"), ("RGBA", "PNG"), ("P", "GIF"), ("CMYK", "JPEG"), ("I;16", "PNG")]
)
def test_pixels_of_every_mode_are_cut_from_the_file(mode: str, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if mode == "P":
        picture = _picture(300, 200).quantize(32)
    elif mode == "I;16":
        picture = Image.fromarray(np.random.default_rng(0).integers(0, 65_536, (200, 300), np.uint16))
    else:
        picture = _picture(300, 200, mode)
    data = image_file(picture, kind)
    small = decode_image(data)
    monkeypatch.setenv("HEATPROOF_KEPT_SIDE", "2048")
    assert torch.equal(prepare(small, IMAGENET).tensor, prepare(decode_image(data), IMAGENET).tensor)


def test_a_model_sees_transparent_parts_over_the_colour_that_is_shown() -> None:
    lines = Image.new("RGBA", (640, 80), (255, 255, 255, 0))
    for left in range(0, 640, 20):
        lines.paste((215, 215, 215, 255), (left, 0, left + 1, 80))  # too pale to be seen over white once shrunk
    image = decode_image(png(lines))
    seen = prepare(image, InputSpec(128, 128, (0.0, 0.0, 0.0), (1.0, 1.0, 1.0))).tensor
    assert image.notes == ("Transparent parts are shown over white.",)
    assert min(image.pixels.mean(), float(seen.mean()) * 255) > 250


def test_an_image_that_is_kept_whole_needs_no_file() -> None:
    picture = _picture(128, 90)
    image = decode_image(png(picture))
    assert image.file == b""
    assert np.array_equal(image.pixels, np.asarray(picture))


def test_the_file_is_not_decoded_again_for_an_input_that_is_known() -> None:
    image = decode_image(png(_picture(301, 200)))
    first = prepare(image, IMAGENET)
    first_values = first.tensor.clone()
    first.tensor.zero_()  # what somebody writes into theirs
    without_file = replace(image, file=b"no longer a picture")
    assert torch.equal(prepare(without_file, IMAGENET).tensor, first_values)
    with pytest.raises(ImageError):
        prepare(without_file, IMAGENET, preprocessing="pad")


def test_a_file_is_decoded_when_its_turn_has_come() -> None:
    image, events = decode_image(png(_picture(302, 200))), []

    @contextmanager
    def turn(_slots: ComputeQueue) -> Iterator[None]:
        events.append("begins")
        yield
        events.append("ends")

    prepare(image, IMAGENET, turn=turn)
    prepare(image, IMAGENET, turn=turn)
    assert events == ["begins", "ends"]


def test_no_more_files_are_decoded_at_once_for_inputs_than_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_DECODES_AT_ONCE", "1")
    image, is_held, may_end = decode_image(png(_picture(303, 200))), threading.Event(), threading.Event()

    @contextmanager
    def held(slots: ComputeQueue) -> Iterator[None]:
        with slots.turn("somebody"):
            is_held.set()
            may_end.wait(10)
            yield

    somebody = threading.Thread(target=decode_image, args=(image.file,), kwargs={"turn": held})
    another = threading.Thread(target=prepare, args=(image, IMAGENET))
    somebody.start()
    assert is_held.wait(10)
    another.start()
    another.join(0.3)
    assert another.is_alive()
    may_end.set()
    for thread in (somebody, another):
        thread.join(10)
    assert not another.is_alive()


def test_a_wide_strip_is_explained_as_its_middle_in_the_coordinates_of_the_kept_copy() -> None:
    strip, model = _picture(3000, 150), load_model("tinynet")
    middle = strip.crop((1425, 0, 1575, 150))
    seen = Explainer(model).forward(decode_image(png(strip)))
    alone = prepare(decode_image(png(middle)), model.input_spec)
    assert seen.geometry.image_size == (128, 6)
    inner = slice(2, -2)  # the outermost columns differ in what lies beyond them
    assert torch.equal(seen.input_tensor[..., inner], alone.tensor[..., inner])
    left, top, right, bottom = seen.geometry.window
    assert (left + right, top + bottom) == pytest.approx((128, 6), abs=0.1)
