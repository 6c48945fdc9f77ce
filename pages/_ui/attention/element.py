"""The elements of the page: the one that draws, and the one that parts come through.

Two, so that an answer leaves the first one as it is. What the browser asks for is a value that Streamlit keeps: a lost
run repeats it, and so does the browser until an answer comes.
"""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from pages._ui.viewer.files import served_module
from pages._ui.viewer.scripts import DRAWING_SCRIPT, TAKE_AWAY_SCRIPT, script

_HERE = Path(__file__).parent / "script"
_PARTS = "attention_parts"  # the key
_SCRIPTS = (
    "state",
    "numbers",
    "cells",
    "choices",
    "features",
    "sinks",
    "address",
    "asking",
    "stage",
    "words",
    "beside",
    "filmstrip",
    "controls",
    "presenting",
    "take_away",
    "main",
)
_STYLES = ("attention", "filmstrip", "take_away")


@dataclass(frozen=True)
class Wanted:
    """A part that the browser asks for: `view` says of which message, `tries` how often it was asked for."""

    view: str
    name: str
    tries: int


def show_attention_element(message: bytes) -> None:
    """Draw the page with this message (message.py)."""
    _ELEMENT(key="attention", data=message)


def wanted_part() -> Wanted | None:
    """The part that was asked for last."""
    told = st.session_state.get(_PARTS, {}).get("wanted")
    if not isinstance(told, dict):
        return None
    view, name, tries = told.get("view"), told.get("name"), told.get("try")
    if not isinstance(view, str) or not isinstance(name, str) or type(tries) is not int:
        return None
    return Wanted(view, name, tries)


def show_parts_element(message: bytes | None) -> None:
    """Where a part arrives, and where it is asked for: then the fragment round this is rerun."""
    _PARTS_ELEMENT(key=_PARTS, data=message, on_wanted_change=lambda: None)


_ELEMENT = st.components.v2.component(
    "heatproof_attention",
    html='<div class="hp attention"></div>',
    js=served_module(
        (*DRAWING_SCRIPT, "page/focus", "page/about", *TAKE_AWAY_SCRIPT, *(_HERE / name for name in _SCRIPTS)),
        ("drawing/drawing", "controls/controls", "controls/copying", *(_HERE / name for name in _STYLES)),
    ),
)
_PARTS_ELEMENT = st.components.v2.component("heatproof_attention_parts", js=script((_HERE / "parts_element",)))
