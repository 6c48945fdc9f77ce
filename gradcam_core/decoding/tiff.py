"""Is a TIFF built in a way that its decoder gets through? Told from its directories (TIFF 6.0, section 2)."""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice, zip_longest

from gradcam_core.config import Settings
from gradcam_core.decoding import tiff_tags
from gradcam_core.decoding.refusals import refuse_over

_MOST_STRIPS = 50_000  # strips or tiles; each starts its own decoder
_MOST_TILE_PIXELS = 4096 * 4096  # a tile is decoded whole, however small the picture is
_MOST_PADDING = 2  # pixels of all tiles to those that a picture may have; there are at most six planes
_MOST_STRIP_BYTES = 100_000_000  # of all strips or tiles; they may share their bytes
_MOST_NUMBERS = 500_000  # in the tags; Pillow makes a fraction of 300 bytes out of 8
_MOST_TAGS = 4_000  # in one directory
_MOST_DIRECTORIES = 16  # of EXIF and GPS; programs write three
_STRIPS, _DIRECTORIES = {273, 279, 324, 325}, {34665, 34853, 40965}  # TIFF 6.0, EXIF 2.32
_BYTE_TYPES = {1, 2, 6, 7}
_WIDTH, _HEIGHT, _COMPRESSION, _STRIP_ROWS, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 259, 278, 322, 323  # TIFF 6.0
_LAYOUT = {_WIDTH, _HEIGHT, _STRIP_ROWS, _TILE_WIDTH, _TILE_HEIGHT}
_PLACES = (273, 279), (324, 325)  # where strips and tiles start, and how many bytes they have
_PLAIN, _JPEG_IN_TIFF = 1, {6, 7}


def check(data: bytes, limits: Settings) -> None:
    """Refuse a TIFF that would hold its decoder."""
    first = list(islice(tiff_tags.directories(data), 1))
    _check_directories(data, list(first))
    for position in first:
        _check_strips(data, position, limits)


def frames(data: bytes) -> Iterator[int]:
    """Where the directory of each page starts."""
    return tiff_tags.directories(data)


def _check_directories(data: bytes, positions: list[int]) -> None:
    """The first directory and the EXIF and GPS directories that it names: Pillow reads them all."""
    numbers, named, sides = 0, set(positions), {_TILE_WIDTH: 0, _TILE_HEIGHT: 0}
    while positions:
        for number, (tag, kind, count, value) in enumerate(tiff_tags.tags(data, positions.pop())):
            refuse_over(_MOST_TAGS, number + 1, "TIFF", "tags")
            numbers += 0 if kind in _BYTE_TYPES else count
            if tag in _STRIPS:
                refuse_over(_MOST_STRIPS, count, "TIFF", "strips or tiles")
            elif tag in sides:
                sides[tag] = max(sides[tag], value)
            elif tag in _DIRECTORIES and value not in named:
                named.add(value)
                positions.append(value)
                refuse_over(_MOST_DIRECTORIES, len(named), "TIFF", "directories of EXIF")
    refuse_over(_MOST_NUMBERS, numbers, "TIFF", "numbers in its tags")
    refuse_over(_MOST_TILE_PIXELS, sides[_TILE_WIDTH] * sides[_TILE_HEIGHT], "TIFF", "pixels in a tile")


def _check_strips(data: bytes, position: int, limits: Settings) -> None:
    """What all strips or tiles of one directory cost together: they may all name the same bytes."""
    layout, lists, compressions = dict.fromkeys(_LAYOUT, 0), dict[int, tuple[int, ...]](), set[int]()
    for tag, kind, count, value in tiff_tags.tags(data, position):
        if tag in _LAYOUT:
            layout[tag] = max(layout[tag], value)
        elif tag in _STRIPS:
            lists.setdefault(tag, tiff_tags.numbers(data, kind, count, value))  # libtiff takes the first of two
        elif tag == _COMPRESSION:
            compressions.add(value)
    piece, pieces = _piece(layout)
    refuse_over(int(_MOST_PADDING * limits.max_megapixels * 1e6), piece * pieces, "TIFF", "pixels in its tiles")
    places = [
        place for starts, sizes in _PLACES for place in _places(data, lists.get(starts, ()), lists.get(sizes, ()))
    ]
    if compressions - {_PLAIN}:
        refuse_over(
            _MOST_STRIP_BYTES, sum(end - start for start, end in places), "TIFF", "bytes in its strips or tiles"
        )
    if compressions & _JPEG_IN_TIFF:
        scans = [found.start() for found in re.finditer(rb"\xff\xda", data)]  # never among the pixels
        number = piece * sum(bisect_left(scans, end) - bisect_left(scans, start) for start, end in places)
        refuse_over(int(limits.max_jpeg_scans * limits.max_megapixels * 1e6), number, "TIFF", "pixels in its scans")


def _places(data: bytes, starts: tuple[int, ...], sizes: tuple[int, ...]) -> Iterator[tuple[int, int]]:
    """Where each strip or tile starts and ends; one without a size is taken to go on to the end of the file."""
    for start, size in zip_longest(starts, sizes[: len(starts)], fillvalue=len(data)):
        yield min(start, len(data)), min(start + size, len(data))


def _piece(layout: dict[int, int]) -> tuple[int, int]:
    """The pixels of a strip or tile, and how many of these there are in one plane."""
    width, height = layout[_WIDTH], layout[_HEIGHT]
    across, down = layout[_TILE_WIDTH], layout[_TILE_HEIGHT]
    if across and down:
        return across * down, -(-width // across) * -(-height // down)
    rows = min(layout[_STRIP_ROWS] or height, height)
    return width * rows, 0  # strips have no more pixels than the picture, which `check_shape` sees
