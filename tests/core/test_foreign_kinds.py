"""Files that can't be opened are named, with a step that helps; a whole file is never called broken."""

import struct
import zlib

import pytest
from PIL import Image

from gradcam_core.decoding.decode import decode_image
from gradcam_core.errors import ImageError
from tests.core.made_files import image_file, png_chunk, png_header, png_with, quarters, tiff_of


def _container(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1" + brand + bytes(40)


def _zip_of(name: bytes) -> bytes:
    return b"PK\3\4" + bytes(22) + struct.pack("<HH", len(name), 0) + name + bytes(40)


_NAMED = {  # what each is called, and a word of the step
    "HEIC": (_container(b"heic"), "an HEIC file", "share it as JPEG"),
    "HEIF of another codec": (_container(b"avci"), "an HEIC file", "share it as JPEG"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG file", "Export it as PNG"),
    "PDF, also of Illustrator": (b"%PDF-1.7\n%\xe2\xe3", "a PDF file", "Export the page as PNG"),
    "EPS": (b"%!PS-Adobe-3.0 EPSF-3.0\n", "an EPS file", "Export it as PNG"),
    "PSD": (b"8BPS\0\1" + bytes(40), "a PSD file", "Export it as PNG"),
    "JPEG 2000": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(40), "a JPEG 2000 file", "export it as PNG"),
    "JPEG 2000 without a container": (b"\xff\x4f\xff\x51" + bytes(40), "a JPEG 2000 file", "export it as PNG"),
    "JPEG XL": (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(40), "a JPEG XL file", "export it as PNG"),
    "JPEG XL without a container": (b"\xff\x0a" + bytes(40), "a JPEG XL file", "export it as PNG"),
    "JPEG XR": (b"II\xbc\1" + bytes(40), "a JPEG XR file", "export it as PNG"),
    "DICOM": (bytes(128) + b"DICM\2\0\0\0", "a DICOM file", "DICOM viewer"),
    "EXR": (b"\x76\x2f\x31\1\2\0\0\0", "an EXR file", "Export it as PNG"),
    "Radiance": (b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n", "a Radiance HDR file", "Export it as PNG"),
    "PGM": (b"P5 2 2 4095\n" + bytes(8), "a PPM, PGM or PBM file", "export it as PNG"),
    "FITS": (b"SIMPLE  =                    T", "a FITS file", "as PNG"),
    "NIfTI": (b"\x5c\1\0\0" + bytes(340) + b"n+1\0", "a NIfTI file", "as PNG"),
    "NumPy": (b"\x93NUMPY\1\0", "a NumPy array", "as PNG"),
    "web page called .jpg": (b"\n<!DOCTYPE html><html>", "a web page (HTML)", "Open it in a browser"),
    "MP4": (_container(b"isom").replace(b"mif1", b"mp41"), "a video (MP4 or MOV)", "screenshot"),
    "MOV without brands": (b"\0\0\0\x08wide\0\0\1\0mdat" + bytes(40), "a video (MP4 or MOV)", "screenshot"),
    "WebM": (b"\x1a\x45\xdf\xa3" + bytes(40), "a video (WebM or Matroska)", "screenshot"),
    "AVI": (b"RIFF\0\0\0\0AVI LIST", "a video (AVI)", "screenshot"),
    "MP3": (b"ID3\3\0\0" + bytes(40), "a sound (MP3)", "It holds sound"),
    "ZIP": (_zip_of(b"cats/1.jpg"), "a ZIP file", "Unpack it"),
    "Word": (_zip_of(b"[Content_Types].xml"), "an Office document", "as PNG"),
    "old Office": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40), "an Office document", "as PNG"),
    "PyTorch": (_zip_of(b"model/data.pkl"), "a PyTorch file", "folder of checkpoints"),
    "text": (b"This is no picture at all.\n", "a text file", "Choose a picture"),
    "text of 16 bits": ("No picture.".encode("utf-16"), "a text file", "Choose a picture"),
    "Git LFS": (b"version https://git-lfs.github.com/spec/v1\n", "a Git LFS pointer, which", "git lfs pull"),
    "notes of a Mac": (b"\0\5\x16\7\0\2\0\0Mac OS X" + bytes(40), "what a Mac notes", "without ._"),
    "zeros": (bytes(5_000), "a file that begins with zeros alone", "copy or download"),
}


@pytest.mark.parametrize("case", _NAMED)
def test_another_kind_of_file_is_named_with_the_step_that_helps(case: str) -> None:
    data, called, step = _NAMED[case]
    with pytest.raises(ImageError) as refusal:
        decode_image(data, name="cat.jpg")
    assert refusal.value.message.startswith(f"This is {called}")
    assert refusal.value.message.endswith(", which can't be opened as a picture.")
    assert step in refusal.value.hint


def test_a_large_file_of_another_kind_is_named_not_called_too_large() -> None:
    with pytest.raises(ImageError, match="a video"):
        decode_image(_NAMED["WebM"][0] + bytes(10_000_000))


# JPEG whose coding is not read


