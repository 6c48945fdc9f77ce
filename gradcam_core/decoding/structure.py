"""Is a file built in a way that its decoder gets through? Told from its outline, before the decoder starts.

A decoder runs in a thread, where nothing can stop it. Every limit here is far above what programs write, and below
what takes more than seconds, or hundreds of megabytes, in a file of 10 MB.
"""

import re
import struct
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice, zip_longest

from PIL import Image

from gradcam_core.decoding import avif, tiff
from gradcam_core.errors import ImageError

MOST_FRAMES = 100
"""So far are frames counted; `frames_in` gives one more where there are more."""

MOST_EXIF_BYTES = 1_000_000
"""Pillow makes a fraction of 300 bytes out of 8."""

_RUNS = "run-length BMP"
_MOST_MEGAPIXELS = {"WEBP": 30.0, "AVIF": 30.0, _RUNS: 10.0}  # 17 bytes a pixel, 15 to 20 bytes, 0.2 µs in Python
_MOST_PARTS = 1_000  # segments of a JPEG, chunks of a PNG: each of them may hold a megabyte of deflated text
_MOST_STRAY_BYTES = 1_000_000  # between the segments of a JPEG; Pillow goes through them one by one
_MOST_PROFILES = 10  # of a PNG; each is inflated to megabytes
_MOST_PIXEL_CHUNKS = 50_000  # of a PNG; Pillow goes through them one by one
_MOST_BLOCKS_IN_FRONT = 100_000  # of a GIF's first frame; a colour profile of 10 MB has 40,000
_MOST_BLOCKS = 500_000  # of all frames that are counted; 10 MB of pixels have 40,000
_MOST_STRIPS = 50_000  # strips or tiles of a TIFF; each starts its own decoder
_MOST_TILE_PIXELS = 4096 * 4096  # a tile is decoded whole, however small the picture is
_MOST_PADDING = 2  # pixels of all tiles of a TIFF to those that a picture may have; there are at most six planes
_MOST_STRIP_BYTES = 100_000_000  # of all strips or tiles of a TIFF; they may share their bytes
_MOST_NUMBERS = 500_000  # in the tags of a TIFF; Pillow makes a fraction of 300 bytes out of 8
_MOST_TAGS = 4_000  # in one directory of a TIFF
_MOST_DIRECTORIES = 16  # of EXIF and GPS in a TIFF; programs write three

_GIF_BLOCK = re.compile(rb"[,!;]")  # what starts a frame or an extension, or ends the file
_MARKER = re.compile(rb"\xff[^\x00\xff]")
_MARKER_AFTER_PIXELS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")  # ITU T.81, B.1.1.5: pixels hold FF 00 and RSTn alone
_WITHOUT_BODY = frozenset({*range(0xC0), 0xC8, *range(0xD0, 0xDA), *range(0xF0, 0xFE)})
_ARITHMETIC = frozenset({0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF})
_SCAN, _JPEG_END = 0xDA, 0xD9
_PIXEL_CHUNKS = frozenset({b"IDAT", b"fcTL", b"fdAT"})
_GIF_FRAME, _GIF_EXTENSION, _GIF_END = b",!;"
_STRIPS, _DIRECTORIES = {273, 279, 324, 325}, {34665, 34853, 40965}  # TIFF 6.0, EXIF 2.32
_BYTE_TYPES = {1, 2, 6, 7}
_WIDTH, _HEIGHT, _COMPRESSION, _STRIP_ROWS, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 259, 278, 322, 323  # TIFF 6.0
_LAYOUT = {_WIDTH, _HEIGHT, _STRIP_ROWS, _TILE_WIDTH, _TILE_HEIGHT}
_PLACES = (273, 279), (324, 325)  # where strips and tiles start, and how many bytes they have
_PLAIN, _JPEG_IN_TIFF = 1, {6, 7}

_SAVE_AGAIN = "Open it in a picture editor and save it again."


def check_structure(data: bytes, kind: str, *, most_scans: int, most_megapixels: float) -> None:
    """Refuse a file that would hold the decoder of its kind.

    Args:
        most_scans: of a JPEG; a TIFF of JPEGs may have as many for each of its megapixels.
        most_megapixels: of a picture; the tiles of a TIFF may have twice as many.

    Raises:
        ImageError: if it would.
    """
    if kind == "JPEG":
        _check_jpeg(data, most_scans)
    elif kind == "PNG":
        _check_png(data)
    elif kind == "GIF":
        next(_gif_frames(data), None)
    elif kind == "TIFF":
        first = list(islice(tiff.directories(data), 1))
        _check_directories(data, list(first))
        for position in first:
            _check_strips(data, position, most_scans, most_megapixels)
    elif kind == "AVIF":
        _check_avif(data)


