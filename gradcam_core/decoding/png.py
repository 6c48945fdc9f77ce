"""Is a PNG built in a way that its decoder gets through? Told from its chunks (PNG, section 5)."""

import struct

from gradcam_core.config import Settings
from gradcam_core.decoding.refusals import refuse_over

_MOST_PARTS = 1_000  # chunks besides the pixels; each may hold a megabyte of deflated text
_MOST_PROFILES = 10  # each is inflated to megabytes
_MOST_PIXEL_CHUNKS = 50_000  # Pillow goes through them one by one
_PIXEL_CHUNKS = frozenset({b"IDAT", b"fcTL", b"fdAT"})


def check(data: bytes, _limits: Settings) -> None:
    """Refuse a PNG that would hold its decoder."""
    position, parts, profiles, pixels, name = 8, 0, 0, 0, b""
    while position + 8 <= len(data) and name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, position)
        position += length + 12
        has_pixels = name in _PIXEL_CHUNKS
        parts, pixels, profiles = parts + (not has_pixels), pixels + has_pixels, profiles + (name == b"iCCP")
        refuse_over(_MOST_PARTS, parts, "PNG", "chunks besides its pixels")
        refuse_over(_MOST_PROFILES, profiles, "PNG", "colour profiles")
        refuse_over(_MOST_PIXEL_CHUNKS, pixels, "PNG", "chunks of pixels")
