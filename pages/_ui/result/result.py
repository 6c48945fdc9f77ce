"""The answer: the viewer with one result, and what can't be answered said above it. One fragment."""

import streamlit as st

from gradcam_core.errors import HeatproofError
from gradcam_core.samples import DEFAULT_SAMPLE
from pages._ui.frame.page import errors_shown, show_error
from pages._ui.model.photo_hint import show_photo_hint
from pages._ui.result.export import reply_to
from pages._ui.result.view import address_owner, view_message
from pages._ui.session import address as link
from pages._ui.session.question import Question
from pages._ui.session.queue import queue_shown
from pages._ui.text.incidents import mistakes_told
from pages._ui.text.sentences import literal, what_is_still_shown
from pages._ui.viewer import Request, asked_class, show_viewer, wanted_file
from pages._ui.viewer.payload import pack, unpack

_GOOD, _SERVED, _LINKED = "message_sent", "file_served", "class_linked"
_DIGITS = 10  # more than any class index has; Python refuses to read a number of thousands


def show_explanation(question: Question) -> None:
    """Predictions, panels and words for one question; what they ask for reruns them alone."""
    hint = st.container()
    _explanation(question)
    with hint:
        show_photo_hint(question)


@st.fragment(key="explanation")
def _explanation(question: Question) -> None:
    with errors_shown():
        request = _request()
        message = _message(question, _classes_beside(question), request)
        with st.container(key="explained"):
            show_viewer(message)
        if request:
            st.session_state[_SERVED] = request.token  # only now: a run that is cut off before has sent nothing
    link.flush()


def _message(question: Question, more: tuple[int, ...], request: Request | None) -> bytes:
    """The message of this question; where it has no answer, why, and the former result as it was sent."""
    former: tuple[Question, bytes] | None = st.session_state.get(_GOOD)
    try:
        with mistakes_told("while an answer was computed"), queue_shown():
            message = view_message(question, more, reply_to(request, question) if request else None)
    except HeatproofError as error:
        if former is None:
            raise
        show_error(error, what_is_still_shown(former[0]))
        return _sent_again(*former, request)
    if request is None:  # a file that was asked for is sent once and not kept
        st.session_state[_GOOD] = question, message
    return message


def _sent_again(question: Question, message: bytes, request: Request | None) -> bytes:
    """A former message, and a file of it if one is asked for; the address names what is on screen."""
    head, blobs = unpack(message)
    link.show(head["address"])
    if request:
        head["reply"], blobs["reply"] = reply_to(request, question)
    return pack(head, blobs)


def _request() -> Request | None:
    """The file that the browser waits for, if it has not been sent."""
    request = wanted_file()
    return None if request is None or request.token == st.session_state.get(_SERVED) else request


def _classes_beside(question: Question) -> tuple[int, ...]:
    """The classes whose maps must come along whatever their rank: the one of the link, and the one asked for."""
    count = len(question.model.labels)
    found = (_linked_class(question, count), asked_class(address_owner(question)))
    return tuple(dict.fromkeys(index for index in found if index is not None and 0 <= index < count))


def _linked_class(question: Question, count: int) -> int | None:
    """The class that the address newly names, while the image and the model that it names are on screen."""
    owner = address_owner(question)
    linked_owner, index = st.session_state.get(_LINKED, (None, None))
    if link.news("class") or (linked_owner != owner and not link.has_act()):
        linked_owner, index = st.session_state[_LINKED] = (owner, _told_class(question, count))
        link.hear("class")
    return index if linked_owner == owner else None


def _told_class(question: Question, count: int) -> int | None:
    told = st.query_params.get("class", "")
    if not told or not _is_told(address_owner(question)):
        return None
    if told.isascii() and told.isdecimal() and len(told) < _DIGITS and int(told) < count:
        return int(told)
    st.warning(literal(f"{question.model.spec.title} has no class “{told[:20]}”. This is its likeliest one."))
    return None


def _is_told(owner: tuple[str, str]) -> bool:
    """Whether the address names this image and this model, whatever it may call the usual ones."""
    from gradcam_core.models import DEFAULT_MODEL

    told = [st.query_params.get(name, "") for name in ("image", "model")]
    pairs = zip(told, owner, (DEFAULT_SAMPLE, DEFAULT_MODEL), strict=True)
    return all(name == own or (name == usual and not own) for name, own, usual in pairs)
