"""One picture in many forms: the same pixels where the form loses none, and the same prediction and map in all."""

import zlib
from collections.abc import Callable
from functools import cache, partial

import numpy as np
import pytest
from PIL import Image

from gradcam_core.decoding.decode import decode_image
from gradcam_core.decoding.signatures import ACCEPTED
from gradcam_core.decoding.structure import FORMATS
from gradcam_core.engine import Explainer
from gradcam_core.models import LoadedModel
from gradcam_core.samples import load_sample
from tests.core.made_files import image_file, interlaced_png, orientation, png_chunk, png_header


@cache
def _picture() -> Image.Image:
    """A drawn scene in 200 colours, so that a palette holds it, with a white patch."""
    scene = load_sample("meadow").to_pil().quantize(199).convert("RGB")
    scene.paste((255, 255, 255), (0, 0, 40, 30))
    return scene


@cache
def _grey() -> Image.Image:
    return _picture().convert("L")


def _over_white() -> Image.Image:
    """The white patch is transparent, with black hidden under it."""
    rgba = _picture().convert("RGBA")
    rgba.paste((0, 0, 0, 0), (0, 0, 40, 30))
    return rgba


def _turned(value: int, kind: str = "PNG", **options: object) -> bytes:
    """The picture as a camera held otherwise stores it: EXIF `value` undoes the turn."""
    turns = Image.Transpose
    done = {2: turns.FLIP_LEFT_RIGHT, 3: turns.ROTATE_180, 4: turns.FLIP_TOP_BOTTOM, 5: turns.TRANSPOSE}
    done |= {6: turns.ROTATE_90, 7: turns.TRANSVERSE, 8: turns.ROTATE_270}
    return image_file(_picture().transpose(done[value]), kind, exif=orientation(value), **options)


def _wide_grey() -> Image.Image:
    return Image.fromarray(np.asarray(_grey()).astype(np.uint16) * 257)


_SAME: dict[str, Callable[[], bytes]] = {
    "interlaced PNG": lambda: interlaced_png(np.asarray(_picture())),
    "palette PNG": lambda: image_file(_picture().quantize(256, dither=Image.Dither.NONE)),
    "RGBA PNG over white": lambda: image_file(_over_white()),
    "WEBP": lambda: image_file(_picture(), "WEBP", lossless=True),
    "WEBP over white": lambda: image_file(_over_white(), "WEBP", lossless=True, exact=True),
    "TIFF": lambda: image_file(_picture(), "TIFF"),
    "LZW TIFF": lambda: image_file(_picture(), "TIFF", compression="tiff_lzw"),
    "CMYK TIFF": lambda: image_file(_picture().convert("CMYK"), "TIFF", compression="tiff_adobe_deflate"),
    "BMP": lambda: image_file(_picture(), "BMP"),
    "GIF": lambda: image_file(_picture().quantize(256, dither=Image.Dither.NONE), "GIF"),
    **{f"PNG turned {value}": partial(_turned, value) for value in range(2, 9)},
}
_ALIKE: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: image_file(_picture(), "JPEG", quality=92),
    "progressive JPEG": lambda: image_file(_picture(), "JPEG", quality=92, progressive=True),
    "CMYK JPEG": lambda: image_file(_picture().convert("CMYK"), "JPEG", quality=92),
    "JPEG turned 6": lambda: _turned(6, "JPEG", quality=92),
    "JPEG in a TIFF": lambda: image_file(_picture(), "TIFF", compression="jpeg", quality=92),
    "WEBP": lambda: image_file(_picture(), "WEBP", quality=90),
    "AVIF": lambda: image_file(_picture(), "AVIF", quality=90, speed=10),
    "AVIF turned 8": lambda: _turned(8, "AVIF", quality=90, speed=10),
}
_GREY: dict[str, Callable[[], bytes]] = {
    "16-bit PNG": lambda: image_file(_wide_grey()),
    "16-bit TIFF": lambda: image_file(_wide_grey(), "TIFF"),
    "BMP": lambda: image_file(_grey(), "BMP"),
    "RGB PNG": lambda: image_file(_grey().convert("RGB")),
    "transparent PNG": lambda: image_file(_grey().convert("LA")),
}


@pytest.mark.parametrize("form", _SAME)
def test_forms_that_lose_nothing_have_the_same_pixels(form: str) -> None:
    np.testing.assert_array_equal(decode_image(_SAME[form]()).pixels, np.asarray(_picture()))


@pytest.mark.parametrize("form", _GREY)
def test_grey_forms_have_the_same_pixels(form: str) -> None:
    plain = decode_image(image_file(_grey())).pixels
    np.testing.assert_array_equal(decode_image(_GREY[form]()).pixels, plain)


@pytest.mark.parametrize("form", _ALIKE)
def test_other_forms_have_the_same_prediction_and_peak(form: str, tinynet: LoadedModel) -> None:
    """And with them all forms of the same pixels, which the test above has told equal."""
    label, third = _answer(tinynet, image_file(_picture()))
    assert _answer(tinynet, _ALIKE[form]()) == (label, third)


def _answer(model: LoadedModel, data: bytes) -> tuple[str, tuple[int, int]]:
    """The label that comes first, and the third of the picture, down and across, where its map peaks."""
    forward = Explainer(model).forward(decode_image(data))
    best = forward.top(1)[0]
    cam = forward.cam(best.class_index)
    rows, columns = cam.values.shape
    row, column = np.unravel_index(int(np.argmax(cam.values)), cam.values.shape)
    return best.label, (int(row) * 3 // rows, int(column) * 3 // columns)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_the_hidden_grey_of_a_png_of_few_bits_is_shown_white(depth: int) -> None:
    hidden, row = (1 << depth) - 2 if depth > 1 else 1, int("".join(f"{i:0{depth}b}" for i in range(1 << depth)), 2)
    width = 1 << depth
    pixels = (b"\0" + (row << -width * depth % 8).to_bytes(-(-width * depth // 8))) * 2
    data = png_header(width, 2, depth=depth, colour=0) + png_chunk(b"tRNS", bytes([0, hidden]))
    data += png_chunk(b"IDAT", zlib.compress(pixels)) + png_chunk(b"IEND", b"")
    expected = [255 if i == hidden else i * 255 // (width - 1) for i in range(width)]
    image = decode_image(data)
    assert image.pixels[0, :, 0].tolist() == expected
    assert image.notes == ("Transparent parts are shown over white.",)


def test_the_hidden_colour_of_a_png_of_16_bits_is_shown_white() -> None:
    pixels = np.array([[[0x1234, 0x5678, 0x9ABC], [0x3412, 0x7856, 0xBC9A]]], ">u2")
    data = png_header(2, 1, depth=16) + png_chunk(b"tRNS", pixels[0, 0].tobytes())
    data += png_chunk(b"IDAT", zlib.compress(b"\0" + pixels.tobytes())) + png_chunk(b"IEND", b"")
    assert decode_image(data).pixels.tolist() == [[[255, 255, 255], [0x34, 0x78, 0xBC]]]


def test_every_accepted_kind_has_its_entry_among_the_formats() -> None:
    assert set(ACCEPTED) <= set(FORMATS)
