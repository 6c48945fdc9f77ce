"""TIFFs: tiles and strips that share their bytes, grey whose white is zero, pixels that Pillow has no mode for."""

import struct
import zlib
from typing import Literal

import numpy as np
import pytest

from gradcam_core.decoding.decode import decode_image
from gradcam_core.errors import ImageError
from tests.core.made_files import TiffTag, grey_tiff, jpeg_of_scans, noise, tiff_of_pieces

_DEFLATE, _JPEG = 8, 7


def _tags(size: tuple[int, int], *, bits: int = 8, compression: int = 1, white: int = 255) -> list[TiffTag]:
    """A grey picture of (width, height)."""
    sides = [(256, 4, 1, size[0]), (257, 4, 1, size[1])]
    return [*sides, (258, 3, 1, bits), (259, 3, 1, compression), (262, 3, 1, int(white > 0)), (277, 3, 1, 1)]


def _tiles(width: int, height: int) -> list[TiffTag]:
    return [(322, 4, 1, width), (323, 4, 1, height)]


def _strips_of(number: int, piece: bytes) -> bytes:
    return tiff_of_pieces([*_tags((16, number), compression=_DEFLATE), (278, 4, 1, 1)], piece, number, tiled=False)


# What tiles and strips cost together


def _high_tiles() -> bytes:
    tags = _tags((5000, 50), compression=_DEFLATE) + _tiles(16, 2**20)
    return tiff_of_pieces(tags, zlib.compress(bytes(2**24), 9), 313)


def _tiles_of_scans() -> bytes:
    tags = _tags((20 * 2048, 410), compression=_JPEG) + _tiles(2048, 2048)
    return tiff_of_pieces(tags, jpeg_of_scans(95, noise(2048).convert("L").point(lambda _: 90)), 20)


def _sides_in_eight_bytes() -> bytes:
    """Where the sides are, 8 and 16, is less than what they are."""
    tags = [*_tags((16, 16), compression=_DEFLATE), (322, 16, 1, 1000), (323, 16, 1, 1000)]
    whole = tiff_of_pieces(tags, b"", 1).ljust(1000, b"\0")
    return whole + (20_000).to_bytes(8, "little")


def _strips_without_pixels() -> bytes:
    return _strips_of(200, b"\x78\x01" + b"\0\0\0\xff\xff" * 200_000)  # stored blocks of no bytes


_REFUSED = {
    "tiles 65,000 times as high as wide": (_high_tiles, "pixels in its tiles"),
    "tiles of 95 scans": (_tiles_of_scans, "pixels in its scans"),
    "a tile whose sides have eight bytes": (_sides_in_eight_bytes, "pixels in a tile"),
    "strips of a megabyte that hold nothing": (_strips_without_pixels, "bytes in its strips or tiles"),
}


@pytest.mark.parametrize("case", _REFUSED)
def test_a_tiff_whose_pieces_would_hold_the_decoder_together_is_refused(case: str) -> None:
    made, words = _REFUSED[case]
    with pytest.raises(ImageError, match=words):
        decode_image(made())


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_tiff_whose_tiles_share_their_bytes_opens(order: str) -> None:
    tags = _tags((1000, 600), compression=_DEFLATE) + _tiles(64, 64)
    image = decode_image(tiff_of_pieces(tags, zlib.compress(b"\x5a" * 64 * 64), 160, order=order))
    assert image.size == (1000, 600)
    assert (image.pixels == 90).all()


def test_a_tiff_whose_strips_share_their_bytes_opens() -> None:
    assert (decode_image(_strips_of(500, zlib.compress(b"\x5a" * 16))).pixels == 90).all()


def test_a_tiff_of_progressive_jpegs_opens() -> None:
    tags = _tags((256, 256), compression=_JPEG) + _tiles(64, 64)
    image = decode_image(tiff_of_pieces(tags, jpeg_of_scans(10, noise(64).convert("L")), 16))
    assert image.size == (256, 256)


