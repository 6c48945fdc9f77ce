"""Grey values of more than 8 bits: by the white that the file states, by the range they may have, or with a note."""

from typing import Literal

import numpy as np
import pytest

from gradcam_core.decoding.decode import decode_image
from gradcam_core.errors import ImageError
from tests.core.made_files import TiffTag, grey_tiff, png_chunk, png_of_16_bits

_EIGHT_BITS = np.tile(np.arange(0, 256, 17), (16, 1))  # 16 greys from black to white
_UNSTATED = "and the file does not say how large they can be: it may look too dark or too flat."


def _ramp(least: int, most: int, kind: str) -> np.ndarray:
    """The same 16 greys, where black is `least` and white `most`."""
    return (least + _EIGHT_BITS * ((most - least) / 255)).round().astype(kind)


def _packed_12_bits(values: np.ndarray) -> np.ndarray:
    """(h, w * 3 / 2) bytes: two values in three."""
    first, second = values[:, ::2], values[:, 1::2]
    parts = [first >> 4, (first & 15) << 4 | second >> 8, second & 255]
    return np.stack(parts, -1).reshape(len(values), -1).astype("u1")


def _twelve(values: np.ndarray) -> bytes:
    return png_of_16_bits(values, chunks=png_chunk(b"sBIT", b"\x0c"))


_FULL_RANGE = {
    "16 bits": _ramp(0, 65_535, "u2"),
    "16 bits with a sign, none negative": _ramp(0, 32_767, "i2"),
    "16 bits with a sign": _ramp(-32_768, 32_767, "i2"),
    "8 bits with a sign": _ramp(-128, 127, "i1"),
    "32 bits": _ramp(0, 2**32 - 1, "u4"),
    "32 bits with a sign, none negative": _ramp(0, 2**31 - 1, "i4"),
    "32 bits with a sign": _ramp(-(2**31), 2**31 - 1, "i4"),
}
_ASSUMED = {
    "255 in 32 bits": (_ramp(0, 255, "u4"), "255"),
    "255 in 32 bits with a sign": (_ramp(0, 255, "i4"), "255"),
    "65,535 in 32 bits": (_ramp(0, 65_535, "u4"), "65,535"),
    "0 to 1": (_EIGHT_BITS.astype("f4") / 255, "1"),
    "0 to 255 in floating-point numbers": (_EIGHT_BITS.astype("f8"), "255"),
}


@pytest.mark.parametrize("white", [0, 1])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("form", _FULL_RANGE)
def test_values_over_their_whole_range_are_black_to_white(form: str, order: Literal["<", ">"], white: int) -> None:
    image = decode_image(grey_tiff(_FULL_RANGE[form], order=order, tags=[(262, 3, 1, white)]))
    np.testing.assert_array_equal(image.pixels[..., 1], _EIGHT_BITS if white else 255 - _EIGHT_BITS)
    assert image.notes == ()


@pytest.mark.parametrize("white", [0, 1])
@pytest.mark.parametrize("order", ["<", ">"])
def test_twelve_bits_in_a_row_are_black_to_white(order: Literal["<", ">"], white: int) -> None:
    tags: list[TiffTag] = [(256, 4, 1, 16), (258, 3, 1, 12), (262, 3, 1, white)]
    image = decode_image(grey_tiff(_packed_12_bits(_ramp(0, 4095, "u2")), order=order, tags=tags))
    np.testing.assert_array_equal(image.pixels[..., 1], _EIGHT_BITS if white else 255 - _EIGHT_BITS)
    assert image.notes == ()


@pytest.mark.parametrize("white", [0, 1])
@pytest.mark.parametrize("tag", [281, 341])
def test_the_largest_value_that_a_tiff_states_is_an_end_of_its_greys(tag: int, white: int) -> None:
    data = grey_tiff(_ramp(0, 4095, "u2"), tags=[(tag, 3, 1, 4095), (262, 3, 1, white)])
    image = decode_image(data)
    np.testing.assert_array_equal(image.pixels[..., 1], _EIGHT_BITS if white else 255 - _EIGHT_BITS)
    assert image.notes == ("Its values run to 4,095, as the file says.",)


def test_a_largest_value_that_is_exceeded_is_not_believed() -> None:
    image = decode_image(grey_tiff(_ramp(0, 65_535, "u2"), tags=[(281, 3, 1, 4095)]))
    np.testing.assert_array_equal(image.pixels[..., 1], _EIGHT_BITS)
    assert image.notes == ()


def test_twelve_bits_of_a_png_that_were_not_spread_are_black_to_white() -> None:
    image = decode_image(_twelve(_ramp(0, 4095, "u2")))
    np.testing.assert_array_equal(image.pixels[..., 1], _EIGHT_BITS)
    assert image.notes == ("Its values run to 4,095, as the file says.",)


@pytest.mark.parametrize("lower_bits", ["repeated", "zero"])
def test_twelve_bits_of_a_png_that_were_spread_stay_as_they_are(lower_bits: str) -> None:
    values = _ramp(0, 4095, "u2")
    spread = values << 4 | (values >> 8 if lower_bits == "repeated" else 0)
    image = decode_image(_twelve(spread))
    np.testing.assert_allclose(image.pixels[..., 1], _EIGHT_BITS, atol=0.5)
    assert image.notes == ()


def test_a_dark_png_of_twelve_bits_that_were_spread_stays_dark() -> None:
    image = decode_image(_twelve(_ramp(0, 255, "u2") << 4))
    assert image.pixels.max() == 16
    assert image.notes[0].startswith("Its values take up 6 % of what 16 bits hold")


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_values_in_a_small_part_of_their_range_are_said_to_be(kind: str) -> None:
    values = _ramp(0, 4095, "u2")
    image = decode_image(png_of_16_bits(values) if kind == "PNG" else grey_tiff(values))
    assert image.notes == (f"Its values take up 6 % of what 16 bits hold, {_UNSTATED}",)


def test_values_of_a_tomograph_are_said_to_be_in_a_small_part() -> None:
    image = decode_image(grey_tiff(_ramp(-1024, 3071, "i2")))
    assert image.notes == (f"Its values take up 6 % of what 16 bits hold, {_UNSTATED}",)


@pytest.mark.parametrize("form", _ASSUMED)
def test_a_white_that_is_assumed_is_said(form: str) -> None:
    values, white = _ASSUMED[form]
    image = decode_image(grey_tiff(values))
    np.testing.assert_array_equal(image.pixels[..., 1], _EIGHT_BITS)
    assert image.notes == (f"The file does not say how large its values can be: {white} is taken.",)


def test_what_is_no_number_is_black() -> None:
    values = _EIGHT_BITS.astype("f4") / 255
    values[0, 15] = np.nan
    assert decode_image(grey_tiff(values)).pixels[0, 15].tolist() == [0, 0, 0]


@pytest.mark.parametrize("value", [-1.0, 70_000.0, np.inf])
def test_floating_point_numbers_without_a_known_white_are_refused(value: float) -> None:
    values = np.ones((4, 4), "f4")
    values[0, 0] = value
    with pytest.raises(ImageError, match="which of them is white") as refusal:
        decode_image(grey_tiff(values))
    assert refusal.value.hint == "Save it as RGB with 8 or 16 bits a channel."
