"""What a page draws of the chosen class, on a page with the viewer below it, and on one without a viewer alone."""

from collections.abc import Callable

import streamlit as st

from pages._ui.frame.page import errors_shown
from pages._ui.result.view import photo_of
from pages._ui.session.chosen import chosen_class, explicit_class, image_and_model_of, keep_chosen_class
from pages._ui.session.question import Question
from pages._ui.session.queue import queue_shown
from pages._ui.session.results import cam_for, forward_result
from pages._ui.viewer import PaneSet, chosen_look, hear_choice, told_choice
from pages._ui.viewer.panes import ALL_PANELS, Panel


def show_for_chosen_class(question: Question, draw: Callable[[int], None] | None) -> None:
    """Call `draw` with the index of the chosen class; again, alone, soon after another one is chosen.

    Once on a page. It is how a page learns of a choice that was made just before it was opened.
    """
    redraw_for_chosen_class(question, draw and (lambda: draw(chosen_class(question))))


@st.fragment(key="for_chosen_class")
def redraw_for_chosen_class(question: Question, draw: Callable[[], None] | None) -> None:
    """The same for what does not begin with the class: nothing is computed to find out which is the likeliest."""
    hear_choice(_keep_choice, (image_and_model_of(question), explicit_class(question)))
    if draw:
        with errors_shown(), queue_shown():
            draw()


def pane_set(question: Question, class_index: int, *, title: str, panels: tuple[Panel, ...] = ALL_PANELS) -> PaneSet:
    """The image of a question under its map of a class, in the chosen look, for `show_panes`.

    Raises:
        HeatproofError: if there is no answer to the question.
    """
    image = question.picture
    return PaneSet(
        photo=photo_of(image),
        size=image.size,
        cam=cam_for(question, class_index),
        title=title,
        look=chosen_look(),
        panels=panels,
        alt=f"The image {image.name}".strip(),
        unit=forward_result(question).unit,
    )


def _keep_choice() -> None:
    told = told_choice()
    if told:
        keep_chosen_class(*told)
