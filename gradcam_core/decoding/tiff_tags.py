"""Which directories and tags does a TIFF hold? Read without their values, one after the other (TIFF 6.0, section 2)."""

import struct
from collections.abc import Iterator

_INTEGERS = {1: "B", 3: "H", 4: "I", 6: "B", 8: "H", 9: "I", 13: "I", 16: "Q", 17: "Q", 18: "Q"}  # by type


def directories(data: bytes) -> Iterator[int]:
    """Where each directory of the chain starts; a chain that comes back to itself ends."""
    order, is_big = _layout(data)
    position, seen = _number(data, order + ("Q" if is_big else "I"), 8 if is_big else 4), set[int]()
    while position and position not in seen:
        seen.add(position)
        yield position
        count = _number(data, order + ("Q" if is_big else "H"), position)
        position += 8 + 20 * count if is_big else 2 + 12 * count
        position = _number(data, order + ("Q" if is_big else "I"), position)


def tags(data: bytes, position: int) -> Iterator[tuple[int, int, int, int]]:
    """(tag, type, count, the value of a single whole number or else what is written in its place) of one directory."""
    order, is_big = _layout(data)
    number = _number(data, order + ("Q" if is_big else "H"), position)
    start, size, layout = (position + 8, 20, "HHQQ") if is_big else (position + 2, 12, "HHII")
    held = min(number, (len(data) - start) // size)
    for tag, kind, count, written in struct.iter_unpack(order + layout, data[start : start + size * max(0, held)]):
        single = _unpacked(data, kind, 1, written) if count == 1 else ()
        yield tag, kind, count, single[0] if single else written


def numbers(data: bytes, kind: int, count: int, value: int) -> tuple[int, ...]:
    """The whole numbers of a tag, as far as the file holds them; none where it has fractions or text."""
    return (value,) if count == 1 else _unpacked(data, kind, count, value)


def _unpacked(data: bytes, kind: int, count: int, written: int) -> tuple[int, ...]:
    """Few numbers stand in the directory itself, the others where it says."""
    order, is_big = _layout(data)
    if kind not in _INTEGERS:
        return ()
    place = struct.pack(order + ("Q" if is_big else "I"), written)
    size = struct.calcsize("=" + _INTEGERS[kind])
    part = place[: size * count] if size * count <= len(place) else data[written : written + size * count]
    return struct.unpack(f"{order}{len(part) // size}{_INTEGERS[kind]}", part[: len(part) // size * size])


def _layout(data: bytes) -> tuple[str, bool]:
    """The byte order, and whether it is a BigTIFF; both as Pillow tells them."""
    return "<" if data[:2] == b"II" else ">", data[2:3] == b"+"


def _number(data: bytes, layout: str, position: int) -> int:
    """One number, 0 past the end."""
    size = struct.calcsize(layout)
    part = data[position : position + size]
    return int(struct.unpack(layout, part)[0]) if len(part) == size else 0