# Kinds of pixels


@pytest.mark.parametrize("compression", [1, _DEFLATE])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("white", [0, 255])
def test_16_bits_of_grey_whose_white_is_zero_are_not_inverted(order: str, compression: int, white: int) -> None:
    shown = np.arange(256).reshape(16, 16).astype(np.uint8)
    stored = (shown if white else 255 - shown).astype(f"{order}u2") * 257
    piece = stored.astype(f"{order}u2").tobytes()
    tags = [*_tags((16, 16), bits=16, compression=compression, white=white), (278, 4, 1, 16)]
    data = tiff_of_pieces(tags, piece if compression == 1 else zlib.compress(piece), 1, order=order, tiled=False)
    np.testing.assert_array_equal(decode_image(data).pixels[..., 0], shown)


def _samples(photometric: int, number: int, bits: int, **tags: int) -> bytes:
    """16 x 16 zeros; Pillow and libtiff take the bits of the first sample for all."""
    named = {"extra": 338, "format": 339}
    own = [(256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 1, bits), (259, 3, 1, 1), (262, 3, 1, photometric)]
    own += [(277, 3, 1, number), (278, 4, 1, 16), *((named[name], 3, 1, value) for name, value in tags.items())]
    return tiff_of_pieces(own, bytes(16 * 16 * number * bits // 8), 1, tiled=False)


_UNREAD = {
    "CMYK and alpha": _samples(5, 5, 8, extra=2),
    "grey and alpha of 16 bits": _samples(1, 2, 16, extra=2),
    "RGB of floating-point numbers": _samples(2, 3, 32, format=3),
    "grey of short floating-point numbers": _samples(1, 1, 16, format=3),
    "Lab of 32 bits": _samples(8, 3, 32),
    "RGB of 32 bits": _samples(2, 3, 32),
    "RGB and more": _samples(2, 5, 8, extra=2),
}


@pytest.mark.parametrize("form", _UNREAD)
def test_a_tiff_of_pixels_that_are_not_read_is_not_called_broken(form: str) -> None:
    with pytest.raises(ImageError, match="of a kind that is not read here") as refusal:
        decode_image(_UNREAD[form])
    assert refusal.value.hint == "Save it as RGB with 8 or 16 bits a channel."


def test_grey_that_is_multiplied_by_its_alpha_is_shown_over_white() -> None:
    tags = [(256, 4, 1, 16), (257, 4, 1, 16), (258, 3, 2, 8 | 8 << 16), (259, 3, 1, 1), (262, 3, 1, 1)]
    tags += [(277, 3, 1, 2), (278, 4, 1, 16), (338, 3, 1, 1)]
    image = decode_image(tiff_of_pieces(tags, bytes([50, 128]) * 256, 1, tiled=False))
    assert np.unique(image.pixels).tolist() == [177]  # 50 and half of white
    assert image.notes[0] == "Transparent parts are shown over white."


@pytest.mark.parametrize("most", [255, 65_535])
@pytest.mark.parametrize("order", ["<", ">"])
def test_a_palette_is_as_bright_as_its_own_white(order: Literal["<", ">"], most: int) -> None:
    pixels = np.array([[0, 64, 128, 255]], np.uint8)
    shares = np.linspace([0, 0, 0], [1, 0.5, 0.25], 256).T  # (3, 256), all reds first
    palette = np.rint(shares * most).astype(f"{order}u2").tobytes()
    plain = grey_tiff(pixels, order=order, tags=[(262, 3, 1, 3), (320, 3, 768, 0)])
    entry, place = struct.pack(f"{order}HHII", 320, 3, 768, 0), struct.pack(f"{order}HHII", 320, 3, 768, len(plain))
    shown = decode_image(plain.replace(entry, place) + palette).pixels[0]
    assert np.abs(shown - np.array([[0, 0, 0], [64, 32, 16], [128, 64, 32], [255, 127.5, 63.75]])).max() <= 1
