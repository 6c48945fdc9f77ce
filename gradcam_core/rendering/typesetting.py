"""Where does a line of a figure's text break, and what is drawn for a letter that the font lacks?"""

import textwrap
from functools import cache
from typing import NamedTuple

from PIL import ImageFont

FONT = "DejaVu Sans"
"""Matplotlib brings it, so that a figure looks the same everywhere."""

_MEASURED_AT = 100  # points
_FEWEST_LETTERS = 10


class TextStyle(NamedTuple):
    """Type size in points, inches from one line to the next, and normal or bold."""

    points: float
    line: float
    weight: str


def wrapped(text: str, width: float, style: TextStyle) -> list[str]:
    """Lines of at most `width` inches, reckoned with the mean width of the text's own letters.

    A letter that the font lacks becomes the replacement mark. No line for a text of nothing.
    """
    shown = _drawable(text, style.weight)
    if not shown.strip():
        return []
    inches = _font(style.weight).getlength(shown) / _MEASURED_AT * style.points / 72
    return textwrap.wrap(shown, max(_FEWEST_LETTERS, int(0.95 * width / inches * len(shown))))


def _drawable(text: str, weight: str) -> str:
    glyphs = _glyphs(weight)
    return "".join(letter if ord(letter) in glyphs else "\ufffd" for letter in text)


@cache
def _glyphs(weight: str) -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(get_font(_font_file(weight)).get_charmap())


@cache
def _font(weight: str) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(_font_file(weight), _MEASURED_AT)


def _font_file(weight: str) -> str:
    from matplotlib.font_manager import FontProperties, findfont

    return findfont(FontProperties(family=FONT, weight=weight))
