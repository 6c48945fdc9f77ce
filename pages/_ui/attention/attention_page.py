"""The page Attention: the element that draws it, and the answers to what that asks for."""

from __future__ import annotations

import streamlit as st

from pages._ui.attention.class_maps import show_class_maps
from pages._ui.attention.depth_element import show_depth
from pages._ui.attention.element import show_attention_element, show_parts_element, wanted_part
from pages._ui.attention.message import attention_message, view_id
from pages._ui.attention.parts import part_message
from pages._ui.attention.reading import attention_reading
from pages._ui.attention.take_away import offered_formats, serve_files
from pages._ui.result.for_chosen_class import redraw_for_chosen_class
from pages._ui.session import page_state
from pages._ui.session.question import Question
from pages._ui.session.queue import queue_shown
from pages._ui.viewer import chosen_look

_TRANSFORMER = "tinyvit"


def show_attention(question: Question) -> None:
    """What each patch looks at."""
    redraw_for_chosen_class(question, lambda: _draw(question))


def _draw(question: Question) -> None:
    reading = attention_reading(question)
    message = attention_message(question, reading, chosen_look(), offered_formats())
    if not reading.blocks:
        _offer_transformer()
    with st.container(key="explained"):  # its style marks a former result while the next one is computed
        show_attention_element(message)
    _answer(question)
    serve_files(question)
    if reading.blocks:
        show_depth(question)
        show_class_maps(question)


def _offer_transformer() -> None:
    """The next step where a network has no attention."""
    if st.button("Show TinyViT, a vision transformer that comes along", key="show_transformer"):
        page_state.choose("model", _TRANSFORMER)
        st.rerun()  # the whole page: this is a fragment of it


@st.fragment(key="attention_part")
def _answer(question: Question) -> None:
    wanted = wanted_part()
    is_of_this = wanted is not None and wanted.view == view_id(question)
    with queue_shown():
        show_parts_element(part_message(question, wanted) if wanted is not None and is_of_this else None)
