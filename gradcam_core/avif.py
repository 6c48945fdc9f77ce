"""How large are the pictures that an AVIF file really holds? Its container may say less than the AV1 data in it.

The decoder makes room for what the data say. Boxes are those of ISO/IEC 14496-12 (`iloc` 8.11.3, `infe` 8.11.6, `stsz`
8.7.3), the data are those of the AV1 specification (`obu_header` 5.3.2, `sequence_header_obu` 5.5.1).
"""

from collections.abc import Iterable, Iterator
from itertools import islice, product
from typing import TypeVar

_PARENTS = {b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0, b"meta": 4, b"iinf": 6}  # bytes before children
_DEEPEST = 6  # levels of boxes
_MOST_PARTS = 10_000  # boxes, extents and units of a file; a grid of 256 pictures has about 800
_MOST_LOCATION_BYTES = 65_536  # of such a grid it takes 8,000
_MOST_TRACKS = 16
_SEQUENCE_HEADER = 1
_Boxes = list[tuple[bytes, bytes]]
_Part = TypeVar("_Part")


class _Bits:
    """Numbers of so many bits each, one after the other; 0 past the end."""

    def __init__(self, data: bytes) -> None:
        self._bits, self._left = int.from_bytes(data.ljust(400, b"\0")), 8 * max(len(data), 400)

    def take(self, length: int) -> int:
        self._left = max(0, self._left - length)
        return self._bits >> self._left & (1 << length) - 1

    def take_all(self, *lengths: int) -> list[int]:
        return [self.take(length) for length in lengths]


def coded_sizes(data: bytes) -> Iterator[tuple[int, int]]:
    """(width, height) in each AV1 sequence header of the items and of the tracks' first samples.

    Raises:
        ValueError: if the file has more parts than a picture has.
    """
    boxes: _Boxes = []
    _collect(data, boxes, _DEEPEST)
    samples = [*_item_samples(data, boxes), *_first_samples(data, boxes)]
    units = (unit for sample in samples for unit in _units(sample))
    for kind, body in _at_most(_MOST_PARTS, units):
        if kind == _SEQUENCE_HEADER:
            yield _coded_size(_Bits(body[:400]))


def _at_most(number: int, parts: Iterable[_Part]) -> Iterator[_Part]:
    """These parts.

    Raises:
        ValueError: if there are more.
    """
    iterator = iter(parts)
    yield from islice(iterator, number)
    if next(iterator, None) is not None:
        raise ValueError(f"more than {number} parts")


def _collect(data: bytes, boxes: _Boxes, levels: int) -> None:
    """Adds the names and contents of the boxes, those of children right behind their parent's."""
    position = 0
    while position + 8 <= len(data):
        size, name, head = int.from_bytes(data[position : position + 4]), data[position + 4 : position + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[position + 8 : position + 16]), 16
        content = data[position + head : position + size if size else len(data)]
        boxes.append((name, content))
        if len(boxes) > _MOST_PARTS:
            raise ValueError(f"more than {_MOST_PARTS} boxes")
        if name in _PARENTS and levels:
            is_wide = name == b"iinf" and content[:1] != b"\0"
            _collect(content[_PARENTS[name] + (2 if is_wide else 0) :], boxes, levels - 1)
        position += max(size, 8) if size else len(data)


def _item_samples(data: bytes, boxes: _Boxes) -> list[bytes]:
    """The data of the items of kind av01, their extents joined."""
    wanted = {
        int.from_bytes(content[4 : 6 if content[0] == 2 else 8])
        for name, content in boxes
        if name == b"infe" and b"av01" in content[8:14]
    }
    inner = [content for name, content in boxes if name == b"idat"]
    extents = (extent for name, content in boxes if name == b"iloc" for extent in _extents(content))
    samples: dict[tuple[int, int], list[bytes]] = {}
    room = 8 * len(data)
    for item, method, start, length in _at_most(_MOST_PARTS, extents):
        for index, source in enumerate(inner if method == 1 else [data]):
            part = source[start : start + length if length else len(source)] if item in wanted else b""
            samples.setdefault((item, index), []).append(part)
            room -= len(part)
            if room < 0:
                raise ValueError("the same bytes are used over and over")
    return [b"".join(parts) for parts in samples.values()]


def _extents(content: bytes) -> Iterator[tuple[int, int, int, int]]:
    """(item, construction method, start, length) of each extent in an `iloc` box."""
    if len(content) > _MOST_LOCATION_BYTES:
        raise ValueError(f"more than {_MOST_LOCATION_BYTES} bytes of locations")
    bits, version = _Bits(content), content[0]
    _, start_size, length_size, base_size, index_size = bits.take_all(32, 4, 4, 4, 4)
    for _ in range(min(bits.take(16 if version < 2 else 32), _MOST_LOCATION_BYTES)):
        item = bits.take(16 if version < 2 else 32)
        method = bits.take(16) & 15 if version else 0
        _, base, extents = bits.take_all(16, 8 * base_size, 16)
        for _ in range(extents):
            bits.take(8 * index_size if version else 0)
            yield item, method, base + bits.take(8 * start_size), bits.take(8 * length_size)


def _first_samples(data: bytes, boxes: _Boxes) -> list[bytes]:
    """The data that each place of a track's first sample and each length of one make."""
    widths = {b"stco": 4, b"co64": 8}
    starts = [int.from_bytes(content[8 : 8 + widths[name]]) for name, content in boxes if name in widths]
    sizes = [content[4:8] if any(content[4:8]) else content[12:16] for name, content in boxes if name == b"stsz"]
    if max(len(starts), len(sizes)) > _MOST_TRACKS:
        raise ValueError(f"more than {_MOST_TRACKS} tracks")
    return [data[start : start + int.from_bytes(size)] for start, size in product(starts, sizes)]


def _units(sample: bytes) -> Iterator[tuple[int, bytes]]:
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


def _variable_length(sample: bytes, position: int) -> tuple[int, int]:
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
