"""Damaged files and random headers: each opens as a picture or is refused in a sentence; nothing else happens."""

import struct
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gradcam_core.decoding.decode import decode_image
from gradcam_core.decoding.signatures import ACCEPTED
from gradcam_core.errors import HeatproofError, ImageError
from tests.core.made_files import PNG_START, gif_with, image_file, noise, orientation, png_chunk, quarters, tiff_of

_QUICK = settings(derandomize=True, database=None, deadline=None, max_examples=150)
_QUICK_HEADERS = settings(_QUICK, max_examples=50)
_THOROUGH = settings(_QUICK, max_examples=2_000)
_THOROUGH_HEADERS = settings(_QUICK, max_examples=500)


def _whole_files() -> dict[str, bytes]:
    """One of every kind, and of the less usual ways in which its pixels, palette and EXIF are stored."""
    picture, exif = quarters(24, 16), orientation(6)
    frames = {"save_all": True, "append_images": [Image.new("RGB", (24, 16), (9, i, 9)) for i in (1, 200)]}
    return {
        **{kind: image_file(picture, kind, exif=exif) for kind in ("PNG", "JPEG", "WEBP", "AVIF", "TIFF")},
        **{f"{kind} of frames": image_file(picture, kind, **frames) for kind in ("PNG", "GIF", "WEBP", "TIFF", "MPO")},
        "BMP": image_file(picture, "BMP"),
        "GIF": image_file(picture, "GIF", transparency=0),
        "PNG of a palette": image_file(picture.quantize(4), transparency=1),
        "PNG in 16 bits": image_file(Image.new("I;16", (24, 16), 9_000)),
        "JPEG, progressive": image_file(picture, "JPEG", progressive=True),
        "JPEG in CMYK": image_file(picture.convert("CMYK"), "JPEG"),
        "WEBP, lossless": image_file(picture.convert("RGBA"), "WEBP", lossless=True),
        **{
            f"TIFF, {way}": image_file(picture, "TIFF", compression=way)
            for way in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "lzma", "zstd")
        },
        "TIFF of bytes": tiff_of([(34665, 4, 1, 1256)], tail=struct.pack("<HHHIII", 1, 274, 3, 1, 6, 0)),
    }


_WHOLE = _whole_files()
_CHANGES = st.lists(st.tuples(st.integers(0, 2**16), st.integers(0, 255)), min_size=1, max_size=8)
_HEADERS: list[Callable[[bytes], bytes]] = [
    lambda body: PNG_START + png_chunk(b"IHDR", body[:13]) + png_chunk(b"IDAT", body[13:]),
    lambda body: b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08" + body,
    lambda body: b"\xff\xd8\xff" + body,
    lambda body: b"GIF89a" + body,
    lambda body: gif_with(b"!" + body),
    lambda body: b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBPVP8X\x0a\0\0\0" + body,
    lambda body: b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBPVP8L" + body,
    lambda body: b"BM" + struct.pack("<IIII", len(body), 0, 54, 40) + body,
    lambda body: b"II*\0\x08\0\0\0\x05\0" + body,
    lambda body: b"MM\0*\0\0\0\x08\0\x05" + body,
    lambda body: b"II+\0\x08\0\0\0\x10" + bytes(7) + b"\x03" + bytes(7) + body,
    lambda body: b"\0\0\0\x18ftypavif\0\0\0\0mif1avif\0\0\0\x40meta" + body,
]


def _mutated(kind: str, changes: list[tuple[int, int]], cut: int) -> bytes:
    """The bytes at these places (counted round and round) replaced, and every so often an end cut off."""
    damaged = bytearray(_WHOLE[kind])
    for place, value in changes:
        damaged[place % len(damaged)] = value
    return bytes(damaged[: len(damaged) - cut])


def _opens_or_is_refused(data: bytes) -> None:
    refusal = None
    try:
        image = decode_image(data)
    except HeatproofError as error:
        refusal = error
    if refusal is None:
        assert image.pixels.shape == (image.height, image.width, 3)
        assert max(image.size) <= 2048
    else:
        assert refusal.message.endswith(".")
        assert refusal.message.count(". ") == 0
        assert refusal.hint.endswith(".")


_a_mutation = given(st.sampled_from(sorted(_WHOLE)), _CHANGES, st.sampled_from([0, 0, 0, 1, 40]))
_a_header = given(st.sampled_from(range(len(_HEADERS))), st.binary(min_size=13, max_size=120))


@pytest.mark.parametrize("kind", sorted(_WHOLE))
def test_the_whole_file_opens(kind: str) -> None:
    assert decode_image(_WHOLE[kind]).pixels.size > 0


@_QUICK
@_a_mutation
def test_a_changed_file_opens_or_is_refused(kind: str, changes: list[tuple[int, int]], cut: int) -> None:
    _opens_or_is_refused(_mutated(kind, changes, cut))


@_QUICK_HEADERS
@_a_header
def test_a_random_header_opens_or_is_refused(header: int, body: bytes) -> None:
    _opens_or_is_refused(_HEADERS[header](body))


@pytest.mark.slow
@_THOROUGH
@_a_mutation
def test_two_thousand_changed_files_open_or_are_refused(kind: str, changes: list[tuple[int, int]], cut: int) -> None:
    _opens_or_is_refused(_mutated(kind, changes, cut))


@pytest.mark.slow
@_THOROUGH_HEADERS
@_a_header
def test_five_hundred_random_headers_open_or_are_refused(header: int, body: bytes) -> None:
    _opens_or_is_refused(_HEADERS[header](body))


# Cut, and two files in one


@pytest.mark.parametrize("kind", ACCEPTED)
@pytest.mark.parametrize("tenths", range(1, 10))
def test_a_file_cut_at_any_tenth_is_refused(kind: str, tenths: int) -> None:
    data = image_file(noise(), kind)
    with pytest.raises(ImageError, match=rf"This (is a|{kind} file is broken or incomplete)") as refusal:
        decode_image(data[: len(data) * tenths // 10])
    assert refusal.value.hint


_TAILS = {
    "HTML": b"<html><script>alert(1)</script></html>",
    "ZIP": b"PK\x03\x04" + bytes(60),
    "a JPEG": image_file(Image.new("RGB", (9, 9)), "JPEG"),
    "a PNG": image_file(Image.new("RGB", (9, 9))),
    "a megabyte": bytes(1_000_000),
}


@pytest.mark.parametrize("tail", _TAILS)
@pytest.mark.parametrize("kind", ACCEPTED)
def test_what_follows_a_picture_is_ignored(kind: str, tail: str) -> None:
    whole = image_file(quarters(), kind)
    image = decode_image(whole + _TAILS[tail])
    np.testing.assert_array_equal(image.pixels, decode_image(whole).pixels)
    assert image.notes == ()


def test_a_gif_that_is_a_script_too_is_a_picture() -> None:
    script = image_file(quarters().quantize(4), "GIF")
    script = script.replace(b"GIF87a", b"GIF89a") + b"*/=1;alert(1)//"
    assert decode_image(script).size == (48, 32)


def test_a_picture_behind_text_is_text() -> None:
    with pytest.raises(ImageError, match=r"web page \(HTML\)"):
        decode_image(b"<html>".ljust(600) + image_file(quarters()))
