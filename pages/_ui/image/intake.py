"""What is pasted, dropped or clicked anywhere on the page: an element without a body that listens to the document.

Of the cards of pictures only the browser knows which was clicked last: there are two groups of them, and of clicks
that come fast Streamlit hands on what each group shows now, without an order.
"""

import base64
import binascii
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from gradcam_core.config import settings
from gradcam_core.decoding.incoming import IncomingFile
from pages._ui.session import page_state
from pages._ui.session.tray import MOST_BYTES, MOST_PICTURES

_KEY, _TAKEN = "intake_told", "intake_taken"
_ELEMENT = st.components.v2.component(
    "heatproof_intake", html="<span></span>", js=Path(__file__).with_name("intake.js").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class DroppedFiles:
    """What was pasted or dropped.

    Attributes:
        large: names of files over the limit, which were not sent; `unreadable`: of folders, and files that are gone.
        left_out: how many there was no room for.
        address: one that was pasted.
        number: of this act; what a person did later has a higher one.
    """

    files: tuple[IncomingFile, ...] = ()
    large: tuple[str, ...] = ()
    unreadable: tuple[str, ...] = ()
    left_out: int = 0
    address: str = ""
    number: int = 0


@dataclass(frozen=True)
class Click:
    """The last click on a card: the group's key, the card's place in it, counted from 0, and the act's number."""

    group: str = ""
    place: int = 0
    number: int = 0


def received() -> tuple[list[DroppedFiles], Click]:
    """What was pasted or dropped and is not yet taken, and the last card that was clicked ever."""
    told = st.session_state.get(_KEY, {})
    return [unpacked(sent) for sent in _new(told.get("drops"))[:MOST_PICTURES]], understood(told.get("click"))


def listen() -> None:
    """Mount the listener, and tell it what has been taken: it says everything again and again until it hears that."""
    told = {
        "each": settings().max_file_bytes,
        "together": MOST_BYTES,
        "most": MOST_PICTURES,
        "taken": st.session_state.get(_TAKEN, 0),
    }
    _ELEMENT(key=_KEY, data=told, on_drops_change=_hear_drops, on_click_change=lambda: None)


@contextmanager
def taking(drop: DroppedFiles) -> Iterator[None]:
    """Whatever comes of a drop, it is over; but a run that is cut off by the next one leaves it to that."""
    try:
        yield
    except Exception:
        _take(drop)
        raise
    _take(drop)  # what cuts a run off is no Exception


def unpacked(sent: Any) -> DroppedFiles:
    """The drop as a browser sent it; what is not as our own script sends it is left out."""
    if not isinstance(sent, dict):
        return DroppedFiles()
    files, unreadable = [], _names(sent, "unreadable")
    for item in _list(sent, "files")[:MOST_PICTURES]:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            continue
        data = _decoded(item.get("base64"))
        files += [IncomingFile(item["name"], data)] if data is not None else []
        unreadable += [item["name"]] if data is None else []
    address = sent.get("address")
    return DroppedFiles(
        tuple(files),
        tuple(_names(sent, "large")),
        tuple(unreadable[:MOST_PICTURES]),
        _count(sent, "leftOut"),
        address.strip() if isinstance(address, str) else "",
        _count(sent, "number"),
    )


def understood(sent: Any) -> Click:
    """The click as a browser sent it; none where it is not as our own script sends it."""
    if not isinstance(sent, dict) or not isinstance(sent.get("group"), str):
        return Click()
    return Click(sent["group"], _count(sent, "place"), _count(sent, "number"))


def _hear_drops() -> None:
    """To bring something is an act; that the listener lets go of what was taken is none."""
    if _new(st.session_state[_KEY].get("drops")):
        page_state.mark_user_action()


def _new(sent: Any) -> list[Any]:
    """Of what a browser still says, that which has not been taken."""
    drops = [one for one in sent if isinstance(one, dict)] if isinstance(sent, list) else []
    return [one for one in drops if _count(one, "number") > st.session_state.get(_TAKEN, 0)]


def _take(drop: DroppedFiles) -> None:
    st.session_state[_TAKEN] = max(drop.number, st.session_state.get(_TAKEN, 0))


def _list(sent: dict[str, Any], name: str) -> list[Any]:
    value = sent.get(name)
    return value if isinstance(value, list) else []


def _names(sent: dict[str, Any], name: str) -> list[str]:
    return [one for one in _list(sent, name)[:MOST_PICTURES] if isinstance(one, str)]


def _count(sent: dict[str, Any], name: str) -> int:
    """A whole number from 0, which JSON may bring as 3.0."""
    value = sent.get(name)
    return int(value) if isinstance(value, int | float) and 0 <= value < 2**53 else 0


def _decoded(text: Any) -> bytes | None:
    """The bytes, or None where they are no base64 or more than a file may have."""
    if not isinstance(text, str) or len(text) > 4 * (settings().max_file_bytes + 2) // 3 + 4:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
