"""Images that would come out blank: shown the way that shows something, and said; or said to be blank."""

import struct

import numpy as np
import pytest
from PIL import Image

from gradcam_core.decoding.decode import decode_image
from tests.core.made_files import RED, image_file, noise, quarters

_LOSSLESS = {"WEBP": {"lossless": True, "exact": True}}
_OPAQUE = "The file calls every pixel transparent: its colours are shown all the same."
_BLANK = "The picture is blank: all of it has the same colour."
_OVER_BLACK = "Transparent parts are shown over black: over white nothing would be seen."


def _bitmap(alpha: int) -> bytes:
    """A BMP of 48 x 32 with the masks of four channels, as screenshot tools write it."""
    rgba = quarters().convert("RGBA")
    rgba.putalpha(alpha)
    blue_first = np.asarray(rgba)[::-1, :, [2, 1, 0, 3]].tobytes()
    head = struct.pack("<IiiHHIIiiII", 124, 48, 32, 1, 32, 3, len(blue_first), 0, 0, 0, 0)
    head += struct.pack("<IIII", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(64)
    return b"BM" + struct.pack("<IHHI", 138 + len(blue_first), 0, 0, 138) + head + blue_first


def test_a_bitmap_whose_alpha_is_0_everywhere_is_shown_opaque() -> None:
    image = decode_image(_bitmap(0))
    np.testing.assert_array_equal(image.pixels, np.asarray(quarters()))
    assert image.notes == (_OPAQUE,)


def test_the_alpha_of_another_bitmap_is_used() -> None:
    assert decode_image(_bitmap(128)).notes == ("Transparent parts are shown over white.",)


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_colours_under_an_alpha_of_0_everywhere_are_shown(kind: str) -> None:
    hidden = quarters(3000, 40).convert("RGBA")  # large, so that it is shrunk
    hidden.putalpha(0)
    image = decode_image(image_file(hidden, kind, **_LOSSLESS.get(kind, {})))
    np.testing.assert_array_equal(image.pixels[3, 3], RED)
    assert image.notes == (_OPAQUE,)


def _logo(colour: str, mode: str = "RGBA") -> Image.Image:
    """A bar of this colour, one pixel wide, on a transparent ground."""
    logo = Image.new("RGBA", (48, 32), (255, 255, 255, 0))
    logo.paste(colour, (20, 4, 21, 28))
    return logo.convert(mode)


@pytest.mark.parametrize(("kind", "mode"), [("PNG", "RGBA"), ("PNG", "LA"), ("WEBP", "RGBA"), ("TIFF", "RGBA")])
def test_white_on_a_transparent_ground_is_shown_over_black(kind: str, mode: str) -> None:
    image = decode_image(image_file(_logo("white", mode), kind, **_LOSSLESS.get(kind, {})))
    assert image.pixels[10, 20].tolist() == [255, 255, 255]
    assert image.pixels[10, 5].tolist() == [0, 0, 0]
    assert image.notes == (_OVER_BLACK,)


@pytest.mark.parametrize("colour", ["black", "red", "yellow"])
def test_other_colours_on_a_transparent_ground_are_shown_over_white(colour: str) -> None:
    image = decode_image(image_file(_logo(colour)))
    assert image.pixels[10, 5].tolist() == [255, 255, 255]
    assert image.notes == ("Transparent parts are shown over white.",)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "WEBP", "AVIF", "TIFF"])
@pytest.mark.parametrize("colour", ["white", "black", (90, 120, 200)])
def test_an_image_of_one_colour_is_said_to_be_blank(kind: str, colour: str | tuple[int, int, int]) -> None:
    assert decode_image(image_file(Image.new("RGB", (48, 32), colour), kind)).notes == (_BLANK,)


def test_a_fully_transparent_image_is_said_to_be_blank() -> None:
    empty = Image.new("RGBA", (48, 32), (0, 0, 0, 0))
    assert decode_image(image_file(empty)).notes == ("Transparent parts are shown over white.", _BLANK)


# Animations


_FIRST = {
    "transparent": (0, 0, 0, 0),
    "white": (255, 255, 255, 255),
    "black": (0, 0, 0, 255),
}


def _film(kind: str, *frames: Image.Image) -> bytes:
    options = {"save_all": True, "append_images": frames[1:], **_LOSSLESS.get(kind, {})}
    return image_file(frames[0], kind, **options)


def _empty(colour: tuple[int, ...]) -> Image.Image:
    return Image.new("RGBA", (48, 32), colour)


@pytest.mark.parametrize("first", _FIRST)
@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_the_first_frame_that_shows_something_is_shown(kind: str, first: str) -> None:
    shown = quarters().convert("RGBA")
    image = decode_image(_film(kind, _empty(_FIRST[first]), shown, shown.rotate(180)))
    np.testing.assert_allclose(image.pixels[8, 8].astype(int), RED, atol=30)
    assert image.notes == ("The first frame is empty: frame 2 of 3 is shown.",)


def test_a_film_of_empty_frames_is_blank() -> None:
    data = _film("GIF", *(_empty(colour) for colour in _FIRST.values()))
    assert decode_image(data).notes[0] == "The first of 3 frames is shown."
    assert decode_image(data).notes[-1] == _BLANK


def test_frames_are_tried_up_to_the_thirtieth() -> None:
    empty = [_empty((i, 0, 0, 255)) for i in range(29)]  # equal ones would be one frame
    shown = quarters().convert("RGBA")
    assert decode_image(_film("PNG", *empty, shown)).notes == ("The first frame is empty: frame 30 of 30 is shown.",)
    assert decode_image(_film("PNG", *empty, _empty((29, 0, 0, 255)), shown)).notes[-1] == _BLANK


def test_an_empty_frame_before_a_broken_one_opens() -> None:
    data = _film("GIF", _empty((0, 0, 0, 255)), noise(48).crop((0, 0, 48, 32)).convert("RGBA"))
    assert decode_image(data[:-400]).notes[-1] == _BLANK
