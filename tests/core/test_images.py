"""Bytes to a picture: real files, made here with Pillow, opened or refused."""

import hashlib
import random
import re
import threading
import zlib

import numpy as np
import pytest
from PIL import Image

from gradcam_core.decoding.decode import decode_image
from gradcam_core.decoding.foreign import foreign_kind
from gradcam_core.decoding.signatures import ACCEPTED, kind_of
from gradcam_core.errors import HeatproofError, ImageError
from gradcam_core.loaded_image import LoadedImage
from tests.core.made_files import BLUE, GREEN, RED, YELLOW, image_file, orientation, png_chunk, png_header, quarters

_OVER_WHITE = ("Transparent parts are shown over white.",)


def _corners(pixels: np.ndarray) -> np.ndarray:
    """(4, 3): the colours at the middles of the four quarters, in reading order."""
    height, width = pixels.shape[:2]
    return np.array([pixels[y, x] for y in (height // 4, -height // 4) for x in (width // 4, -width // 4)], int)


# Opens right


@pytest.mark.parametrize("kind", ACCEPTED)
def test_every_accepted_kind_opens_with_its_colours(kind: str) -> None:
    data = image_file(quarters(), kind)
    image = decode_image(data)
    assert kind_of(data) == kind
    assert image.size == image.original_size == (48, 32)
    assert image.notes == ()
    np.testing.assert_allclose(_corners(image.pixels), [RED, GREEN, BLUE, YELLOW], atol=12 if kind != "GIF" else 30)


def test_pixels_are_read_only_rgb_and_the_hash_is_the_files() -> None:
    data = image_file(quarters())
    image = decode_image(data, name="quarters.png")
    assert image.pixels.dtype == np.uint8
    assert image.pixels.shape == (32, 48, 3)
    assert (image.width, image.height, image.name) == (48, 32, "quarters.png")
    assert image.sha256 == hashlib.sha256(data).hexdigest()
    np.testing.assert_array_equal(np.asarray(image.to_pil()), np.asarray(quarters()))
    with pytest.raises(ValueError, match="read-only"):
        image.pixels[0, 0] = 0


def test_one_pixel_opens() -> None:
    assert decode_image(image_file(Image.new("RGB", (1, 1), RED))).pixels.tolist() == [[list(RED)]]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
@pytest.mark.parametrize("value", range(1, 9))
def test_exif_orientation_is_applied(kind: str, value: int) -> None:
    upright = quarters()
    turns = Image.Transpose  # what was done to the upright picture, so that its EXIF tag undoes it
    done = [None, turns.FLIP_LEFT_RIGHT, turns.ROTATE_180, turns.FLIP_TOP_BOTTOM]
    done += [turns.TRANSPOSE, turns.ROTATE_90, turns.TRANSVERSE, turns.ROTATE_270]
    turn = done[value - 1]
    stored = upright if turn is None else upright.transpose(turn)
    image = decode_image(image_file(stored, kind, exif=orientation(value)))
    assert image.size == image.original_size == (48, 32)
    np.testing.assert_allclose(_corners(image.pixels), [RED, GREEN, BLUE, YELLOW], atol=12)


@pytest.mark.parametrize("exif", [b"Exif\0\0broken", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", orientation(9).tobytes()])
def test_broken_exif_is_ignored(exif: bytes) -> None:
    image = decode_image(image_file(quarters(), "JPEG", exif=exif))
    np.testing.assert_allclose(_corners(image.pixels)[0], RED, atol=12)


def test_large_picture_is_shrunk_and_its_upright_size_told() -> None:
    data = image_file(quarters(5000, 600), "JPEG", exif=orientation(6))
    image = decode_image(data)
    assert image.original_size == (600, 5000)
    assert image.size == (246, 2048)
    np.testing.assert_allclose(_corners(image.pixels), [BLUE, RED, YELLOW, GREEN], atol=12)


def test_shrunk_jpeg_lies_where_the_shrunk_png_lies() -> None:
    dot = np.zeros((3000, 4096, 3), np.uint8)
    dot[1000:1064, 3000:3064] = 255
    centres = []
    for kind in ("PNG", "JPEG"):
        bright = np.argwhere(decode_image(image_file(Image.fromarray(dot), kind)).pixels[..., 0] > 127)
        centres.append(bright.mean(axis=0))
    np.testing.assert_allclose(centres, [[515.5, 1515.5]] * 2, atol=0.1)


def _hidden(mode: str) -> Image.Image:
    """Left half opaque, right half transparent with a colour hidden under it."""
    picture = Image.new("RGBA", (8, 8), (*RED, 255))
    picture.paste((255, 0, 255, 0), (4, 0, 8, 8))
    return picture.convert(mode)


@pytest.mark.parametrize(("mode", "kind"), [("RGBA", "PNG"), ("LA", "PNG"), ("RGBA", "WEBP"), ("RGBA", "TIFF")])
def test_transparency_is_shown_over_white(mode: str, kind: str) -> None:
    image = decode_image(image_file(_hidden(mode), kind, **({"lossless": True} if kind == "WEBP" else {})))
    grey = _hidden("LA").getpixel((0, 0))[0]  # type: ignore[index]
    assert image.pixels[4, 6].tolist() == [255, 255, 255]
    assert image.pixels[4, 1].tolist() == (list(RED) if mode == "RGBA" else [grey] * 3)
    assert image.notes == _OVER_WHITE


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_transparent_palette_entry_is_shown_over_white(kind: str) -> None:
    picture = Image.new("P", (8, 8), 0)
    picture.putpalette([*RED, 255, 0, 255])
    picture.paste(1, (4, 0, 8, 8))
    image = decode_image(image_file(picture, kind, transparency=1))
    assert image.pixels[4, 6].tolist() == [255, 255, 255]
    assert image.pixels[4, 1].tolist() == list(RED)
    assert image.notes == _OVER_WHITE


@pytest.mark.parametrize(("mode", "hidden"), [("RGB", (255, 0, 255)), ("L", 7), ("I;16", 7 * 257)])
def test_transparent_colour_of_a_png_is_shown_over_white(mode: str, hidden: int | tuple[int, ...]) -> None:
    picture = Image.new(mode, (8, 8), 0)
    picture.paste(hidden, (4, 0, 8, 8))
    image = decode_image(image_file(picture, transparency=hidden))
    assert image.pixels[4, 6].tolist() == [255, 255, 255]
    assert image.pixels[4, 1].tolist() == [0, 0, 0]
    assert image.notes == _OVER_WHITE


def test_opaque_alpha_channel_has_no_note() -> None:
    assert decode_image(image_file(quarters().convert("RGBA"))).notes == ()


@pytest.mark.parametrize(("kind", "big_endian"), [("PNG", False), ("TIFF", False), ("TIFF", True)])
def test_16_bit_grey_is_scaled_not_clipped(kind: str, big_endian: bool) -> None:
    ramp = np.tile(np.arange(256, dtype=np.uint16) * 257, (4, 1))
    picture = Image.fromarray(ramp.astype(">u2") if big_endian else ramp)
    image = decode_image(image_file(picture, kind))
    np.testing.assert_array_equal(image.pixels[0], np.repeat(np.arange(256)[:, None], 3, axis=1))


def test_32_bit_grey_with_16_bit_values_is_scaled() -> None:
    ramp = np.tile(np.arange(256, dtype=np.int32) * 257, (4, 1))
    image = decode_image(image_file(Image.fromarray(ramp), "TIFF"))
    np.testing.assert_array_equal(image.pixels[0, :, 0], np.arange(256))


def test_16_bit_rgb_opens() -> None:
    rows = np.zeros((4, 4, 3), ">u2") + np.array([65_535, 32_896, 0], ">u2")
    body = b"".join(b"\0" + row.tobytes() for row in rows)
    data = png_header(4, 4, depth=16) + png_chunk(b"IDAT", zlib.compress(body))
    assert decode_image(data + png_chunk(b"IEND", b"")).pixels[0, 0].tolist() == [255, 128, 0]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_converted(kind: str) -> None:
    image = decode_image(image_file(quarters().convert("CMYK"), kind))
    np.testing.assert_allclose(_corners(image.pixels), [RED, GREEN, BLUE, YELLOW], atol=12)


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_black_and_white_grey_and_palette_open(mode: str) -> None:
    picture = Image.new("RGB", (8, 8), "white")
    picture.paste("black", (0, 0, 4, 8))
    image = decode_image(image_file(picture.convert(mode)))
    assert image.pixels[4, ::4].tolist() == [[0, 0, 0], [255, 255, 255]]


def test_colour_profile_leaves_the_pixels_as_they_are() -> None:
    image = decode_image(image_file(quarters(), icc_profile=b"no profile at all"))
    np.testing.assert_array_equal(image.pixels, np.asarray(quarters()))


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "TIFF", "PNG", "AVIF"])
def test_first_of_many_frames_is_shown_and_said(kind: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in (GREEN, RED, BLUE)]
    for frame in frames:
        frame.paste(YELLOW, (0, 0, 16, 4))
    image = decode_image(image_file(frames[0], kind, save_all=True, append_images=frames[1:]))
    np.testing.assert_allclose(image.pixels[10, 8].astype(int), GREEN, atol=8)
    assert image.notes == ("The first of 3 frames is shown.",)


def test_pages_after_a_whole_first_one_may_be_broken() -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in (GREEN, RED)]
    data = image_file(frames[0], "GIF", save_all=True, append_images=frames[1:])
    image = decode_image(data[:-12])
    np.testing.assert_allclose(image.pixels[8, 8].astype(int), GREEN, atol=8)


def test_eight_threads_decode_the_same_picture_alike() -> None:
    data, results = image_file(quarters(300, 200), "JPEG"), []
    threads = [threading.Thread(target=lambda: results.append(decode_image(data).pixels)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 8
    assert all(np.array_equal(result, results[0]) for result in results)


# Refused


def _eps() -> bytes:
    return b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n"


_FOREIGN = {
    "text": b"This is no picture at all.\n",
    "text, cut within a letter": "ü".encode() * 400,
    "HTML": b"\n<!DOCTYPE html><html><body>cat</body></html>",
    "SVG": b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    "JSON": b'{"error": "no cat"}',
    "PDF": b"%PDF-1.7\n%\xe2\xe3",
    "EPS": _eps(),
    "PSD": b"8BPS\0\1" + bytes(40),
    "ZIP": b"PK\x03\x04" + bytes(40),
    "ICO": b"\0\0\1\0\1\0" + bytes(40),
    "PPM": b"P6 1 1 255 abc",
    "HEIC": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(40),
    "MP4": b"\0\0\0\x18ftypisom\0\0\0\0isommp41" + bytes(40),
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40),
}


@pytest.mark.parametrize("kind", _FOREIGN)
def test_other_kinds_of_file_are_refused_by_name(kind: str) -> None:
    called = foreign_kind(kind.partition(",")[0]).called
    with pytest.raises(ImageError, match=f"^This is {re.escape(called)}, which can't be opened") as refusal:
        decode_image(_FOREIGN[kind], name="cat.png")
    assert "PNG" in refusal.value.hint


def test_bytes_that_say_nothing_are_refused() -> None:
    with pytest.raises(ImageError, match="a kind that is not known"):
        decode_image(b"\x00\x07\xfe\xfd" * 100)


def test_empty_file_is_refused() -> None:
    with pytest.raises(ImageError, match="empty"):
        decode_image(b"")


@pytest.mark.parametrize("kind", ACCEPTED)
def test_truncated_file_is_refused(kind: str) -> None:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    data = image_file(noise, kind)
    with pytest.raises(ImageError, match=f"This {kind} file is broken or incomplete") as refusal:
        decode_image(data[: len(data) // 2])
    assert refusal.value.hint
    assert refusal.value.__cause__ is not None


def test_truncated_large_jpeg_is_refused_though_it_is_decoded_small() -> None:
    data = image_file(quarters(5000, 4000), "JPEG")
    with pytest.raises(ImageError, match="broken or incomplete"):
        decode_image(data[: len(data) * 9 // 10])


@pytest.mark.parametrize("size", [(1, 4000), (4000, 1), (10, 1001)])
def test_thin_picture_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match="too thin"):
        decode_image(image_file(Image.new("RGB", size)))


def test_aspect_of_the_limit_opens() -> None:
    assert decode_image(image_file(Image.new("RGB", (1000, 10)))).size == (1000, 10)


@pytest.mark.parametrize("size", [(7072, 7072), (9000, 9000), (12000, 12000), (30000, 30000)])
@pytest.mark.filterwarnings("error")
def test_more_than_50_megapixels_are_refused_before_decoding(size: tuple[int, int]) -> None:
    with pytest.raises(ImageError, match="more than 50 megapixels"):
        decode_image(png_header(*size) + png_chunk(b"IDAT", zlib.compress(bytes(64))))


def test_file_over_10_mb_is_refused() -> None:
    with pytest.raises(ImageError, match="larger than 10 MB"):
        decode_image(image_file(quarters()) + bytes(10_000_000))


def test_limits_are_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_KEPT_SIDE", "24")
    assert decode_image(image_file(quarters())).size == (24, 16)
    monkeypatch.setenv("HEATPROOF_MAX_MEGAPIXELS", "0.001")
    with pytest.raises(ImageError, match=r"0\.001 megapixels"):
        decode_image(image_file(quarters()))


def test_jpeg_of_too_many_scans_is_refused() -> None:
    data = image_file(quarters(), "JPEG", progressive=True)
    first = data.index(b"\xff\xda")
    with pytest.raises(ImageError, match="more than 100 scans"):
        decode_image(data[:first] + data[first:-2] * 101 + data[-2:])


@pytest.mark.parametrize("kind", ACCEPTED)
def test_damaged_files_open_or_are_refused_but_never_fail_otherwise(kind: str) -> None:
    rng = random.Random(kind)
    whole = (
        image_file(quarters(), kind, exif=orientation(6))
        if kind not in {"GIF", "BMP"}
        else image_file(quarters(), kind)
    )
    outcomes = set()
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        outcomes.add(_hint_or_nothing(bytes(damaged)) == "opened")
    assert outcomes == {True, False}


def _hint_or_nothing(data: bytes) -> str:
    try:
        return "opened" if decode_image(data).pixels.ndim == 3 else "no picture"
    except HeatproofError as refusal:
        return refusal.hint


# Names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("cat.png", "cat.png"),
        ("кіт 猫.png", "кіт 猫.png"),
        ("cat\u202egnp.exe", "cat\ufffdgnp.exe"),
        ("a\nb\0c\x1b[31m", "a\ufffdb\ufffdc\ufffd[31m"),
        ("a\udcffb", "a\ufffdb"),
        ("x" * 300, "x" * 79 + "…"),
    ],
)
def test_name_is_harmless_text(name: str, shown: str) -> None:
    assert decode_image(image_file(quarters()), name=name).name == shown


def test_pixels_given_by_a_caller_are_kept_from_later_changes() -> None:
    pixels = np.zeros((2, 3, 3), dtype=np.uint8)
    image = LoadedImage(pixels, (3, 2), "0" * 64)
    pixels[:] = 255
    assert image.pixels.max() == 0
    with pytest.raises(ValueError, match="read-only"):
        image.pixels[0, 0, 0] = 1


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4)])
def test_pixels_that_are_no_rgb_picture_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="uint8"):
        LoadedImage(np.zeros(shape, dtype=np.uint8), (3, 2), "0" * 64)
