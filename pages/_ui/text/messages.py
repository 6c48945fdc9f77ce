"""Sentences for a visitor, said where they belong; a sidebar that is closed has them repeated above the result."""

import threading

import streamlit as st

_run = threading.local()  # one run of the script is one thread


def forget_messages() -> None:
    """The beginning of a run: nothing has been said yet."""
    _run.said = []


def say_error(text: str) -> None:
    """Something was refused or failed: markdown, one sentence and what to do next."""
    st.error(text)
    _said().append(("error", text))


def say_warning(text: str) -> None:
    """Something is not as it was asked for: markdown."""
    st.warning(text)
    _said().append(("warning", text))


def repeat_messages() -> None:
    """All that was said in this run once more, for the place that style.css shows while the sidebar is closed."""
    for kind, text in _said():
        (st.error if kind == "error" else st.warning)(text)


def _said() -> list[tuple[str, str]]:
    if not hasattr(_run, "said"):
        _run.said = []
    said: list[tuple[str, str]] = _run.said
    return said
