"""Is a file whole, though its decoder refuses it? Then its pixels are of a kind that Pillow does not read."""

import io
import struct

from PIL import BmpImagePlugin, TiffImagePlugin

from gradcam_core.decoding import tiff_tags
from gradcam_core.errors import ImageError

_COMPRESSION = 259
_BMP_BITS, _BMP_COMPRESSIONS = {1, 2, 4, 8, 16, 24, 32}, {0, 1, 2, 3, 6}  # 4 and 5 are a JPEG and a PNG within it
_SAID = ("unknown pixel mode", "unknown data organization", "Unsupported BMP")  # by Pillow, of what it does not read


def unread_pixels(data: bytes, kind: str) -> ImageError | None:
    """The refusal of a TIFF or BMP whose outline is sound; None where nothing speaks for that."""
    if not (_has_other_form(data, kind) or any(words in _what_pillow_says(data, kind) for words in _SAID)):
        return None
    return ImageError(
        f"The pixels of this {kind} are of a kind that is not read here.",
        hint="Save it as RGB with 8 or 16 bits a channel.",
    )


def _has_other_form(data: bytes, kind: str) -> bool:
    return _is_packed_otherwise(data) if kind == "TIFF" else kind == "BMP" and _is_other_bitmap(data)


def _is_packed_otherwise(data: bytes) -> bool:
    first = next(tiff_tags.directories(data), 0)
    known = set(TiffImagePlugin.COMPRESSION_INFO)
    return any(tag == _COMPRESSION and value not in known for tag, _, _, value in tiff_tags.tags(data, first))


def _is_other_bitmap(data: bytes) -> bool:
    """Told from its header of 40 bytes or more (BITMAPINFOHEADER)."""
    if len(data) < 54 or int.from_bytes(data[14:18], "little") < 40:
        return False
    bits, compression = struct.unpack_from("<HI", data, 28)
    return bits not in _BMP_BITS or compression not in _BMP_COMPRESSIONS


def _what_pillow_says(data: bytes, kind: str) -> str:
    """Why it does not open the file: `Image.open` keeps that to itself."""
    try:
        if kind == "TIFF":
            TiffImagePlugin.TiffImageFile(io.BytesIO(data)).close()
        elif kind == "BMP":
            BmpImagePlugin.BmpImageFile(io.BytesIO(data)).close()
    except Exception as error:  # noqa: BLE001  broken files make decoders raise errors of every kind
        return str(error)
    return ""
