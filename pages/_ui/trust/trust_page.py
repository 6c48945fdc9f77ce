"""The page Trust: the card, and the evidence behind it, part by part."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from gradcam_core.methods import METHODS
from gradcam_core.sentences import rounded_percent, short_label
from pages._ui.result.for_chosen_class import show_for_chosen_class
from pages._ui.session import checks
from pages._ui.session.question import Question
from pages._ui.session.results import cam_for
from pages._ui.text.sentences import escape_markdown
from pages._ui.trust.card import draw_card
from pages._ui.trust.curves import show_measures
from pages._ui.trust.destroyed import show_destroyed
from pages._ui.trust.hiding import show_hiding
from pages._ui.trust.known_truth import show_known_truth
from pages._ui.trust.league import show_league
from pages._ui.trust.tray_check import show_tray_check


def show_trust(question: Question) -> None:
    """Does the heatmap of the chosen class deserve belief? The verdict, and what it rests on."""
    is_asked = checks.hear_check(question)
    show_for_chosen_class(question, _drawing(question, is_asked=is_asked))


def _drawing(question: Question, *, is_asked: bool) -> Callable[[int], None]:
    def draw(class_index: int) -> None:
        _show_opening(question, class_index)
        draw_card(question, class_index, is_asked=is_asked)
        sweep = checks.kept_sweep(question) if is_asked else None
        if sweep is not None and sweep.is_large_enough:
            show_hiding(question, sweep, class_index)
            show_measures(question, sweep, class_index)
            show_destroyed(question, class_index)
            show_league(question, sweep, class_index)
        show_tray_check(question)
        show_known_truth(question)

    return draw


def _show_opening(question: Question, class_index: int) -> None:
    prediction = cam_for(question, class_index).prediction
    label, sure = short_label(prediction.label), rounded_percent(prediction.probability)
    st.markdown(f"# Does the heatmap of {escape_markdown(label)} ({sure}) deserve belief?")
    method = METHODS[question.method]
    layer = f"layer {question.layer} · " if method.depends_on_layer else ""
    where = f"{question.picture.name or 'The image'} · {question.model.spec.title} · {layer}{method.title}"
    st.caption(escape_markdown(f"{where}. Another class is chosen on Explore."))