def check_shape(picture: Image.Image, *, most_megapixels: float, most_aspect: float) -> None:
    """Refuse pictures with too many pixels for the decoder of their kind, and too thin ones; call it before `load`.

    Raises:
        ImageError: if it is one.
    """
    has_runs = picture.format == "BMP" and picture.info.get("compression") in {1, 2}
    kind = _RUNS if has_runs else picture.format or ""
    (width, height), most = picture.size, min(most_megapixels, _MOST_MEGAPIXELS.get(kind, most_megapixels))
    if width * height > most * 1e6:
        raise too_large(most, f"This {kind}" if most < most_megapixels else "The picture")
    if max(width, height) > most_aspect * min(width, height):
        raise ImageError(
            f"The picture is too thin: {width} x {height} pixels.",
            hint=f"One side may be at most {most_aspect:g} times as long as the other; crop it.",
        )


def too_large(megapixels: float, picture: str = "The picture") -> ImageError:
    """The refusal of a picture with more pixels than these."""
    hint = "Shrink it, for instance by half" + (", or save it as JPEG." if picture != "The picture" else ".")
    return ImageError(f"{picture} has more than {megapixels:g} megapixels.", hint=hint)


def frames_in(data: bytes, kind: str) -> int | None:
    """How many frames or pages there are, at most `MOST_FRAMES + 1`; None for a kind whose decoder tells it at once."""
    if kind not in {"GIF", "TIFF"}:
        return None
    frames = _gif_frames(data) if kind == "GIF" else tiff.directories(data)
    return sum(1 for _ in islice(frames, MOST_FRAMES + 1))


def _check_jpeg(data: bytes, most_scans: int) -> None:
    parts = scans = stray = exif = 0
    for marker, skipped, body in _jpeg_segments(data):
        if marker in _ARITHMETIC:
            raise ImageError("This JPEG uses arithmetic coding, which is too slow to decode.", hint=_SAVE_AGAIN)
        parts, scans = parts + 1, scans + (marker == _SCAN)
        stray += 0 if scans else skipped
        exif += int.from_bytes(data[body : body + 2]) if data[body + 2 : body + 8] == b"Exif\0\0" else 0
        _refuse_over(most_scans, scans, "JPEG", "scans")
        _refuse_over(_MOST_PARTS, parts, "JPEG", "segments")
        _refuse_over(_MOST_STRAY_BYTES, stray, "JPEG", "bytes between its segments")
        _refuse_over(MOST_EXIF_BYTES, exif, "JPEG", "bytes of EXIF")


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """(marker, bytes skipped in front of it, where its body starts), up to the end of the first picture.

    Other pictures (thumbnails, further frames) lie within bodies or after the end, and are not gone through.
    """
    end, pattern = 2, _MARKER
    while found := pattern.search(data, end):
        body = found.end()
        marker = data[body - 1]
        if marker == _JPEG_END and pattern is _MARKER_AFTER_PIXELS:
            return
        yield marker, found.start() - end, body
        end = body if marker in _WITHOUT_BODY else body + max(2, int.from_bytes(data[body : body + 2]))
        pattern = _MARKER_AFTER_PIXELS if marker == _SCAN else pattern
    yield _JPEG_END, max(0, len(data) - end), len(data)  # Pillow looks on to the end of the file


def _check_png(data: bytes) -> None:
    position, parts, profiles, pixels, name = 8, 0, 0, 0, b""
    while position + 8 <= len(data) and name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, position)
        position += length + 12
        has_pixels = name in _PIXEL_CHUNKS
        parts, pixels, profiles = parts + (not has_pixels), pixels + has_pixels, profiles + (name == b"iCCP")
        _refuse_over(_MOST_PARTS, parts, "PNG", "chunks besides its pixels")
        _refuse_over(_MOST_PROFILES, profiles, "PNG", "colour profiles")
        _refuse_over(_MOST_PIXEL_CHUNKS, pixels, "PNG", "chunks of pixels")


def _gif_frames(data: bytes) -> Iterator[int]:
    """Where each frame starts; bytes between the blocks are passed over, as Pillow does.

    Raises:
        ImageError: if there are too many blocks in front of the first, or in all.
    """
    position, blocks, has_frame = _after_palette(data, 10, 13), 0, False
    while True:
        found = _GIF_BLOCK.search(data, position)
        start, kind = (found.start(), data[found.start()]) if found else (len(data), _GIF_END)
        if not has_frame:
            blocks += max(0, start - position)  # Pillow takes these bytes one by one
            _refuse_over(_MOST_BLOCKS_IN_FRONT, blocks, "GIF", "blocks in front of its first frame")
        _refuse_over(_MOST_BLOCKS, blocks, "GIF", "blocks")
        if kind == _GIF_END:
            return
        if kind == _GIF_FRAME:
            has_frame = True
            yield start
            position, passed = _after_blocks(data, _after_palette(data, start + 9, start + 10) + 1)
        else:
            position, passed = _after_extension(data, start + 1)
        blocks += passed + 1


