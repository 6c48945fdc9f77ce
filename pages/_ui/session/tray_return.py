"""How does a tray come back after a reload? The browser is asked once a session which token its tab has kept.

The question has a name of its own: a page that outlived its session still has its answer to the former one. A run
whose image may lie in that tray waits for the answer, which begins another run; else nobody waits.
"""

from __future__ import annotations

import secrets
import time
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gradcam_core.samples import SAMPLES
from pages._ui.session import page_state
from pages._ui.session.queue import yield_to_newer_run
from pages._ui.session.tray import take_over, tray, tray_token

_KEY, _QUESTION, _DEADLINE, _IS_OVER = "tray_told", "tray_question", "tray_deadline", "tray_answered"
_PATIENCE = 3.0  # seconds: a browser answers at once, also that it has kept nothing
_LOOK_EVERY = 0.02
_LONGEST = 100  # letters of a token
_ELEMENT = st.components.v2.component(
    "heatproof_tray", html="<span></span>", js=Path(__file__).with_name("tray_return.js").read_text(encoding="utf-8")
)


def bring_back_tray(place: DeltaGenerator) -> None:
    """The beginning of a run: take over the tray that the browser names, or wait for that where the image needs it.

    Args:
        place: where the element stands that asks the browser.
    """
    if _DEADLINE not in st.session_state:
        st.session_state[_QUESTION] = secrets.token_hex(8)
        st.session_state[_DEADLINE] = time.monotonic() + _PATIENCE
    if st.session_state.get(_IS_OVER):
        return
    token = _answer()
    if token is not None:
        take_over(token)
        st.session_state[_IS_OVER] = True  # only now: a run that is cut off before has taken nothing over
    elif _needs_tray():
        _wait(place)


def ask_for_tray(place: DeltaGenerator, *, is_awaited: bool = False) -> None:
    """The end of a run: ask the browser for the token it has kept, and tell it the one to keep from now on."""
    question = "" if st.session_state.get(_IS_OVER) else st.session_state[_QUESTION]
    with place:
        _ELEMENT(
            key=_KEY,
            data={"question": question, "isAwaited": is_awaited, "token": tray_token()},
            on_answer_change=lambda: None,
        )


def _answer() -> str | None:
    """The token that the browser has kept, which may be empty; None where it has not answered this session."""
    told = st.session_state.get(_KEY, {}).get("answer")
    answer: dict[str, Any] = dict(told) if isinstance(told, dict) else {}
    token = answer.get("token")
    if answer.get("question") != st.session_state[_QUESTION]:
        return None
    return token if isinstance(token, str) and len(token) <= _LONGEST else ""


def _needs_tray() -> bool:
    """Whether the address newly names an image that is not on this machine."""
    address = page_state.chosen("image") if page_state.is_unread("image") else None
    is_local = address is None or address in tray() or (address in SAMPLES and SAMPLES[address].kind != "link")
    return not is_local


def _wait(place: DeltaGenerator) -> None:
    """Until the answer cuts this run off; where none comes, begin another that does without."""
    if time.monotonic() >= st.session_state[_DEADLINE]:
        return
    ask_for_tray(place, is_awaited=True)
    for somewhere in (st.sidebar, st.container()):
        for height in (64, 64, 64):
            somewhere.skeleton(height=height)
    while time.monotonic() < st.session_state[_DEADLINE]:
        yield_to_newer_run()
        time.sleep(_LOOK_EVERY)
    st.rerun()
