"""Colours of 16 bits a channel that use few of them, and Lab: over the whole range, or with a note."""

from typing import Literal

import numpy as np
import pytest

from gradcam_core.decoding.decode import decode_image
from tests.core.made_files import png_chunk, png_of_16_bits, tiff_of_pieces

_EIGHT_BITS = np.stack([np.tile(np.arange(0, 256, 17), (16, 1)) + shift for shift in (0, -5, -9)], -1).clip(0)
_TWELVE = (_EIGHT_BITS * (4095 / 255)).round().astype("u2")
_STATED = ("Its values run to 4,095, as the file says.",)


def _with_alpha(values: np.ndarray, alpha: int) -> np.ndarray:
    return np.concatenate([values, np.full((16, 16, 1), alpha, "u2")], -1)


def _tiff(values: np.ndarray, *, order: Literal["<", ">"] = "<", photometric: int = 2, most: int = 0) -> bytes:
    """(16, 16, channels) values, with as many bits each as they have."""
    bits, channels = values.dtype.itemsize * 8, values.shape[2]
    tags = [(256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, photometric)]
    tags += (
        [(277, 3, 1, channels), (278, 4, 1, 16)] + [(281, 3, 1, most)] * bool(most) + [(338, 3, 1, 2)] * (channels == 4)
    )
    return tiff_of_pieces(tags, values.astype(values.dtype.newbyteorder(order)).tobytes(), 1, order=order, tiled=False)


def _png(values: np.ndarray, *, colour: int = 2) -> bytes:
    bits = bytes([12] * values.shape[2])
    return png_of_16_bits(values, colour=colour, chunks=png_chunk(b"sBIT", bits))


@pytest.mark.parametrize("order", ["<", ">"])
def test_colours_of_a_tiff_that_states_12_bits_reach_white(order: Literal["<", ">"]) -> None:
    for values in (_TWELVE, _with_alpha(_TWELVE, 4095)):
        image = decode_image(_tiff(values, order=order, most=4095))
        np.testing.assert_array_equal(image.pixels, _EIGHT_BITS)
        assert image.notes == _STATED


def test_colours_of_a_png_of_12_bits_that_were_not_spread_reach_white() -> None:
    for values, colour in ((_TWELVE, 2), (_with_alpha(_TWELVE, 4095), 6)):
        image = decode_image(_png(values, colour=colour))
        np.testing.assert_array_equal(image.pixels, _EIGHT_BITS)
        assert image.notes == _STATED


def test_grey_with_alpha_of_12_bits_reaches_white() -> None:
    image = decode_image(_png(_with_alpha(_TWELVE[..., :1], 4095), colour=4))
    np.testing.assert_array_equal(image.pixels[..., 2], _EIGHT_BITS[..., 0])
    assert image.notes == _STATED


def test_colours_of_a_png_of_12_bits_that_were_spread_stay_as_they_are() -> None:
    image = decode_image(_png(_TWELVE << 4 | _TWELVE >> 8))
    np.testing.assert_allclose(image.pixels, _EIGHT_BITS, atol=1)
    assert image.notes == ()


def test_a_dark_png_of_12_bits_that_were_spread_stays_dark() -> None:
    image = decode_image(_png(_EIGHT_BITS.astype("u2") << 4))
    assert image.pixels.max() == 15
    assert image.notes[0].startswith("Its values take up 6 % of what 16 bits hold")


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_colours_in_a_small_part_of_their_range_are_said_to_be(kind: str) -> None:
    image = decode_image(png_of_16_bits(_TWELVE, colour=2) if kind == "PNG" else _tiff(_TWELVE))
    assert image.notes[0].startswith("Its values take up 6 % of what 16 bits hold")


def test_colours_over_the_whole_range_have_no_note() -> None:
    values = (_EIGHT_BITS * 257).astype("u2")
    for data in (png_of_16_bits(values, colour=2), _tiff(values), _tiff(_with_alpha(values, 65_535))):
        assert decode_image(data).notes == ()
        np.testing.assert_array_equal(decode_image(data).pixels, _EIGHT_BITS)


# Lab


@pytest.mark.parametrize("alpha", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("photometric", [8, 9])
@pytest.mark.parametrize("order", ["<", ">"])
def test_lab_colours_are_converted(order: Literal["<", ">"], photometric: int, bits: int, alpha: bool) -> None:
    """Expected by the formulas of CIE 15 and IEC 61966-2-1, white D50 adapted to D65 by Bradford's matrix."""
    lightness, a, b = 150 / 255 * 100, 40, -30
    offset = 0 if photometric == 8 else 128  # ICC's have 128 added
    levels = [150, (a + offset) % 256, (b + offset) % 256, *([255] if alpha else [])]
    values = np.full((16, 16, len(levels)), levels, "u1" if bits == 8 else "u2") * (1 if bits == 8 else 257)
    image = decode_image(_tiff(values.astype(f"u{bits // 8}"), order=order, photometric=photometric))
    np.testing.assert_allclose(image.pixels[8, 8].astype(int), _srgb(lightness, a, b), atol=1)


def _srgb(lightness: float, a: float, b: float) -> np.ndarray:
    middle = (lightness + 16) / 116
    cubes = np.array([middle + a / 500, middle, middle - b / 200]) ** 3  # of light colours
    xyz = np.array([0.96422, 1.0, 0.82521]) * cubes
    linear = np.array([[3.1338561, -1.6168667, -0.4906146], [-0.9787684, 1.9161415, 0.0334540]]) @ xyz
    linear = np.append(linear, np.array([0.0719453, -0.2289914, 1.4052427]) @ xyz)
    return np.round(255 * (1.055 * linear ** (1 / 2.4) - 0.055))
