"""What a page computes only when it is asked to, and takes a while: a button, then a bar, then the result."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from gradcam_core.resources.job import CANCELLED, DONE, Work
from pages._ui.frame.page import show_error
from pages._ui.session import page_state
from pages._ui.session.jobs import session_job, show_job, start_job
from pages._ui.session.shared import shared

_WANTED = "work_wanted"  # the key of what was asked for and has not begun: a run that is cut off does not lose it
_STOPPED = "Stopped before it was done; one at a time is computed. "
T = TypeVar("T")


@dataclass(frozen=True)
class Offer:
    """The button and what it promises.

    Attributes:
        place: tells it from the others of its page, in the keys of its elements.
    """

    place: str
    button: str
    sentence: str


def asked(
    key: Hashable,
    offer: Offer,
    work: Callable[[], Work[T]],
    *,
    show_partial: Callable[[T], None] | None = None,
) -> T | None:
    """The result under this key, if it is there; else its job, or a button that begins it.

    Args:
        work: called when it is begun; it puts its result into `shared().checks` under this key.
        show_partial: draws what has been found so far.
    """
    kept: T | None = shared().checks.get(key)
    job = session_job(key)
    if kept is not None or (job is not None and job.state == DONE):
        return kept if kept is not None or job is None else job.result
    if st.session_state.get(_WANTED) == key:
        job = start_job(key, work())
        del st.session_state[_WANTED]
    if job is not None and job.is_running:
        show_job(job, place=offer.place, show_partial=show_partial)
        return None
    if job is not None and job.error is not None:
        show_error(job.error, act=str(id(job)))
    with st.container(key=f"offer_{offer.place}", horizontal=True, vertical_alignment="center", gap="medium"):
        st.button(offer.button, key=f"ask_{offer.place}", on_click=_want, args=(key,))
        is_stopped = job is not None and job.state == CANCELLED
        st.caption(f"{_STOPPED if is_stopped else ''}{offer.sentence}")
    return None


def _want(key: Hashable) -> None:
    page_state.mark_user_action()
    st.session_state[_WANTED] = key
