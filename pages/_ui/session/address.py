"""The choices in the address, by slug, so that every view is a link and Back goes back.

Streamlit's own binding writes what a picker shows, not what it means, and never lets Back return. So what has a
title is written here, after a person's act, and all that one run wants to say becomes one entry of the browser's
history: `flush` writes it at the run's end. The class and the look belong to the viewer, which writes them itself.

A browser that is clicked fast still sends the address it had before the last answer, and of what a run writes that is
cut off something may never reach it. So the address is heard at a visit's beginning and when the browser goes back or
forward, and never else; then it alone counts, for the browser still sends the choices it had before.
"""

from collections.abc import Collection, Mapping

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages._ui.text.messages import say_warning
from pages._ui.text.sentences import literal

_SEEN = "link_seen"  # what the address said when it was last looked at, or is to say from the end of this run on
_ACT = "link_act"  # whether an act has not been written yet: the run that it began may be cut off
_CLASS, _OWNERS = "class", ("image", "model")  # the browser's own, and what it belongs to


def acted() -> None:
    """A person did something: the callback of every widget, for the address is written after an act alone.

    A browser that goes back still sends the choices it had before, which is none.
    """
    if not is_travel():
        st.session_state[_ACT] = True


def has_act() -> bool:
    """Whether a person did something that the address does not say yet."""
    return bool(st.session_state.get(_ACT))


def is_travel() -> bool:
    """Whether the browser went back or forward to come to this run."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def news(name: str) -> bool:
    """Whether the address is to be heard about a parameter: at first, until it was, and after Back and Forward."""
    return is_travel() or name not in _seen()


def peek(name: str) -> str | None:
    """What the address newly says about a parameter, if anything; it stays news."""
    return st.query_params.get(name) if news(name) else None


def hear(name: str) -> None:
    """What the address says about a parameter is no news from now on."""
    _seen()[name] = st.query_params.get(name)


def write(name: str, value: str | None) -> None:
    """Put a choice into the address; None takes it out."""
    _seen()[name] = value


def show(shown: Mapping[str, str]) -> None:
    """Put all choices of a view into the address, for it is the one that is on screen, whatever the pickers say."""
    for name in _ours():
        write(name, shown.get(name))


def flush() -> None:
    """The end of a run: after an act, let the address say what was written, in one step of the browser's history.

    Without an act there is no step to make: what the address then says wrongly, the viewer puts right (`address`).
    """
    had_act = has_act()
    told = st.query_params.to_dict()
    wanted = {name: value for name, value in (told | _ours()).items() if value is not None}
    if any(wanted.get(name) != told.get(name) for name in _OWNERS):
        wanted.pop(_CLASS, None)
    if had_act and wanted != told:
        st.query_params.from_dict(wanted)
    st.session_state.pop(_ACT, None)


def address() -> dict[str, str]:
    """What the address is to say of the server's choices; what is usual has no words."""
    return {name: value for name, value in _ours().items() if value is not None}


def restore(name: str, options: Collection[str], default: str) -> None:
    """Before the picker `name` is drawn: what the address newly says, else its own choice while that exists.

    Whichever it is, the address is to say it; the default needs no words.
    """
    if news(name):
        told = st.query_params.get(name)
        st.session_state[name] = told
        if told is not None and told not in options:
            say_warning(literal(f"The link asks for {name} “{told[:60]}”, which is not there. This is {default}."))
    if st.session_state.get(name) not in options:
        st.session_state[name] = default
    choice = st.session_state[name]
    write(name, None if choice == default else choice)


def said(name: str) -> str | None:
    """What the address said, or was told to say, when it was last looked at."""
    return _seen().get(name)


def _ours() -> dict[str, str | None]:
    """What is written here: all but the class, which is the browser's."""
    return {name: value for name, value in _seen().items() if name != _CLASS}


def _seen() -> dict[str, str | None]:
    seen: dict[str, str | None] = st.session_state.setdefault(_SEEN, {})
    return seen
