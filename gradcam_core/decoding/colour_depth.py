"""What of colours that use few of their 16 bits a channel? Pillow keeps the upper byte of each, which says little.

Where the file states fewer bits, it is read again for the lower bytes; where it does not, that is said in a note.
"""

import io
import sys

import numpy as np
from PIL import Image, TiffImagePlugin

from gradcam_core.decoding.grey_depth import small_part, stated_white
from gradcam_core.decoding.png import significant_bits
from gradcam_core.decoding.signatures import ACCEPTED

_BAND = 1_000_000  # pixels converted at a time
_BITS, _MAX_SAMPLE, _S_MAX_SAMPLE = 258, 281, 341  # TIFF 6.0
_GREY_AND_ALPHA = "LA;16B"
_LOWER = {  # how Pillow unpacks the upper bytes, and how the lower ones
    "RGB;16B": "RGB;16L",
    "RGBA;16B": "RGBA;16L",
    _GREY_AND_ALPHA: "RGBA",  # the four bytes of a pixel
    **{f"{mode};16N": f"{mode};16{'B' if sys.byteorder == 'little' else 'L'}" for mode in ("RGB", "RGBX", "RGBA")},
}


def is_deep_colour(picture: Image.Image, data: bytes) -> bool:
    """Are these colours that have 16 bits a channel in the file?"""
    if picture.mode not in {"RGB", "RGBA"} or "transparency" in picture.info:
        return False
    return data[24] == 16 if picture.format == "PNG" else _largest(picture, _BITS) == 16


def spread_colours(picture: Image.Image, data: bytes) -> tuple[Image.Image, list[str]]:
    """The same picture, loaded, over the whole range of 8 bits where the file states less than 16, and the note."""
    upper = max(int(picture.getchannel(band).getextrema()[1]) for band in "RGB")  # type: ignore[arg-type]  # pairs
    white = _stated_white(picture, data)
    if white and upper <= white >> 8:
        lower = _lower_bytes(data)
        if lower is not None and _is_believed(picture, lower, white):
            return _scaled(picture, lower, white), [stated_white(white)]
    return picture, small_part((upper * 256 + 255) / 65_535, 16) if upper else []


def _stated_white(picture: Image.Image, data: bytes) -> int:
    """The largest value that there may be, 0 where the file says nothing."""
    if picture.format == "PNG":
        bits = max(significant_bits(data), default=0)
        return 2**bits - 1 if 8 <= bits < 16 else 0
    white = _largest(picture, _S_MAX_SAMPLE) or _largest(picture, _MAX_SAMPLE)
    return white if 0 < white < 65_535 else 0


def _lower_bytes(data: bytes) -> Image.Image | None:
    """The lower byte of every value, in the places of the upper ones; None where Pillow does not tell them."""
    with Image.open(io.BytesIO(data), formats=ACCEPTED) as picture:
        (tile,) = picture.tile
        first, *others = tile.args if isinstance(tile.args, tuple) else (tile.args,)
        if first not in _LOWER:
            return None
        picture.tile = [tile._replace(args=(_LOWER[first], *others))]
        picture.load()
        if first != _GREY_AND_ALPHA:
            return picture.copy()
        _, grey, _, alpha = picture.split()
        return Image.merge("RGBA", (grey, grey, grey, alpha))


def _is_believed(upper: Image.Image, lower: Image.Image, white: int) -> bool:
    """A PNG of fewer bits is to be spread over 16, as `grey_depth` says: not one whose values are no multiples."""
    if upper.format != "PNG":
        return True
    step = 2**16 // (white + 1)
    return any((np.asarray(lower.getchannel(band)) % step).any() for band in "RGB")


def _scaled(upper: Image.Image, lower: Image.Image, white: int) -> Image.Image:
    rows = max(1, _BAND // upper.width)
    for top in range(0, upper.height, rows):
        box = (0, top, upper.width, min(top + rows, upper.height))
        values = np.asarray(upper.crop(box)).astype(np.uint32) << 8 | np.asarray(lower.crop(box))
        upper.paste(Image.fromarray(np.minimum((values * 255 + white // 2) // white, 255).astype(np.uint8)), box)
    return upper


def _largest(picture: Image.Image, tag: int) -> int:
    """The largest number of a tag, 0 where there is none."""
    value = picture.tag_v2.get(tag) if isinstance(picture, TiffImagePlugin.TiffImageFile) else None
    numbers = value if isinstance(value, tuple) else (value,)
    return max((number for number in numbers if isinstance(number, int)), default=0)
