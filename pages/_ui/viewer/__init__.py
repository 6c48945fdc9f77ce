"""The viewer: predictions, panels, tools and words of one result in one element, drawn by the browser.

A click on a class, the opacity, the threshold: nothing of it waits for the server. The browser asks for the map of a
class that did not come along, for a file to take away, and for another layer, method or preprocessing; and it tells
which class is chosen. All of it arrives as state, which a lost run repeats.

`show_panes` draws images and maps alone, as often as a page likes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from gradcam_core.rendering.render import Look
from pages._ui.session import page_state
from pages._ui.viewer.files import VIEWER_MODULE, ViewerFiles
from pages._ui.viewer.look import LOOK_PARAMETERS, look_in
from pages._ui.viewer.panes import PaneSet, show_panes
from pages._ui.viewer.scripts import CHANNEL_SCRIPT, script

__all__ = [
    "PaneSet",
    "Request",
    "ViewerFiles",
    "asked_class",
    "chosen_look",
    "hear_choice",
    "show_panes",
    "show_viewer",
    "told_choice",
    "wanted_choice",
    "wanted_file",
]
_CHOICES = ("layer", "method", "preprocessing")
_VIEWER, _CHANNEL = "viewer", "chosen_class_channel"  # the usual keys


@dataclass(frozen=True)
class Request:
    """A file that the browser asks for: `token` tells one request from the next, `tries` how often it was asked for."""

    token: str
    what: str
    class_index: int
    look: dict[str, Any]
    view: str
    tries: int = 1


@dataclass(frozen=True)
class Choice:
    """A layer, a method or a preprocessing, by its parameter's name: `token` tells one choice from the next."""

    token: str
    name: str
    value: str


def show_viewer(message: bytes, *, key: str = _VIEWER) -> None:
    """Draw the viewer with this message (payload.pack).

    Of several on a page the first has the page's keys, its address and the chosen class.
    """
    act = page_state.mark_user_action
    _ELEMENT(key=key, data=message, on_asked_change=act, on_wanted_change=act, on_choice_change=act)


def hear_choice(on_change: Callable[[], None], known: tuple[tuple[str, str], int | None]) -> None:
    """Let the browser tell which class is chosen, soon after it was drawn: then the fragment round this is rerun.

    It is an element of its own, with nothing to see, so that what follows a choice leaves the viewer as it is. On a
    page without a viewer it tells the look too, once, if that is newer than what the address said.

    Args:
        known: the image and the model that the page shows, and the class that it takes for the chosen one; another one
            that a person chose on the page before was lost on its way, and is told once more.
    """
    look = {name: st.query_params.get(name) for name in LOOK_PARAMETERS}
    _CHANNEL_ELEMENT(
        key=_CHANNEL,
        data={"look": look, "known": {"imageAndModel": known[0], "index": known[1]}},
        on_chosen_change=on_change,
    )


def chosen_look() -> Look:
    """How maps are drawn in this view, on a scale of their own: as the browser told, else as the address says."""
    told = _state(_CHANNEL, "chosen").get("look")
    return look_in(told if isinstance(told, dict) else st.query_params)


def told_choice() -> tuple[tuple[str, str], int] | None:
    """The class that the browser told last, and the image and the model that it belongs to."""
    told = _state(_CHANNEL, "chosen")
    image_and_model, index = told.get("imageAndModel"), told.get("index")
    if not (
        isinstance(image_and_model, list)
        and len(image_and_model) == 2
        and all(isinstance(name, str) for name in image_and_model)
    ):
        return None
    return ((image_and_model[0], image_and_model[1]), index) if type(index) is int else None


def asked_class(image_and_model: tuple[str, str], *, key: str = _VIEWER) -> int | None:
    """The class outside the list whose map the browser asked for, if it belongs to this image and model."""
    asked = _state(key, "asked")
    index = asked.get("index")
    return index if asked.get("imageAndModel") == list(image_and_model) and type(index) is int else None


def wanted_file(*, key: str = _VIEWER) -> Request | None:
    """The file that the browser asks for, if any; it stays asked for until another one is."""
    wanted = _state(key, "wanted")
    token, what, view = (wanted.get(name) for name in ("token", "what", "view"))
    index, look, tries = wanted.get("index"), wanted.get("look"), wanted.get("try", 1)
    if not all(isinstance(text, str) for text in (token, what, view)):
        return None
    if type(index) is not int or type(tries) is not int or not isinstance(look, dict):
        return None
    return Request(str(token), str(what), index, look, str(view), tries)


def wanted_choice(*, key: str = _VIEWER) -> Choice | None:
    """The choice of layer, method or preprocessing that a button beside the panels made last."""
    wanted = _state(key, "choice")
    token, name, value = (wanted.get(part) for part in ("token", "name", "value"))
    if not all(isinstance(text, str) for text in (token, name, value)) or name not in _CHOICES:
        return None
    return Choice(str(token), str(name), str(value))


def _state(key: str, name: str) -> dict[str, Any]:
    """A value that the browser has set: anything may stand in it."""
    value = st.session_state.get(key, {}).get(name)
    return dict(value) if isinstance(value, dict) else {}


_ELEMENT = st.components.v2.component("heatproof_viewer", html='<div class="hp"></div>', js=VIEWER_MODULE)
_CHANNEL_ELEMENT = st.components.v2.component("heatproof_chosen_class", js=script(CHANNEL_SCRIPT))
