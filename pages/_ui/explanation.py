"""The answer: the viewer with one result, and what can't be answered said above it. One fragment."""

import streamlit as st

from gradcam_core.errors import HeatproofError
from pages._ui import link
from pages._ui.frame import errors_shown, show_error
from pages._ui.photo_hint import show_photo_hint
from pages._ui.question import Question
from pages._ui.takeaway import Reply, reply_to
from pages._ui.view import address_owner, view_message
from pages._ui.viewer import asked_class, show_viewer, wanted_file
from pages._ui.words import literal

_GOOD, _SERVED, _LINKED = "question_answered", "file_served", "class_linked"


def show_explanation(question: Question) -> None:
    """Predictions, panels and words for one question; what they ask for reruns them alone."""
    hint = st.container()
    _explanation(question)
    with hint:
        show_photo_hint(question)


@st.fragment(key="explanation")
def _explanation(question: Question) -> None:
    with errors_shown():
        more = _classes_beside(question)
        with st.container(key="explained"):
            show_viewer(_message(question, more))
    link.flush()


def _message(question: Question, more: tuple[int, ...]) -> bytes:
    """The message of this question; where it has no answer, why, and the former result."""
    try:
        message = view_message(question, more, _reply(question))
    except HeatproofError as error:
        former: Question | None = st.session_state.get(_GOOD)
        if former is None:
            raise
        show_error(error)
        return view_message(former)
    st.session_state[_GOOD] = question
    return message


def _reply(question: Question) -> Reply | None:
    """The file that the browser waits for, once."""
    request = wanted_file()
    if request is None or request.token == st.session_state.get(_SERVED):
        return None
    st.session_state[_SERVED] = request.token
    return reply_to(request, question)


def _classes_beside(question: Question) -> tuple[int, ...]:
    """The classes whose maps must come along whatever their rank: the one of the link, and the one asked for."""
    count = len(question.model.labels)
    found = (_linked_class(question, count), asked_class(address_owner(question)))
    return tuple(dict.fromkeys(index for index in found if index is not None and 0 <= index < count))


def _linked_class(question: Question, count: int) -> int | None:
    """The class that the address newly names, while its image and model are on screen."""
    owner = address_owner(question)
    if link.news("class"):
        told = st.query_params.get("class", "")
        known = told.isascii() and told.isdecimal() and len(told) < 10 and int(told) < count
        st.session_state[_LINKED] = (owner, int(told) if known else None)
        if told and not known:
            link.write("class", None)
            st.warning(literal(f"{question.model.spec.title} has no class “{told[:20]}”. This is its likeliest one."))
    linked = st.session_state.get(_LINKED, (owner, None))
    if linked[0] != owner:
        link.write("class", None)
        st.session_state[_LINKED] = (owner, None)
        return None
    index: int | None = linked[1]
    return index
