"""A picker of a parameter that belongs to one page alone and stands in that page's address."""

from collections.abc import Mapping

import streamlit as st

from pages._ui.frame.registry import page_entry
from pages._ui.session import page_state


def pick_own(name: str, label: str, titles: Mapping[str, str], default: str) -> str:
    """Draw it, and return what is chosen.

    Args:
        name: in the address; one of the page's `parameters` in the registry.
        label: of the picker.
        titles: what can be chosen, by the word that stands for it in the address.

    Raises:
        ValueError: if the page has no such parameter: it would stand in every page's address.
    """
    slug = page_state.current_page()
    if name not in page_entry(slug).parameters:
        raise ValueError(f"{name} is no parameter of the page {slug}: frame/registry.py names them.")
    choice = page_state.restore(name, titles, default)
    act = page_state.mark_user_action
    st.selectbox(
        label, list(titles), list(titles).index(choice), key=name, format_func=lambda one: titles[one], on_change=act
    )
    return choice
