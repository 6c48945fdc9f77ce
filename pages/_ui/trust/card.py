"""The Trust card below the panels: does this heatmap deserve belief? Asked once for an image and a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.sentences import no_class_sentence
from pages._ui.frame.page import show_error
from pages._ui.frame.registry import foreign_parameters, page_at
from pages._ui.result.view import digest
from pages._ui.session import checks, page_state
from pages._ui.session.jobs import show_job
from pages._ui.session.question import Question
from pages._ui.session.results import cam_for, forward_result
from pages._ui.trust.card_element import Card, show_card_element, tell_cards
from pages._ui.trust.cards import provisional_card, verdict_card

if TYPE_CHECKING:
    from gradcam_core.trust.sweep import Sweep

_ASK = "Check this heatmap"
_OFFER = (
    "Does it deserve belief? Parts of the image are hidden, and the network is asked again: does it lose the class "
    "where the heatmap says that it looks?"
)


def trust_card(question: Question) -> Callable[[int], None]:
    """What draws the card of a class, for `show_explanation`; before it, the address is heard about a check."""
    is_asked = checks.hear_check(question)
    return lambda class_index: draw_card(question, class_index, is_asked=is_asked)


def draw_card(question: Question, class_index: int, *, is_asked: bool) -> None:
    """The card of a class, or the button that asks for it, or the bar meanwhile."""
    with st.container(key="trust", gap=None):
        sweep = checks.kept_sweep(question)
        if sweep is not None and is_asked:
            _show_cards(question, sweep, class_index)
        else:
            _wait_or_offer(question, is_asked=is_asked)


def _wait_or_offer(question: Question, *, is_asked: bool) -> None:
    """The job that runs; else the button, with what went wrong before."""
    job = checks.start_sweep(question) if is_asked and checks.is_to_begin(question) else checks.sweep_job(question)
    if job is not None and job.is_running:
        show_job(job, place="check")
        return
    if job is not None and job.error is not None:
        show_error(job.error, act=str(id(job)))
    with st.container(key="trust_offer", horizontal=True, vertical_alignment="center", gap="medium"):
        if st.button(_ASK, key="check_heatmap", type="primary", on_click=checks.ask_for_check, args=(question,)):
            st.rerun()
        st.caption(_OFFER)


def _show_cards(question: Question, sweep: Sweep, class_index: int) -> None:
    """At once what needs no network for the class on screen; then its verdict; then the other classes' likewise."""
    view, labels = digest(question), question.model.labels
    known = checks.judgement_if_known(question, class_index)
    first = verdict_card(known, labels[class_index]) if known else _provisional(question, sweep, class_index)
    show_card_element(view, class_index, {class_index: first}, awaited="Looking up what the hidden parts say.")
    judged = known or checks.judgement_of(question, sweep, class_index)
    tell_cards(view, {class_index: verdict_card(judged, labels[class_index])}, key="verdict")
    _show_link()
    tell_cards(view, dict(_of_others(question, sweep, class_index)), key="others")


def _show_link() -> None:
    """To the page with the evidence, where this is another one."""
    if page_state.current_page() != "trust":
        view = page_state.parameters_on(foreign_parameters("trust"))
        with st.container(key="trust_more"):
            st.page_link(
                page_at("trust"), label="What it rests on: curves, other methods, more images", query_params=view
            )


def _of_others(question: Question, sweep: Sweep, class_index: int) -> Iterator[tuple[int, Card]]:
    """The cards of the classes whose maps are in the browser, so that one is there when it is clicked."""
    for index in forward_result(question).cams:
        if index != class_index:
            judged = checks.judgement_if_known(question, index)
            label = question.model.labels[index]
            yield index, verdict_card(judged, label) if judged else _provisional(question, sweep, index)


def _provisional(question: Question, sweep: Sweep, class_index: int) -> Card:
    numbers, cam = checks.numbers_of(question, sweep, class_index), cam_for(question, class_index)
    return provisional_card(numbers, checks.SEED, no_class_sentence(cam))
