"""The answer: the viewer with one result, and what can't be answered said above it. One fragment."""

from collections.abc import Callable

import streamlit as st

from gradcam_core.errors import HeatproofError
from pages._ui.frame.page import errors_shown, show_error
from pages._ui.model.photo_hint import show_photo_hint
from pages._ui.result.export import reply_to
from pages._ui.result.for_chosen_class import show_for_chosen_class
from pages._ui.result.view import view_message
from pages._ui.session import page_state
from pages._ui.session.chosen import explicit_class, image_and_model_of
from pages._ui.session.question import Question
from pages._ui.session.queue import queue_shown
from pages._ui.text.incidents import report_internal_errors
from pages._ui.text.sentences import what_is_still_shown
from pages._ui.viewer import Request, asked_class, show_viewer, wanted_choice, wanted_file
from pages._ui.viewer.payload import pack, unpack

_GOOD, _SERVED, _TAKEN = "message_sent", "file_served", "choice_taken"


def show_explanation(question: Question, below: Callable[[int], None] | None = None) -> None:
    """Predictions, panels and words for one question; what they ask for reruns them alone.

    Args:
        below: draws what else a page says of the chosen class; called again, alone, soon after another one is chosen.
            Where there is no answer it is not called: why, is said once.
    """
    hint = st.container()
    _explanation(question)
    show_for_chosen_class(question, below if _is_answered(question) else None)
    with hint:
        show_photo_hint(question)


def _is_answered(question: Question) -> bool:
    """Whether what is on screen is the answer to this question."""
    former: tuple[Question, bytes] | None = st.session_state.get(_GOOD)
    return former is not None and former[0].key == question.key


@st.fragment(key="explanation")
def _explanation(question: Question) -> None:
    _take_choice()
    with errors_shown():
        request = _request()
        message = _message(question, _classes_beside(question), request)
        with st.container(key="explained"):
            show_viewer(message)
        if request:
            st.session_state[_SERVED] = _name(request)  # only now: a run that is cut off before has sent nothing
    page_state.commit()


def _take_choice() -> None:
    """What a button beside the panels chose is chosen on the whole page."""
    choice = wanted_choice()
    if choice and choice.token != st.session_state.get(_TAKEN):
        st.session_state[_TAKEN] = choice.token
        page_state.choose(choice.name, choice.value)
        st.rerun()


def _message(question: Question, more: tuple[int, ...], request: Request | None) -> bytes:
    """The message of this question; where it has no answer, why, and the former result as it was sent."""
    former: tuple[Question, bytes] | None = st.session_state.get(_GOOD)
    try:
        with report_internal_errors("while an answer was computed"), queue_shown():
            message = view_message(question, more, reply_to(request, question) if request else None)
    except HeatproofError as error:
        if former is None:
            raise
        show_error(error, what_is_still_shown(former[0]), act=request.token if request else "")
        return _sent_again(*former, request)
    if request is None:  # a file that was asked for is sent once and not kept
        st.session_state[_GOOD] = question, message
    return message


def _sent_again(question: Question, message: bytes, request: Request | None) -> bytes:
    """A former message, and a file of it if one is asked for; the address names what is on screen."""
    head, blobs = unpack(message)
    page_state.set_parameters(head["address"])
    if request:
        head["reply"], blobs["reply"] = reply_to(request, question)
    return pack(head, blobs)


def _request() -> Request | None:
    """The file that the browser waits for, if it has not been sent since the browser asked for it last."""
    request = wanted_file()
    return None if request is None or _name(request) == st.session_state.get(_SERVED) else request


def _name(request: Request) -> tuple[str, int]:
    return request.token, request.tries


def _classes_beside(question: Question) -> tuple[int, ...]:
    """The classes whose maps must come along whatever their rank: the chosen one, and the one asked for."""
    count = len(question.model.labels)
    found = (explicit_class(question), asked_class(image_and_model_of(question)))
    return tuple(dict.fromkeys(index for index in found if index is not None and 0 <= index < count))
