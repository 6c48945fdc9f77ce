"""How large are the pictures in an AVIF, whatever its container says?"""

import struct
from collections.abc import Sequence

import pytest
from PIL import Image

from gradcam_core import structure
from gradcam_core.avif import coded_sizes
from gradcam_core.errors import ImageError
from gradcam_core.images import decode_image
from tests.core.made_files import image_file

_FILE_TYPE = b"\0\0\0\x18ftypavif\0\0\0\0mif1avif"


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content) + 8) + name + content


def _container(extents: Sequence[tuple[int, int]], coded: bytes, *, inner: bool = False) -> bytes:
    """One item of kind av01 in these (start, length) parts of the data, which are in `mdat` or in `idat`."""

    def meta(origin: int) -> bytes:
        places = b"".join(struct.pack(">II", origin + start, length) for start, length in extents)
        place = struct.pack(">HHHH", 1, int(inner), 0, len(extents)) + places
        items = _box(b"iinf", bytes(4) + b"\0\1" + _box(b"infe", b"\2\0\0\0\0\1\0\0av01\0"))
        locations = _box(b"iloc", b"\1\0\0\0\x44\0\0\1" + place)
        return _box(b"meta", bytes(4) + items + locations + (_box(b"idat", coded) if inner else b""))

    origin = 0 if inner else len(_FILE_TYPE) + len(meta(0)) + 8
    return _FILE_TYPE + meta(origin) + (b"" if inner else _box(b"mdat", coded))


def _coded(width: int, height: int) -> bytes:
    """The AV1 data of a picture."""
    whole = image_file(Image.new("RGB", (width, height)), "AVIF", speed=10)
    return whole[whole.index(b"mdat") + 4 :]


@pytest.mark.parametrize("size", [(48, 32), (1, 1), (3000, 30), (333, 77)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_the_size_of_colours_and_alpha_is_found(size: tuple[int, int], mode: str) -> None:
    data = image_file(Image.new(mode, size), "AVIF", speed=10)
    assert list(coded_sizes(data)) == [size] * (2 if mode == "RGBA" else 1)


def test_the_size_of_frames_is_found() -> None:
    frames = [Image.new("RGB", (64, 48), (80 * i, 9, 9)) for i in range(3)]
    data = image_file(frames[0], "AVIF", save_all=True, append_images=frames[1:])
    assert set(coded_sizes(data)) == {(64, 48)}


@pytest.mark.parametrize("inner", [False, True])
@pytest.mark.parametrize("cut", [1, 3, 5, 12])
def test_the_size_of_data_in_parts_is_found(cut: int, inner: bool) -> None:
    coded = _coded(333, 77)
    data = _container([(0, cut), (cut, len(coded) - cut)], coded, inner=inner)
    assert list(coded_sizes(data)) == [(333, 77)]


@pytest.mark.parametrize("mode", ["L", "RGBA"])
def test_a_container_that_says_less_than_its_data_is_refused(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(structure._MOST_MEGAPIXELS, "AVIF", 0.001)
    data = image_file(Image.new(mode, (48, 32)), "AVIF").replace(struct.pack(">II", 48, 32), struct.pack(">II", 16, 16))
    with pytest.raises(ImageError, match=r"This AVIF has more than 0\.001 megapixels"):
        decode_image(data)


_HOLDING = {
    "boxes": _FILE_TYPE + _box(b"free", b"") * 10_001,
    "boxes in boxes": _FILE_TYPE + b"".join(struct.pack(">I", 80_000 - 8 * i) + b"moov" for i in range(10_000)),
    "extents": _container([(0, 1)] * 8_000, b"\x12\0"),
    "units": _container([(0, 30_000)], b"\x12\0" * 15_000),
    "the same bytes": _container([(0, 900_000)] * 100, bytes(900_000)),
}


@pytest.mark.parametrize("case", _HOLDING)
def test_a_container_of_too_many_parts_is_refused(case: str) -> None:
    with pytest.raises(ImageError, match="This AVIF file is broken or incomplete") as refusal:
        decode_image(_HOLDING[case])
    assert refusal.value.hint
