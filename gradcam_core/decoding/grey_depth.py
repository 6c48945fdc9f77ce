"""How do grey values deeper than 8 bits become 8? By the white that the file states, or else by their range.

Where nothing is stated, what was assumed is said in a note: nobody sees from a dark picture that its white is missing.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image, TiffImagePlugin

from gradcam_core.decoding.png import significant_bits
from gradcam_core.errors import ImageError

_BAND = 1_000_000  # values converted at a time
_BITS, _PHOTOMETRIC, _MAX_SAMPLE, _SAMPLE_FORMAT, _S_MIN_SAMPLE, _S_MAX_SAMPLE = (
    258,
    262,
    281,
    339,
    340,
    341,
)  # TIFF 6.0
_WHITE_IS_ZERO, _SIGNED, _FLOAT = 0, 2, 3
_USUAL_WHITES = (255, 65_535, 2**24 - 1)  # of values that lie in wider ones than anything measures
_SMALL_PART = 0.25  # of the range; a photograph at night uses more


@dataclass(frozen=True)
class ValueRange:
    """What is known of the values of a picture, besides the values.

    Attributes:
        kind: what they are in memory, "u", "i" or "f" (numpy's letters); `bits`: how many each has in the file.
        stated: (black, white) as the file says; None where it does not.
    """

    kind: str
    bits: int
    stated: tuple[float, float] | None = None

    @property
    def least(self) -> int:
        """The smallest value that there may be."""
        return -(2 ** (self.bits - 1)) if self.kind == "i" else 0

    @property
    def most(self) -> int:
        """The largest value that there may be."""
        return int(2 ** (self.bits - (self.kind == "i")) - 1)


def is_deep(picture: Image.Image) -> bool:
    """Are these grey values that Pillow has no 8 bits for? A TIFF may have 8 bits with a sign too."""
    return picture.mode[0] in "IF" or (picture.mode == "L" and _sample_format(picture) == _SIGNED)


def eight_bits(picture: Image.Image, data: bytes) -> tuple[Image.Image, list[str]]:
    """The same picture, loaded, in 8 bits of grey (with alpha where a PNG names a transparent value), and the notes.

    Raises:
        ImageError: if nothing tells which value is white.
    """
    values = _value_range(picture, data)
    low, high = _extremes(picture, values)
    black, white, notes = _scale(picture, values, low, high)
    is_tiff = isinstance(picture, TiffImagePlugin.TiffImageFile)
    is_inverted = is_tiff and _first(picture, _PHOTOMETRIC) == _WHITE_IS_ZERO  # Pillow leaves these as they are
    hidden = picture.info.get("transparency")
    grey = np.empty((picture.height, picture.width), np.uint8)
    opaque = np.empty_like(grey) if isinstance(hidden, int) else None
    for top, band in _bands(picture, values):
        scaled = np.rint((np.nan_to_num(band.astype(np.float64)) - black) * (255 / (white - black)))
        part = np.clip(scaled, 0, 255).astype(np.uint8)
        grey[top : top + len(band)] = 255 - part if is_inverted else part
        if opaque is not None:
            opaque[top : top + len(band)] = np.uint8(255) * (band != hidden)
    return Image.fromarray(grey if opaque is None else np.stack([grey, opaque], axis=2)), notes


def small_part(used: float, bits: int) -> list[str]:
    """The note on values that use so much of their range, 0 to 1, where no white is stated; none if it is enough."""
    if used >= _SMALL_PART:
        return []
    share = f"{used:.0%}" if used >= 0.01 else "less than 1%"
    return [
        f"Its values take up {share.replace('%', ' %')} of what {bits} bits hold, and the file does not say how large "
        "they can be: it may look too dark or too flat."
    ]


def stated_white(white: float) -> str:
    """The note on a white that the file states."""
    return f"Its values run to {white:,.6g}, as the file says."


def _value_range(picture: Image.Image, data: bytes) -> ValueRange:
    if not isinstance(picture, TiffImagePlugin.TiffImageFile):
        bits = significant_bits(data)[:1] if picture.format == "PNG" else ()
        white = 2 ** bits[0] - 1 if bits and 8 <= bits[0] < 16 else 0
        return ValueRange("u", 16, (0, white) if white else None)
    kind = {_SIGNED: "i", _FLOAT: "f"}.get(_sample_format(picture), "u")
    bits_of_each, white = _first(picture, _BITS), _first(picture, _S_MAX_SAMPLE) or _first(picture, _MAX_SAMPLE)
    black = _first(picture, _S_MIN_SAMPLE) if kind != "u" else 0  # of others the least value used, which may be any
    return ValueRange(kind, int(bits_of_each), (black, white) if white > black else None)


def _scale(picture: Image.Image, values: ValueRange, low: float, high: float) -> tuple[float, float, list[str]]:
    """(the value shown black, the one shown white, notes)."""
    if values.stated and values.stated[0] <= low and high <= values.stated[1] and _is_believed(picture, values):
        black, white = values.stated
        is_news = values.kind == "f" or white < values.most
        return black, white, [stated_white(white)] if is_news else []
    if values.kind == "f":
        white = next((white for white in (1, *_USUAL_WHITES[:2]) if high <= white), 0)
        if not white or low < 0:
            raise _no_white("floating-point numbers")
        return 0, white, [_assumed(white)]
    black = values.least if low < 0 else 0
    if values.bits > 16:
        white = next((white for white in _USUAL_WHITES if low >= 0 and high <= white), values.most)
        if white < values.most:
            return black, white, [_assumed(white)]
    used = (high - low if low < 0 else high) / (values.most - black)
    return black, values.most, small_part(used, values.bits) if high > low else []


def _is_believed(picture: Image.Image, values: ValueRange) -> bool:
    """A PNG of 12 bits in 16 is to be spread over all 16 (11.3.2.4), but many programs write its values as they are.

    Spread values that lie below the stated white are multiples of 16: their lowest 4 bits are zeros, or repeat the
    upper ones, which are zeros too. One value that is no multiple tells that they were not spread.
    """
    if picture.format != "PNG" or values.stated is None:
        return True
    step = 2**16 // round(values.stated[1] + 1)
    return any(bool((band % step).any()) for _, band in _bands(picture, values))


def _extremes(picture: Image.Image, values: ValueRange) -> tuple[float, float]:
    """The least and the largest value.

    Raises:
        ImageError: if one is infinite, or none is a number.
    """
    hidden = picture.info.get("transparency")  # a value that a PNG names as transparent
    seen = (band[~np.isnan(band) & (band != hidden)] for _, band in _bands(picture, values))
    ends = [(band.min(), band.max()) for band in seen if band.size]
    if not ends and values.kind != "f":
        return 0, 0  # all of it is transparent
    low, high = min((low for low, _ in ends), default=math.nan), max((high for _, high in ends), default=math.nan)
    if not (math.isfinite(low) and math.isfinite(high)):
        raise _no_white("floating-point numbers that are infinite or missing")
    return float(low), float(high)


def _bands(picture: Image.Image, values: ValueRange) -> Iterator[tuple[int, np.ndarray]]:
    """(the first row, the values of some rows)."""
    rows = max(1, _BAND // picture.width)
    for top in range(0, picture.height, rows):
        band = np.asarray(picture.crop((0, top, picture.width, min(top + rows, picture.height))))
        if picture.mode == "I" and values.kind == "u":
            band = band.view(np.uint32)  # Pillow has no mode for these
        yield top, band.view(np.int8) if picture.mode == "L" else band


def _sample_format(picture: Image.Image) -> int:
    return int(_first(picture, _SAMPLE_FORMAT))


def _first(picture: Image.Image, tag: int) -> float:
    """The first number of a tag, 0 where there is none."""
    value = _tag(picture, tag)
    first = value[0] if isinstance(value, tuple) and value else value
    return float(first) if isinstance(first, int | float) and math.isfinite(first) else 0


def _tag(picture: Image.Image, tag: int) -> object:
    return picture.tag_v2.get(tag) if isinstance(picture, TiffImagePlugin.TiffImageFile) else None


def _assumed(white: int) -> str:
    return f"The file does not say how large its values can be: {white:,} is taken."


def _no_white(values: str) -> ImageError:
    return ImageError(
        f"The pixels of this picture are {values}, and nothing says which of them is white.",
        hint="Save it as RGB with 8 or 16 bits a channel.",
    )
