"""Small pictures of pictures, and how they come onto the cards of a radio group."""

import base64
import io
from collections.abc import Iterable
from urllib.parse import quote

from PIL import Image, ImageOps

_SIDE = 120  # twice what a card shows, for fine screens
_ELSEWHERE = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 60">
<rect width="60" height="60" fill="#cbbfd6"/>
<path d="M0 60 20 34l12 14 10-10 18 22z" fill="#93203f" fill-opacity=".55"/>
<circle cx="43" cy="17" r="6" fill="#ff9f5a"/>
<path d="M22 9v15m-6-6 6 6 6-6" fill="none" stroke="#17111f" stroke-width="3" stroke-linecap="round"
stroke-linejoin="round"/></svg>"""
ELSEWHERE = f"data:image/svg+xml,{quote(_ELSEWHERE)}"
"""The drawing that stands for a picture that has yet to be fetched."""


def thumbnail_of(picture: Image.Image) -> str:
    """The middle of a picture as a small square JPEG, in a data URL."""
    square = ImageOps.fit(picture.convert("RGB"), (_SIDE, _SIDE), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    square.save(buffer, format="JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode()


def cards_css(key: str, thumbnails: Iterable[str]) -> str:
    """Pictures behind the labels of a real radio group: arrows and screen readers work as ever."""
    rules = (
        f'.st-key-{key} [role=radiogroup] > div:nth-child({place}) {{ --thumbnail: url("{thumbnail}"); }}'
        for place, thumbnail in enumerate(thumbnails, start=1)
    )
    return f"<style>{' '.join(rules)}</style>"
