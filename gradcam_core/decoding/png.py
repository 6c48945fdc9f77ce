"""Is a PNG built in a way that its decoder gets through? Told from its chunks (PNG, section 5)."""

import struct
import zlib
from collections.abc import Iterator

from gradcam_core.config import Settings
from gradcam_core.decoding.refusals import refuse_over
from gradcam_core.errors import ImageError

_MOST_PARTS = 1_000  # chunks besides the pixels; each may hold a megabyte of deflated text
_MOST_PROFILES = 10  # each is inflated to megabytes
_MOST_PIXEL_CHUNKS = 50_000  # Pillow goes through them one by one
_MOST_INFLATED = 16_000_000  # bytes of texts and profiles together, which Pillow takes of one
_SPARE_BYTES = 100_000  # of packed pixels: so much may be there besides what the picture can need
_PIXEL_CHUNKS = frozenset({b"IDAT", b"fcTL", b"fdAT"})
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by colour type, PNG table 11.1
_STOP = "It is built to fill the memory. Choose another picture."


def check(data: bytes, _limits: Settings) -> None:
    """Refuse a PNG that would hold its decoder."""
    parts = profiles = pixels = packed = inflated = 0
    for name, start, length in _chunks(data):
        if name == b"CgBI":
            raise _packed_for_iphones()
        has_pixels = name in _PIXEL_CHUNKS
        parts, pixels, profiles = parts + (not has_pixels), pixels + has_pixels, profiles + (name == b"iCCP")
        packed += min(length, len(data) - start) if name == b"IDAT" else 0
        refuse_over(_MOST_PARTS, parts, "PNG", "chunks besides its pixels")
        refuse_over(_MOST_PROFILES, profiles, "PNG", "colour profiles")
        refuse_over(_MOST_PIXEL_CHUNKS, pixels, "PNG", "chunks of pixels")
        inflated += _inflated_size(name, data[start : start + length], _MOST_INFLATED - inflated)
        if inflated > _MOST_INFLATED:
            raise ImageError(f"This PNG has texts that unpack to over {_MOST_INFLATED / 1e6:g} MB.", hint=_STOP)
    if packed > 2 * _raw_size(data) + _SPARE_BYTES:
        raise ImageError("This PNG has far more packed pixels than its picture has.", hint=_STOP)


def significant_bits(data: bytes) -> tuple[int, ...]:
    """How many bits of each channel mean something, as its sBIT chunk says (11.3.2.4); none where it has none."""
    for name, start, length in _chunks(data):
        if name == b"sBIT":
            return tuple(data[start : start + length])
        if name == b"IDAT":
            break
    return ()


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """(name, where its body starts, length) of each, up to the end of the picture."""
    position, name = 8, b""
    while position + 8 <= len(data) and name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, position)
        yield name, position + 8, length
        position += length + 12


def _inflated_size(name: bytes, body: bytes, most: int) -> int:
    """The size of a text or profile, or something over `most`; 0 for every other chunk and a broken one."""
    if name not in {b"tEXt", b"zTXt", b"iCCP", b"iTXt"}:
        return 0
    text = body.partition(b"\0")[2]  # behind the keyword
    is_deflated, text = name in {b"zTXt", b"iCCP"}, text[name in {b"zTXt", b"iCCP"} :]
    if name == b"iTXt":
        is_deflated, text = text[:1] > b"\0", text[2:].split(b"\0", 2)[-1]  # behind the language and the translation
    try:
        return len(zlib.decompressobj().decompress(text, most + 1)) if is_deflated else len(text)
    except zlib.error:
        return 0


def _raw_size(data: bytes) -> int:
    """Bytes of the unpacked picture with one filter byte a row, as the header says (11.2.1)."""
    width, height, depth, colour = struct.unpack_from(">IIBB", data.ljust(26, b"\0"), 16)
    return int(height * (2 + width * depth * _CHANNELS.get(colour, 4) // 8))


def _packed_for_iphones() -> ImageError:
    return ImageError(
        "This PNG is in the form that apps of iPhones carry (CgBI), which is not read here.",
        hint="Open it in Preview on a Mac, and export it as PNG.",
    )
