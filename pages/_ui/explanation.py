"""The answer: predictions to choose from, and what raised the chosen one's score. Everything here is one fragment."""

import streamlit as st

from gradcam_core.methods import get_method
from pages._ui.cache import Answer, answer, reading
from pages._ui.frame import errors_shown
from pages._ui.panels import pick_look, prepare_panels, show_colour_bar, show_panels
from pages._ui.photo_hint import show_photo_hint
from pages._ui.pictures import Look
from pages._ui.predictions import chosen_class, pick_class
from pages._ui.question import Question
from pages._ui.words import caption, literal, notes, sentence


def show_explanation(question: Question) -> None:
    """Predictions, panels and words for one question; a click in it reruns it alone."""
    show_photo_hint(question)
    _explanation(question)


@st.fragment(key="explanation")
def _explanation(question: Question) -> None:
    with errors_shown():
        with st.skeleton(height=420):
            top = reading(question).top
            asked = answer(question, chosen_class(question, top))
            prepare_panels(question, asked.cam)
        pick_class(question, top, asked.cam.prediction)
        panels = st.container(key="panels")
        with st.container(key="below", horizontal=True, vertical_alignment="top", gap="medium"):
            words = st.container(key="words", gap="xsmall", width="stretch")
            with st.container(key="look", horizontal=True, width="content", vertical_alignment="top", gap="medium"):
                look = pick_look()
        with panels:
            show_panels(question, asked.cam, look)
        with words:
            _say(question, asked, look)


def _say(question: Question, asked: Answer, look: Look) -> None:
    """The sentence, the exact caption, the notes and the colour bar."""
    depends_on_class = get_method(question.method).depends_on_class
    st.markdown(literal(sentence(asked.cam, depends_on_class=depends_on_class)))
    show_colour_bar(asked, look)
    st.caption(literal(caption(asked.cam, question.model.weights_sha256)))
    for note in notes(asked.cam, question.picture.image):
        st.caption(literal(note))
