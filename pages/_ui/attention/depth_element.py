"""The table and the chart of all blocks below the stage, drawn by the browser."""

from pathlib import Path

import streamlit as st

from pages._ui.attention.depth_message import depth_message
from pages._ui.attention.message import view_id
from pages._ui.attention.near import is_near
from pages._ui.frame.page import errors_shown
from pages._ui.session.question import Question
from pages._ui.session.queue import queue_shown
from pages._ui.viewer.scripts import script, style

_HERE = Path(__file__).parent / "below"


@st.fragment(key="attention_depth")
def show_depth(question: Question) -> None:
    """What is read off after each block, and how each head attends; computed once somebody comes near it."""
    if not is_near(view_id(question), key="attention_depth_near", words="Reading each block."):
        return
    with errors_shown():
        with queue_shown():
            message = depth_message(question)
        _ELEMENT(key="attention_depth_element", data=message)


_ELEMENT = st.components.v2.component(
    "heatproof_attention_depth",
    html='<div class="depth"></div>',
    css=style((_HERE / "depth",)),
    js=script(("drawing/dom", *(_HERE / name for name in ("lens", "chart", "dots", "depth")))),
)
