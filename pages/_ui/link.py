"""The choices in the address, by slug, so that every view is a link and Back goes back.

Streamlit's own binding writes what a picker shows, not what it means, and never lets Back return. So what has a
title is written here, and only after a person's act.
"""

from collections.abc import Collection

import streamlit as st

_SEEN = "link_seen"  # what the address said when it was last looked at


def peek(name: str) -> str | None:
    """What the address says about a parameter, if that is news; it stays news."""
    seen = st.session_state.get(_SEEN, {})
    told = st.query_params.get(name)
    return None if name in seen and seen[name] == told else told


def news(name: str) -> bool:
    """Whether the address says something else about a parameter than when this was last asked; true at first."""
    seen = st.session_state.setdefault(_SEEN, {})
    told = st.query_params.get(name)
    if name in seen and seen[name] == told:
        return False
    seen[name] = told
    return True


def write(name: str, value: str | None) -> None:
    """Put a choice into the address; None takes it out."""
    if value is not None:
        st.query_params[name] = value
    elif name in st.query_params:
        del st.query_params[name]
    st.session_state.setdefault(_SEEN, {})[name] = value


def restore(name: str, options: Collection[str], default: str) -> None:
    """Before the picker `name` is drawn: what the address newly says, else its own choice while that exists."""
    if news(name):
        st.session_state[name] = st.query_params.get(name)
    if st.session_state.get(name) not in options:
        st.session_state[name] = default
        write(name, None)


def written(name: str, default: str) -> None:
    """A picker's callback: its new choice into the address; the default needs no words."""
    choice = st.session_state[name]
    write(name, None if choice == default else choice)
