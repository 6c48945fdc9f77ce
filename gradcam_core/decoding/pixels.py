"""How do pixels of every mode become 8-bit RGB of a bounded size?"""

import numpy as np
from PIL import Image, TiffImagePlugin

from gradcam_core.config import Settings
from gradcam_core.errors import ImageError

_NOT_SHOWN = {  # modes of Pillow
    "F": "floating-point numbers, and nothing says which of them is white",
    "LAB": "Lab colours, which are not converted here",
}
_BAND = 1_000_000  # numbers converted at a time
_WHITE_IS_ZERO = 0


def kept_size(size: tuple[int, int], limits: Settings) -> tuple[int, int]:
    """`size` scaled so that its long side is at most `kept_side`; no side below one pixel."""
    scale = min(1.0, limits.kept_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def shrinkable(picture: Image.Image) -> Image.Image:
    """The same pixels in 8 bits and a mode that can be shrunk."""
    plain = _eight_bits(picture)
    plain = plain.convert("LA") if plain.mode == "La" else plain  # grey multiplied by its alpha
    if plain.mode in {"1", "P", "PA"} or "transparency" in plain.info:  # these can't be shrunk as they are
        return plain.convert("RGBA" if plain.has_transparency_data else "RGB")
    return plain


def scale_hidden(picture: Image.Image, data: bytes) -> None:
    """Bring the value that a PNG names as transparent to 8 bits; Pillow does so with the pixels alone."""
    if picture.format != "PNG":
        return
    hidden, depth = picture.info.get("transparency"), data[24]  # in the header, PNG 11.2.1
    if picture.mode == "L" and depth < 8 and isinstance(hidden, int):
        most = (1 << depth) - 1
        picture.info["transparency"] = (hidden & most) * 255 // most
    elif picture.mode == "RGB" and depth == 16 and isinstance(hidden, tuple):
        picture.info["transparency"] = tuple(value >> 8 for value in hidden)


def shrunk(plain: Image.Image, limits: Settings) -> Image.Image:
    """At most `kept_side` long, in its own mode."""
    size = kept_size(plain.size, limits)  # for people alone: Lanczos' filter looks the same and takes twice as long
    return plain if size == plain.size else plain.resize(size, Image.Resampling.HAMMING, reducing_gap=2.0)


def rgb_over_white(plain: Image.Image) -> tuple[Image.Image, list[str]]:
    """In RGB, transparent parts over white, and what is to be said of them; few rows at a time, for it may be large."""
    if not plain.has_transparency_data:
        return plain.convert("RGB"), []
    rgb, is_opaque = Image.new("RGB", plain.size), True
    rows = max(1, _BAND // plain.width)
    for top in range(0, plain.height, rows):
        rgba = plain.crop((0, top, plain.width, min(top + rows, plain.height))).convert("RGBA")
        if rgba.getchannel("A").getextrema() != (255, 255):
            rgba, is_opaque = Image.alpha_composite(Image.new("RGBA", rgba.size, "white"), rgba), False
        rgb.paste(rgba.convert("RGB"), (0, top))
    return rgb, [] if is_opaque else ["Transparent parts are shown over white."]


def _eight_bits(picture: Image.Image) -> Image.Image:
    """16-bit grey scaled to 8 bits (Pillow's own conversion clips it to white); other modes as they are."""
    if picture.mode in _NOT_SHOWN:
        raise _not_shown(_NOT_SHOWN[picture.mode])
    if not picture.mode.startswith("I"):
        return picture
    grey, hidden = np.empty((picture.height, picture.width), np.uint8), picture.info.get("transparency")
    is_inverted = picture.mode.startswith("I;16") and _tiff_tag(picture, 262) == _WHITE_IS_ZERO  # Pillow leaves it so
    opaque = np.empty_like(grey) if isinstance(hidden, int) else None  # a PNG may name one value that is transparent
    rows = max(1, _BAND // picture.width)
    for top in range(0, picture.height, rows):
        values = np.asarray(picture.crop((0, top, picture.width, min(top + rows, picture.height))))
        if values.min() < 0 or values.max() > 65_535:
            raise _not_shown("32-bit numbers, and nothing says which of them is white")
        grey[top : top + rows] = 255 - (values >> 8) if is_inverted else values >> 8
        if opaque is not None:
            opaque[top : top + rows] = np.uint8(255) * (values != hidden)
    return Image.fromarray(grey if opaque is None else np.stack([grey, opaque], axis=2))


def _tiff_tag(picture: Image.Image, tag: int) -> object:
    return picture.tag_v2.get(tag) if isinstance(picture, TiffImagePlugin.TiffImageFile) else None


def _not_shown(pixels: str) -> ImageError:
    return ImageError(f"The pixels of this picture are {pixels}.", hint="Save it as RGB with 8 or 16 bits a channel.")
