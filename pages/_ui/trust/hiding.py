"""What hiding costs, as a picture beside the heatmap: one sweep, laid over the image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.result.for_chosen_class import pane_set
from pages._ui.session.question import Question
from pages._ui.viewer import show_panes

if TYPE_CHECKING:
    from gradcam_core.trust.sweep import Sweep

_EXPLAINED = (
    "First what the heatmap marks, then what the network loses: for each place, how much more the class falls when a "
    "part that covers it is hidden than on average. The second map owes nothing to any method; it is blurred, since "
    "each part covers a fifth of the image."
)


def show_hiding(question: Question, sweep: Sweep, class_index: int) -> None:
    """The heatmap beside the mean fall of the class where parts were hidden."""
    from gradcam_core.trust.fall_map import UNIT, fall_map

    st.markdown("## What hiding costs")
    st.caption(_EXPLAINED)
    marked = pane_set(question, class_index, title="What the heatmap marks", panels=("overlay",))
    costs = replace(marked, cam=fall_map(sweep, marked.cam), title="What hiding costs", unit=UNIT)
    with st.container(key="hiding"):
        show_panes([marked, costs], key="hiding_panes")
