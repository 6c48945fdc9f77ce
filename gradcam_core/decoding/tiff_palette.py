"""How bright is a TIFF's palette? Its white is 65,535 (TIFF 6.0, section 5), but some programs write 255."""

import numpy as np
from PIL import Image, TiffImagePlugin

_COLOUR_MAP = 320
_LARGEST_OF_8_BITS = 255  # libtiff's programs take a palette of such values alone for one of 8 bits


def with_bright_palette(picture: Image.Image) -> Image.Image:
    """The same picture, loaded; where its palette has values of 8 bits, with these and not with their upper bytes."""
    if not isinstance(picture, TiffImagePlugin.TiffImageFile) or picture.mode not in {"P", "PA"}:
        return picture
    values = picture.tag_v2.get(_COLOUR_MAP, ())
    if not values or max(values) > _LARGEST_OF_8_BITS:
        return picture
    bright, size = picture.copy(), len(values) // 3
    bright.putpalette(np.array(values[: 3 * size], np.uint8).reshape(3, size).T.tobytes())  # all reds come first
    return bright
