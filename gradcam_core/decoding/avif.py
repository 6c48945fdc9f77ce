"""How large are the pictures that an AVIF file really holds? Its container may say less than the AV1 data in it.

The decoder makes room for what the data say. Boxes are those of ISO/IEC 14496-12 (`iloc` 8.11.3, `infe` 8.11.6, `stsz`
8.7.3), the data are those of the AV1 specification (`obu_header` 5.3.2, `sequence_header_obu` 5.5.1).
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice, product
from typing import TypeVar

from gradcam_core.config import Settings
from gradcam_core.decoding.refusals import SAVE_AGAIN, too_large
from gradcam_core.errors import ImageError

MOST_MEGAPIXELS = 30.0  # the decoder takes 15 to 20 bytes a pixel

_PARENTS = {b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0, b"meta": 4, b"iinf": 6}  # bytes before children
_DEEPEST = 6  # levels of boxes
_MOST_PARTS = 10_000  # boxes, items with their extents, and units of a file; a grid of 256 pictures has about 800
_MOST_HEADERS = 1_000  # each may take a quarter of a millisecond; such a grid with alpha has 512
_MOST_TRACKS = 16
_MOST_USES, _SHARED = 4, 1_000_000  # of every byte, in a film with alpha three; so many bytes more for equal cells
_SEQUENCE_HEADER = 1
_Boxes = list[tuple[bytes, memoryview]]
_Part = TypeVar("_Part")


class _Bits:
    """Numbers of so many bits each, one after the other; 0 past the end."""

    def __init__(self, data: memoryview) -> None:
        self._data, self._position = data, 0

    def take(self, length: int) -> int:
        start, self._position = self._position, self._position + length
        first, behind = start // 8, (self._position + 7) // 8
        value = int.from_bytes(bytes(self._data[first:behind]).ljust(behind - first, b"\0"))
        return value >> -self._position % 8 & (1 << length) - 1

    def take_all(self, *lengths: int) -> list[int]:
        return [self.take(length) for length in lengths]


class _Numbers:
    """Numbers of so many bytes each, one after the other, from a position on."""

    def __init__(self, data: memoryview, position: int) -> None:
        self._data, self._position = data, position

    def take(self, size: int) -> int:
        self.skip(size)
        return int.from_bytes(self._data[self._position - size : self._position])

    def skip(self, size: int) -> None:
        self._position += size
        if self._position > len(self._data):
            raise ValueError("numbers past the end")


def check(data: bytes, _limits: Settings) -> None:
    """Refuse an AVIF whose data are larger than its decoder may take, whatever its container says.

    Raises:
        ImageError: if they are, or it is broken.
    """
    try:
        sizes = [width * height for width, height in coded_sizes(data)]
    except (ValueError, IndexError) as error:
        raise ImageError("This AVIF file is broken or incomplete.", hint=SAVE_AGAIN) from error
    most = MOST_MEGAPIXELS * 1e6
    if max(sizes, default=0) > most or sum(sizes) > 4 * most:  # colours, alpha, and two more such
        raise too_large(MOST_MEGAPIXELS, "This AVIF")


def coded_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """(width, height) in each AV1 sequence header of the items and of the tracks' first samples.

    Raises:
        ValueError: if the file has more parts than a picture has.
    """
    boxes: _Boxes = []
    _collect(memoryview(data), boxes, _DEEPEST)
    units = (unit for sample in _samples(memoryview(data), boxes) for unit in _units(sample))
    headers = (body for kind, body in _at_most(_MOST_PARTS, units) if kind == _SEQUENCE_HEADER)
    for body in _at_most(_MOST_HEADERS, headers):
        yield _coded_size(_Bits(body))


def _at_most(number: int, parts: Iterable[_Part]) -> Iterator[_Part]:
    """These parts.

    Raises:
        ValueError: if there are more.
    """
    iterator = iter(parts)
    yield from islice(iterator, number)
    if next(iterator, None) is not None:
        raise ValueError(f"more than {number} parts")


def _collect(data: memoryview, boxes: _Boxes, levels: int) -> None:
    """Adds the names and contents of the boxes, those of children right behind their parent's.

    The `meta` of a track is left alone: it holds EXIF and such, no pictures.
    """
    position = 0
    while position + 8 <= len(data):
        size, name, head = int.from_bytes(data[position : position + 4]), bytes(data[position + 4 : position + 8]), 8
        if size == 1:
            size, head = int.from_bytes(data[position + 8 : position + 16]), 16
        content = data[position + head : position + size if size else len(data)]
        boxes.append((name, content))
        if len(boxes) > _MOST_PARTS:
            raise ValueError(f"more than {_MOST_PARTS} boxes")
        if name in _PARENTS and levels and (name != b"meta" or levels == _DEEPEST):
            is_wide = name == b"iinf" and bytes(content[:1]) != b"\0"
            _collect(content[_PARENTS[name] + (2 if is_wide else 0) :], boxes, levels - 1)
        position += max(size, 8) if size else len(data)


def _samples(data: memoryview, boxes: _Boxes) -> Iterator[memoryview]:
    """What the decoder may be given, one after the other: the parts of each joined, which is a copy."""
    room = _MOST_USES * len(data) + _SHARED
    for parts in chain(_item_parts(data, boxes), _first_samples(data, boxes)):
        room -= sum(map(len, parts))
        if room < 0:
            raise ValueError("the same bytes are used over and over")
        yield parts[0] if len(parts) == 1 else memoryview(b"".join(parts))


def _item_parts(data: memoryview, boxes: _Boxes) -> Iterator[list[memoryview]]:
    """The extents of each item of kind av01, not copied."""
    wanted = {
        int.from_bytes(content[4 : 6 if content[0] == 2 else 8])
        for name, content in boxes
        if name == b"infe" and b"av01" in bytes(content[8:14])
    }
    inner = _only(b"idat", boxes)
    for method, extents in _places(_only(b"iloc", boxes), wanted):
        source = inner if method == 1 else data
        yield [source[start : start + length if length else len(source)] for start, length in extents]


def _only(wanted: bytes, boxes: _Boxes) -> memoryview:
    """The content of the one box of this name, nothing where there is none."""
    found = [content for name, content in boxes if name == wanted]
    if len(found) > 1:
        raise ValueError(f"{len(found)} boxes {wanted!r}")
    return found[0] if found else memoryview(b"")


def _places(content: memoryview, wanted: set[int]) -> Iterator[tuple[int, list[tuple[int, int]]]]:
    """(construction method, (start, length) of each extent) of the wanted items in an `iloc` box."""
    if not content:
        return
    version, start_size, length_size = content[0], content[4] >> 4, content[4] & 15
    base_size, wide = content[5] >> 4, 2 if version < 2 else 4
    if version and content[5] & 15:
        raise ValueError("extents with an index, which the decoder reads otherwise than ISO/IEC 14496-12")
    numbers, parts = _Numbers(content, 6), 0
    for _ in range(numbers.take(wide)):
        item = numbers.take(wide)
        method = numbers.take(2) & 15 if version else 0
        numbers.skip(2)
        base, extents = numbers.take(base_size), numbers.take(2)
        parts += 1 + (extents if item in wanted else 0)
        if parts > _MOST_PARTS:
            raise ValueError(f"more than {_MOST_PARTS} items and extents")
        if item in wanted:
            yield method, [(base + numbers.take(start_size), numbers.take(length_size)) for _ in range(extents)]
        else:
            numbers.skip(extents * (start_size + length_size))


def _first_samples(data: memoryview, boxes: _Boxes) -> Iterator[list[memoryview]]:
    """The data that each place of a track's first sample and each length of one make, not copied."""
    widths = {b"stco": 4, b"co64": 8}
    starts = [int.from_bytes(content[8 : 8 + widths[name]]) for name, content in boxes if name in widths]
    sizes = [content[4:8] if any(content[4:8]) else content[12:16] for name, content in boxes if name == b"stsz"]
    if max(len(starts), len(sizes)) > _MOST_TRACKS:
        raise ValueError(f"more than {_MOST_TRACKS} tracks")
    for start, size in product(starts, sizes):
        yield [data[start : start + int.from_bytes(size)]]


