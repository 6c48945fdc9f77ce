"""How large are the pictures in an AVIF, whatever its container says?"""

import struct
from collections.abc import Sequence

import pytest
from PIL import Image

from gradcam_core.decoding import avif
from gradcam_core.decoding.avif import _Bits, coded_sizes
from gradcam_core.decoding.decode import decode_image
from gradcam_core.errors import ImageError
from tests.core.made_files import avif_box, avif_grid, image_file, orientation, quarters

_FILE_TYPE = b"\0\0\0\x18ftypavif\0\0\0\0mif1avif"


def _container(extents: Sequence[tuple[int, int]], coded: bytes, *, inner: bool = False) -> bytes:
    """One item of kind av01 in these (start, length) parts of the data, which are in `mdat` or in `idat`."""

    def meta(origin: int) -> bytes:
        places = b"".join(struct.pack(">II", origin + start, length) for start, length in extents)
        place = struct.pack(">HHHH", 1, int(inner), 0, len(extents)) + places
        items = avif_box(b"iinf", bytes(4) + b"\0\1" + avif_box(b"infe", b"\2\0\0\0\0\1\0\0av01\0"))
        locations = avif_box(b"iloc", b"\1\0\0\0\x44\0\0\1" + place)
        return avif_box(b"meta", bytes(4) + items + locations + (avif_box(b"idat", coded) if inner else b""))

    origin = 0 if inner else len(_FILE_TYPE) + len(meta(0)) + 8
    return _FILE_TYPE + meta(origin) + (b"" if inner else avif_box(b"mdat", coded))


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
    monkeypatch.setattr(avif, "MOST_MEGAPIXELS", 0.001)
    data = image_file(Image.new(mode, (48, 32)), "AVIF").replace(struct.pack(">II", 48, 32), struct.pack(">II", 16, 16))
    with pytest.raises(ImageError, match=r"This AVIF has more than 0\.001 megapixels"):
        decode_image(data)


def test_bits_past_the_end_are_0() -> None:
    bits = _Bits(memoryview(b"\xff" * 500))
    assert bits.take_all(3, 3_993, 8, 8, 5) == [7, (1 << 3_993) - 1, 0xF0, 0, 0]


# Everyday files


@pytest.mark.parametrize(("columns", "rows"), [(1, 2), (3, 2), (16, 16)])
def test_a_grid_opens(columns: int, rows: int) -> None:
    data = avif_grid(columns, rows, quarters(64, 64))
    assert list(coded_sizes(data)) == [(64, 64)] * columns * rows
    assert decode_image(data).size == (64 * columns, 64 * rows)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_exif_beside_colours_and_alpha_opens(mode: str) -> None:
    data = image_file(Image.new(mode, (64, 48)), "AVIF", speed=10, exif=orientation(6), xmp=b"<x/>")
    assert list(coded_sizes(data)) == [(64, 48)] * len(mode[2:])
    assert decode_image(data).size == (48, 64)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_frames_open(mode: str) -> None:
    frames = [Image.new(mode, (64, 48), (80 * i, 9, 9, 99)[: len(mode)]) for i in range(3)]
    data = image_file(frames[0], "AVIF", speed=10, save_all=True, append_images=frames[1:])
    assert decode_image(data).size == (64, 48)
    assert set(coded_sizes(data)) == {(64, 48)}


def test_a_track_may_name_the_place_of_its_exif_once_more() -> None:
    """So do encoders of films; here no film with EXIF is written, at which Pillow's encoder crashes."""
    data = image_file(Image.new("RGB", (64, 48)), "AVIF", speed=10, exif=orientation(6))
    size = int.from_bytes(data[data.index(b"meta") - 4 :][:4])
    meta = data[data.index(b"meta") - 4 :][:size]
    film = data + avif_box(b"moov", avif_box(b"trak", meta))
    assert film.count(b"iloc") == 2
    assert list(coded_sizes(film)) == [(64, 48)]


# Files that are built to hold whoever looks through them


def _items(number: int, places: bytes, *, layout: bytes = b"\1\0\0\0\0\0\xff\xff", copies: int = 1) -> bytes:
    """So many items of kind av01, and boxes `iloc` that begin with this layout."""
    names = b"".join(avif_box(b"infe", struct.pack(">IHH4sx", 2 << 24, i, 0, b"av01")) for i in range(number))
    items = avif_box(b"iinf", bytes(4) + struct.pack(">H", number) + names)
    return _FILE_TYPE + avif_box(b"meta", bytes(4) + items + avif_box(b"iloc", layout + places) * copies)


def _track_boxes(number: int) -> bytes:
    starts = b"".join(avif_box(b"stco", struct.pack(">III", 0, 1, i + 1)) for i in range(number))
    return _FILE_TYPE + starts + avif_box(b"stsz", struct.pack(">III", 0, 2**32 - 1, 1)) * number


_HEADER = b"\x0a\x08" + bytes(8)
_HOLDING = {
    "boxes": (_FILE_TYPE + avif_box(b"free", b"") * 10_001, "10000 boxes"),
    "boxes in boxes": (_FILE_TYPE + avif_box(b"moov", avif_box(b"trak", b"") * 10_000), "10000 boxes"),
    "extents": (_container([(0, 1)] * 10_000, b"\x12\0"), "10000 items and extents"),
    "extents of no bytes": (_items(1, struct.pack(">HHHH", 0, 0, 0, 9_000) * 9_000), "over and over"),
    "items without extents": (_items(0, bytes(8) * 65_535), "items and extents"),
    "items past the end": (_items(0, bytes(60), layout=b"\0\0\0\0\0\0\xff\xff"), "past the end"),
    "extents past the end": (_items(1, struct.pack(">HHHH", 0, 0, 0, 9_000), layout=b"\1\0\0\0\x44\0\0\1"), "past"),
    "extents with an index": (_items(1, bytes(60), layout=b"\1\0\0\0\x44\4\0\1"), "index"),
    "two boxes of locations": (_items(1, b"", layout=bytes(8), copies=2), "2 boxes b'iloc'"),
    "two boxes of inner data": (_items(1, b"", layout=bytes(8)) + avif_box(b"idat", b"") * 2, "2 boxes b'idat'"),
    "units": (_container([(0, 30_000)], b"\x12\0" * 15_000), "10000 parts"),
    "headers": (_container([(0, 10_010)], _HEADER * 1_001), "1000 parts"),
    "the same bytes": (_container([(0, 900_000)] * 100, bytes(900_000)), "over and over"),
    "17 tracks": (_track_boxes(17), "16 tracks"),
    "places and lengths of 16 tracks": (_track_boxes(16) + avif_box(b"mdat", bytes(3_000_000)), "over and over"),
}


@pytest.mark.parametrize("case", _HOLDING)
def test_a_container_of_too_many_parts_is_refused(case: str) -> None:
    data, words = _HOLDING[case]
    with pytest.raises(ValueError, match=words):
        list(coded_sizes(data))
    with pytest.raises(ImageError, match="This AVIF file is broken or incomplete") as refusal:
        decode_image(data)
    assert refusal.value.hint


def test_items_that_are_no_pictures_are_passed_over() -> None:
    """A hundred million extents of no bytes each, of an item of another kind."""
    places = struct.pack(">HHHH", 1, 0, 0, 65_535) * 2_000
    assert list(coded_sizes(_items(1, places, layout=b"\1\0\0\0\0\0\x07\xd0"))) == []
