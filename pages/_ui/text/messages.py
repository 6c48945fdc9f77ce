"""Sentences for a visitor, said where they belong, each of which can be dismissed.

What the sidebar says is repeated above the result while the sidebar is closed. What was dismissed stays away while it
would be said in every run; once it was not, or something new was tried, it is said again.
"""

import hashlib
import re
import threading
from collections.abc import Callable

import streamlit as st

_DISMISSED = "messages_dismissed"  # by `_key`
_NUMBER = re.compile(r"\berror [0-9a-f]{8}\b")  # of a log's entry: each run writes a new one
_run = threading.local()  # one run of the script is one thread


def forget_messages() -> None:
    """The beginning of a run: nothing has been said yet."""
    _run.said, _run.keys = [], set()


def say_error(text: str) -> None:
    """Something was refused or failed: markdown, one sentence and what to do next."""
    _say("error", text)


def say_warning(text: str) -> None:
    """Something is not as it was asked for: markdown."""
    _say("warning", text)


def show_error_here(text: str, *, act: str = "") -> None:
    """The same of something in the page itself, which needs no repetition.

    Args:
        act: names what was tried, so that the same refusal of another try is seen.
    """
    _draw("error", text, _key("error", text, act))


def show_warning_here(text: str) -> None:
    """As `show_error_here`."""
    _draw("warning", text, _key("warning", text))


def repeat_messages() -> None:
    """The end of a run: all that was said once more, for the place that style.css shows while the sidebar is closed."""
    _dismissed().intersection_update(_keys())
    for kind, text in _said():
        _draw(kind, text, _key(kind, text), place="above")


def say_again() -> None:
    """Something new is tried: whatever is then refused is said, though the same was dismissed before."""
    _dismissed().clear()


def is_dismissed(kind: str, text: str) -> bool:
    """Whether the visitor has put this message away."""
    return _key(kind, text) in _dismissed()


def _say(kind: str, text: str) -> None:
    if (kind, text) not in _said():
        _said().append((kind, text))
        _draw(kind, text, _key(kind, text))


def _draw(kind: str, text: str, key: str, *, place: str = "here") -> None:
    _keys().add(key)
    if key in _dismissed():
        return
    shows: dict[str, Callable[[str], object]] = {"error": st.error, "warning": st.warning}
    with st.container(key=f"message_{place}_{key}", gap=None):
        shows[kind](text)
        st.button(
            "Dismiss",
            key=f"dismiss_{place}_{key}",
            icon=":material/close:",
            type="tertiary",
            on_click=_dismiss,
            args=(key,),
        )


def _dismiss(key: str) -> None:
    _dismissed().add(key)


def _key(kind: str, text: str, act: str = "") -> str:
    words = "\n".join((kind, _NUMBER.sub("", text), act))
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:12]


def _dismissed() -> set[str]:
    dismissed: set[str] = st.session_state.setdefault(_DISMISSED, set())
    return dismissed


def _said() -> list[tuple[str, str]]:
    if not hasattr(_run, "said"):
        forget_messages()
    said: list[tuple[str, str]] = _run.said
    return said


def _keys() -> set[str]:
    _said()
    keys: set[str] = _run.keys
    return keys
