"""Radio groups whose options are cards: small pictures of pictures, and which card was chosen."""

import base64
import io
from collections.abc import Iterable
from urllib.parse import quote

import streamlit as st
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


def mark(key: str, offered: list[str], current: str) -> None:
    """Before a group of cards is drawn: what it offers, and which of that is on screen, if any."""
    chosen = current if current in offered else None
    st.session_state[key] = st.session_state[f"{key}_drawn"] = chosen
    st.session_state[f"{key}_offered"] = offered


def card_at(key: str, place: int) -> str | None:
    """The address that a card of a group stands for, as it was drawn last."""
    offered = st.session_state.get(f"{key}_offered", [])
    return offered[place] if 0 <= place < len(offered) else None


def changed(key: str) -> str | None:
    """What a group says was chosen in it since it was drawn; a browser may say that too late."""
    chosen = st.session_state.get(key)
    return chosen if chosen and chosen != st.session_state.get(f"{key}_drawn") else None
