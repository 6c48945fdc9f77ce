"""Is a GIF built in a way that its decoder gets through? Told from its blocks (GIF89a)."""

import re
from collections.abc import Iterator

from gradcam_core.config import Settings
from gradcam_core.decoding.refusals import refuse_over

_MOST_BLOCKS_IN_FRONT = 100_000  # of the first frame; a colour profile of 10 MB has 40,000
_MOST_BLOCKS = 500_000  # of all frames that are counted; 10 MB of pixels have 40,000
_BLOCK = re.compile(rb"[,!;]")  # what starts a frame or an extension, or ends the file
_FRAME, _END = b",;"


def check(data: bytes, _limits: Settings) -> None:
    """Refuse a GIF that would hold its decoder."""
    next(frames(data), None)


def frames(data: bytes) -> Iterator[int]:
    """Where each frame starts; bytes between the blocks are passed over, as Pillow does.

    Raises:
        ImageError: if there are too many blocks in front of the first, or in all.
    """
    position, blocks, has_frame = _after_palette(data, 10, 13), 0, False
    while True:
        found = _BLOCK.search(data, position)
        start, kind = (found.start(), data[found.start()]) if found else (len(data), _END)
        if not has_frame:
            blocks += max(0, start - position)  # Pillow takes these bytes one by one
            refuse_over(_MOST_BLOCKS_IN_FRONT, blocks, "GIF", "blocks in front of its first frame")
        refuse_over(_MOST_BLOCKS, blocks, "GIF", "blocks")
        if kind == _END:
            return
        if kind == _FRAME:
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
