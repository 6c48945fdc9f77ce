"""Which directories and tags does a TIFF hold? Read without their values, one after the other (TIFF 6.0, section 2)."""

import struct
from collections.abc import Iterator


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
    """(tag, type, count, value or where the values are) of one directory."""
    order, is_big = _layout(data)
    number = _number(data, order + ("Q" if is_big else "H"), position)
    start, size, layout = (position + 8, 20, "HHQQ") if is_big else (position + 2, 12, "HHII")
    held = min(number, (len(data) - start) // size)
    for tag, kind, count, value in struct.iter_unpack(order + layout, data[start : start + size * max(0, held)]):
        is_short = kind == 3 and count == 1  # of these the value takes the first two bytes
        shift = (48 if is_big else 16) if order == ">" else 0
        yield tag, kind, count, value >> shift & 0xFFFF if is_short else value


def _layout(data: bytes) -> tuple[str, bool]:
    """The byte order, and whether it is a BigTIFF; both as Pillow tells them."""
    return "<" if data[:2] == b"II" else ">", data[2:3] == b"+"


def _number(data: bytes, layout: str, position: int) -> int:
    """One number, 0 past the end."""
    size = struct.calcsize(layout)
    part = data[position : position + size]
    return int(struct.unpack(layout, part)[0]) if len(part) == size else 0
