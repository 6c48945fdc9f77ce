"""How do pixels of every mode become 8-bit RGB of a bounded size?"""

from PIL import Image

from gradcam_core.config import Settings
from gradcam_core.decoding.colour_depth import is_deep_colour, spread_colours
from gradcam_core.decoding.grey_depth import eight_bits, is_deep
from gradcam_core.decoding.lab import is_lab, lab_to_rgb
from gradcam_core.decoding.tiff_palette import with_bright_palette
from gradcam_core.decoding.transparency import without_empty_alpha


def kept_size(size: tuple[int, int], limits: Settings) -> tuple[int, int]:
    """`size` scaled so that its long side is at most `kept_side`; no side below one pixel."""
    scale = min(1.0, limits.kept_side / max(size))
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def shrinkable(picture: Image.Image, data: bytes) -> tuple[Image.Image, list[str]]:
    """The same pixels in 8 bits and a mode that can be shrunk, and what is to be said of them."""
    plain, notes = _eight_bits(picture, data)
    plain = plain.convert("LA") if plain.mode == "La" else plain  # grey multiplied by its alpha
    if plain.mode in {"1", "P", "PA"} or "transparency" in plain.info:  # these can't be shrunk as they are
        plain = plain.convert("RGBA" if plain.has_transparency_data else "RGB")
    plain, alpha_notes = without_empty_alpha(plain)
    return plain, notes + alpha_notes


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


def _eight_bits(picture: Image.Image, data: bytes) -> tuple[Image.Image, list[str]]:
    if is_deep(picture):
        return eight_bits(picture, data)
    if is_lab(picture):
        return lab_to_rgb(picture), []
    return spread_colours(picture, data) if is_deep_colour(picture, data) else (with_bright_palette(picture), [])
