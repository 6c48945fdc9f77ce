"""A camera's raw file is told by what it holds, not by who made it: its thumbnail is not the photograph."""

from pathlib import Path

import numpy as np
import pytest

from gradcam_core.decoding.decode import decode_image
from gradcam_core.errors import ImageError
from gradcam_core.images import load_image
from tests.core.made_files import TiffTag, tiff_directory, tiff_of

_SUB = 1256  # where the tail of `tiff_of` starts
_THUMBNAIL: TiffTag = (254, 4, 1, 1)
_BELOW: TiffTag = (330, 4, 1, _SUB)
_SENSOR = tiff_directory([(254, 4, 1, 0), (256, 4, 1, 6000), (257, 4, 1, 4000), (262, 3, 1, 32803)])
_SMALLER = tiff_directory([(254, 4, 1, 1), (256, 4, 1, 8), (257, 4, 1, 8), (262, 3, 1, 1)])


def _made_by(maker: bytes, tags: list[TiffTag], tail: bytes) -> bytes:
    name = maker + b"\0"
    return tiff_of([(271, 2, len(name), _SUB + len(tail)), *tags], tail=tail + name)


_BY_DIRECTORIES = {
    "DNG": tiff_of([(50706, 1, 4, 0x0401), _THUMBNAIL, _BELOW], tail=_SENSOR),
    "NEF": _made_by(b"NIKON CORPORATION", [_THUMBNAIL, _BELOW], _SENSOR),
    "ARW": _made_by(b"SONY", [_THUMBNAIL, _BELOW], _SENSOR),
    "PEF": _made_by(b"PENTAX Corporation", [_BELOW], _SENSOR),
    "SRW": _made_by(b"SAMSUNG", [(259, 3, 1, 32770)], b""),
    "3FR": _made_by(b"Hasselblad", [_THUMBNAIL, _BELOW], _SENSOR),
    "CR2": _made_by(b"Canon", [(262, 3, 1, 32803)], b""),
}
_BY_FIRST_BYTES = {
    "CR2": b"II*\0\x10\0\0\0CR\x02\0" + bytes(60),
    "CR3": b"\0\0\0\x18ftypcrx \0\0\0\1crx isom" + bytes(60),
    "CRW": b"II\x1a\0\0\0HEAPCCDR" + bytes(60),
    "RAF": b"FUJIFILMCCD-RAW 0201" + bytes(60),
    "ORF": b"IIRO\x08\0\0\0" + bytes(60),
    "RW2": b"IIU\0\x18\0\0\0" + bytes(60),
    "X3F": b"FOVb" + bytes(60),
    "MRW": b"\0MRM" + bytes(60),
}


def _refused(data: bytes, name: str) -> None:
    with pytest.raises(ImageError, match=rf"^This is a camera's raw file \({name}\), which can't") as refusal:
        decode_image(data)
    assert "Export it as JPEG or PNG" in refusal.value.hint


@pytest.mark.parametrize("name", _BY_DIRECTORIES)
def test_a_raw_file_in_a_tiff_is_named(name: str) -> None:
    _refused(_BY_DIRECTORIES[name], name)


@pytest.mark.parametrize("name", _BY_FIRST_BYTES)
def test_a_raw_file_of_its_own_kind_is_named(name: str) -> None:
    _refused(_BY_FIRST_BYTES[name], name)


@pytest.mark.parametrize("version", ["II*", "MM*", "II+"])
def test_a_raw_file_of_an_unknown_maker_is_named_without_its_format(version: str) -> None:
    with pytest.raises(ImageError, match="This is a camera's raw file, which"):
        decode_image(_by_version(version))


def _by_version(version: str) -> bytes:
    """One directory with a sensor's values, in each layout of a TIFF."""
    if version == "II*":
        return tiff_of([(262, 3, 1, 32803)])
    if version == "MM*":
        return b"MM\0*\0\0\0\x08\0\1" + bytes.fromhex("0106 0003 00000001 80230000") + bytes(60)
    entry = bytes.fromhex("0601 0300 0100000000000000 2380000000000000")
    return b"II+\0\x08\0\0\0\x10" + bytes(7) + b"\1" + bytes(7) + entry + bytes(60)


_ORDINARY = {
    "a scan by Nikon": _made_by(b"Nikon", [], b""),
    "an export with a preview below it": _made_by(b"NIKON CORPORATION", [(254, 4, 1, 0), _BELOW], _SMALLER),
    "a reduced picture alone": tiff_of([_THUMBNAIL]),
    "a directory that names itself": tiff_of([(330, 4, 1, 8)]),
}


@pytest.mark.parametrize("case", _ORDINARY)
def test_an_ordinary_tiff_opens_whoever_made_it(case: str) -> None:
    np.testing.assert_array_equal(decode_image(_ORDINARY[case]).pixels[..., 0], np.arange(256).reshape(16, 16))


def test_a_large_raw_file_is_named_not_called_too_large(tmp_path: Path) -> None:
    path = tmp_path / "IMG_0001.dng"
    path.write_bytes(_BY_DIRECTORIES["DNG"] + bytes(10_000_000))
    with pytest.raises(ImageError, match=r"raw file \(DNG\)"):
        load_image(path)
    with pytest.raises(ImageError, match=r"raw file \(DNG\)"):
        decode_image(path.read_bytes())