def _units(sample: memoryview) -> Iterator[tuple[int, memoryview]]:
    """(type, body) of the units (OBUs) of a sample."""
    position = 0
    while position < len(sample):
        header = sample[position]
        position += 2 if header & 4 else 1
        length = len(sample) - position
        if header & 2:
            length, position = _variable_length(sample, position)
        yield header >> 3 & 15, sample[position : position + length]
        position += length


def _variable_length(sample: memoryview, position: int) -> tuple[int, int]:
    """A number in the format leb128, and the position behind it."""
    value = 0
    for index, byte in enumerate(sample[position : position + 8]):
        value |= (byte & 127) << 7 * index
        if byte < 128:
            return value, position + index + 1
    return value, position + 8


def _coded_size(bits: _Bits) -> tuple[int, int]:
    """The largest (width, height) that a sequence header allows."""
    _, is_reduced = bits.take_all(4, 1)
    if is_reduced:
        bits.take(5)
    else:
        _skip_operating_points(bits)
    width_bits, height_bits = bits.take_all(4, 4)
    return bits.take(width_bits + 1) + 1, bits.take(height_bits + 1) + 1


def _skip_operating_points(bits: _Bits) -> None:
    has_model, delay_bits = 0, 0
    if bits.take(1):  # timing information
        *_, has_equal_intervals = bits.take_all(32, 32, 1)
        zeros = next((i for i in range(32) if bits.take(1)), 32) if has_equal_intervals else 0
        bits.take(zeros)
        if has_model := bits.take(1):
            delay_bits = bits.take(5) + 1
            bits.take_all(32, 5, 5)
    has_delays, points = bits.take_all(1, 5)
    for _ in range(points + 1):
        _, level = bits.take_all(12, 5)
        bits.take(level > 7)
        if has_model and bits.take(1):
            bits.take_all(delay_bits, delay_bits, 1)
        if has_delays and bits.take(1):
            bits.take(4)
