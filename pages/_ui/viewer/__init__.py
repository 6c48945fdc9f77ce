"""The viewer: predictions, panels, tools and words of one result in one element, drawn by the browser.

A click on a class, the opacity, the threshold: nothing of it asks the server. The browser asks for two things only,
the map of a class that did not come along and a file to take away; both arrive as state, which a lost run repeats.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages._ui.session import address as link

_HERE = Path(__file__).parent
_SCRIPTS = (  # one module: each file is one subject, and they see each other's functions
    "dom",
    "payload",
    "paint",
    "stage",
    "probe",
    "classes",
    "search",
    "look",
    "address",
    "words",
    "takeaway",
    "presenting",
    "main",
)
_KEY = "viewer"


@dataclass(frozen=True)
class Request:
    """A file that the browser asks for: `token` tells one request from the next."""

    token: str
    what: str
    class_index: int
    look: dict[str, Any]
    view: str


def show_viewer(message: bytes) -> None:
    """Draw the viewer with this message (payload.pack)."""
    _ELEMENT(key=_KEY, data=message, on_asked_change=link.acted, on_wanted_change=link.acted)


def asked_class(owner: tuple[str, str]) -> int | None:
    """The class outside the list whose map the browser asked for, if it belongs to this image and model."""
    asked = _state("asked")
    index = asked.get("index")
    return index if asked.get("owner") == list(owner) and type(index) is int else None


def wanted_file() -> Request | None:
    """The file that the browser asks for, if any; it stays asked for until another one is."""
    wanted = _state("wanted")
    token, what, view = (wanted.get(name) for name in ("token", "what", "view"))
    index, look = wanted.get("index"), wanted.get("look")
    if not all(isinstance(text, str) for text in (token, what, view)):
        return None
    if type(index) is not int or not isinstance(look, dict):
        return None
    return Request(str(token), str(what), index, look, str(view))


def _state(name: str) -> dict[str, Any]:
    """A value that the browser has set: anything may stand in it."""
    value = st.session_state.get(_KEY, {}).get(name)
    return dict(value) if isinstance(value, dict) else {}


def _script() -> str:
    """The module's text without indentation and comments, for it travels with every message."""
    text = "\n".join((_HERE / f"{name}.js").read_text(encoding="utf-8") for name in _SCRIPTS)
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _style() -> str:
    text = "\n".join((_HERE / f"{name}.css").read_text(encoding="utf-8") for name in ("viewer", "presenting"))
    return re.sub(r"\s*\n\s*", "\n", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)).strip()


_ELEMENT = st.components.v2.component("heatproof_viewer", html='<div class="hp"></div>', css=_style(), js=_script())