def _after_palette(data: bytes, flags: int, position: int) -> int:
    packed = data[flags] if flags < len(data) else 0
    return position + (3 << (packed & 7) + 1 if packed & 128 else 0)


def _after_extension(data: bytes, label: int) -> tuple[int, int]:
    """Where its blocks end, and how many there are.

    Pillow reads on after an empty first block, or second one of the loop count, unless it is a comment's.
    """
    position = label + 1
    if data[label:position] != b"\xfe":
        for _ in range(2 if data[position + 1 : position + 12] == b"NETSCAPE2.0" else 1):
            position += 1 + sum(data[position : position + 1])
    return _after_blocks(data, position)


def _after_blocks(data: bytes, position: int) -> tuple[int, int]:
    """The position after the empty block that ends these, and their number, as far as a file may have them."""
    count = 0
    while position < len(data) and data[position] and count <= _MOST_BLOCKS:
        position += data[position] + 1
        count += 1
    return position + 1, count


def _check_directories(data: bytes, positions: list[int]) -> None:
    """The first directory and the EXIF and GPS directories that it names: Pillow reads them all."""
    numbers, named, sides = 0, set(positions), {_TILE_WIDTH: 0, _TILE_HEIGHT: 0}
    while positions:
        for number, (tag, kind, count, value) in enumerate(tiff.tags(data, positions.pop())):
            _refuse_over(_MOST_TAGS, number + 1, "TIFF", "tags")
            numbers += 0 if kind in _BYTE_TYPES else count
            if tag in _STRIPS:
                _refuse_over(_MOST_STRIPS, count, "TIFF", "strips or tiles")
            elif tag in sides:
                sides[tag] = max(sides[tag], value)
            elif tag in _DIRECTORIES and value not in named:
                named.add(value)
                positions.append(value)
                _refuse_over(_MOST_DIRECTORIES, len(named), "TIFF", "directories of EXIF")
    _refuse_over(_MOST_NUMBERS, numbers, "TIFF", "numbers in its tags")
    _refuse_over(_MOST_TILE_PIXELS, sides[_TILE_WIDTH] * sides[_TILE_HEIGHT], "TIFF", "pixels in a tile")


def _check_strips(data: bytes, position: int, most_scans: int, most_megapixels: float) -> None:
    """What all strips or tiles of one directory cost together: they may all name the same bytes."""
    layout, lists, compressions = dict.fromkeys(_LAYOUT, 0), dict[int, tuple[int, ...]](), set[int]()
    for tag, kind, count, value in tiff.tags(data, position):
        if tag in _LAYOUT:
            layout[tag] = max(layout[tag], value)
        elif tag in _STRIPS:
            lists.setdefault(tag, tiff.numbers(data, kind, count, value))  # libtiff takes the first of two
        elif tag == _COMPRESSION:
            compressions.add(value)
    piece, pieces = _piece(layout)
    _refuse_over(int(_MOST_PADDING * most_megapixels * 1e6), piece * pieces, "TIFF", "pixels in its tiles")
    places = [
        place for starts, sizes in _PLACES for place in _places(data, lists.get(starts, ()), lists.get(sizes, ()))
    ]
    if compressions - {_PLAIN}:
        _refuse_over(
            _MOST_STRIP_BYTES, sum(end - start for start, end in places), "TIFF", "bytes in its strips or tiles"
        )
    if compressions & _JPEG_IN_TIFF:
        scans = [found.start() for found in re.finditer(rb"\xff\xda", data)]  # never among the pixels
        number = piece * sum(bisect_left(scans, end) - bisect_left(scans, start) for start, end in places)
        _refuse_over(int(most_scans * most_megapixels * 1e6), number, "TIFF", "pixels in its scans")


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


def _check_avif(data: bytes) -> None:
    """The size in the container, which `check_shape` sees, may be less than what is decoded."""
    try:
        sizes = [width * height for width, height in avif.coded_sizes(data)]
    except (ValueError, IndexError) as error:
        raise ImageError("This AVIF file is broken or incomplete.", hint=_SAVE_AGAIN) from error
    most = _MOST_MEGAPIXELS["AVIF"]
    if max(sizes, default=0) > most * 1e6 or sum(sizes) > 4 * most * 1e6:  # colours, alpha, and two more such
        raise too_large(most, "This AVIF")


def _refuse_over(most: int, number: int, kind: str, parts: str) -> None:
    if number > most:
        message = f"This {kind} has more than {most:,} {parts}, which takes too long to decode."
        raise ImageError(message, hint=_SAVE_AGAIN)