def _jpeg(marker: int = 0xC0, *, bits: int = 8, channels: int = 1, height: int = 32) -> bytes:
    """A grey JPEG whose frame says that it is of another kind."""
    data = bytearray(image_file(quarters().convert("L"), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 1], data[frame + 4], data[frame + 9] = marker, bits, channels
    data[frame + 5 : frame + 7] = height.to_bytes(2)
    return bytes(data)


_CODINGS = {
    "12 bits": (_jpeg(0xC1, bits=12), "has 12 bits a channel"),
    "12 bits, progressive": (_jpeg(0xC2, bits=12), "has 12 bits a channel"),
    "lossless": (_jpeg(0xC3), "is lossless"),
    "lossless, 16 bits": (_jpeg(0xC3, bits=16), "is lossless"),
    "JPEG-LS": (_jpeg(0xF7), "is a JPEG-LS"),
    "hierarchical": (_jpeg(0xC5), "is hierarchical"),
    "arithmetic": (_jpeg(0xC9), "uses arithmetic coding"),
    "two channels": (_jpeg(channels=2), "has 2 channels"),
    "height at the end": (_jpeg(height=0), "tells its height only behind its pixels"),
}


@pytest.mark.parametrize("coding", _CODINGS)
def test_a_jpeg_of_another_coding_is_named_not_called_broken(coding: str) -> None:
    data, words = _CODINGS[coding]
    with pytest.raises(ImageError, match=f"^This JPEG {words}") as refusal:
        decode_image(data)
    assert refusal.value.hint == "Export it as PNG, or as an ordinary JPEG of 8 bits a channel."


def test_a_jpeg_whose_thumbnail_is_of_another_coding_opens() -> None:
    whole = image_file(quarters(), "JPEG")
    thumbnail = b"\xff\xe1" + struct.pack(">H", 8 + len(_jpeg(0xC3))) + b"Exif\0\0" + _jpeg(0xC3)
    assert decode_image(whole[:2] + thumbnail + whole[2:]).size == (48, 32)


# PNG that unpacks without end, or otherwise than others


def _endless(number: int = 20_000_000) -> bytes:
    return zlib.compress(bytes(number), 9)


_BOMBS = {
    "a text": (png_with(png_chunk(b"zTXt", b"key\0\0" + _endless())), "texts that unpack to over 16 MB"),
    "a text of another language": (
        png_with(png_chunk(b"iTXt", b"key\0\1\0de\0Wort\0" + _endless())),
        "texts that unpack to over 16 MB",
    ),
    "a text behind the pixels": (
        png_with(png_chunk(b"zTXt", b"key\0\0" + _endless()), after=True),
        "texts that unpack to over 16 MB",
    ),
    "a profile": (png_with(png_chunk(b"iCCP", b"sRGB\0\0" + _endless())), "texts that unpack to over 16 MB"),
    "texts that are too much together": (
        png_with(png_chunk(b"zTXt", b"key\0\0" + _endless(9_000_000)) * 2),
        "texts that unpack to over 16 MB",
    ),
    "pixels": (
        png_header(16, 16) + png_chunk(b"IDAT", _endless(200_000_000)) + png_chunk(b"IEND", b""),
        "far more packed pixels than its picture has",
    ),
}


@pytest.mark.parametrize("case", _BOMBS)
def test_a_png_that_unpacks_without_end_is_named_before_it_unpacks(case: str) -> None:
    data, words = _BOMBS[case]
    assert len(data) < 250_000
    with pytest.raises(ImageError, match=f"^This PNG has {words}") as refusal:
        decode_image(data)
    assert refusal.value.__cause__ is None  # no decoder has seen it


def test_a_png_of_incompressible_pixels_opens() -> None:
    noise = Image.effect_noise((900, 700), 90)
    assert decode_image(image_file(noise, compress_level=0)).size == (900, 700)


def test_a_png_for_iphones_is_named() -> None:
    whole = image_file(quarters())
    with pytest.raises(ImageError, match="CgBI") as refusal:
        decode_image(whole[:8] + png_chunk(b"CgBI", bytes(4)) + whole[8:])
    assert "export it as PNG" in refusal.value.hint


# TIFF and BMP whose pixels are not read


@pytest.mark.parametrize("compression", [9, 34661, 34712, 34887, 33003])
def test_a_tiff_that_is_packed_otherwise_is_not_called_broken(compression: int) -> None:
    with pytest.raises(ImageError, match="The pixels of this TIFF are of a kind that is not read here"):
        decode_image(tiff_of([(259, 3, 1, compression)]))


@pytest.mark.parametrize(("bits", "packing"), [(8, 4), (24, 5), (64, 0)])
def test_a_bmp_of_other_pixels_is_not_called_broken(bits: int, packing: int) -> None:
    head = struct.pack("<IiiHHIIiiII", 40, 16, 16, 1, bits, packing, 1024, 0, 0, 0, 0)
    with pytest.raises(ImageError, match="The pixels of this BMP are of a kind that is not read here"):
        decode_image(b"BM" + struct.pack("<IHHI", 54 + 2048, 0, 0, 54) + head + bytes(2048))
