"""Long work on the page: started in one run of the script, found again in the next, shown by one element.

The work itself runs in a thread that knows no page: what it needs of the session is handed to it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, TypeVar

import streamlit as st

from gradcam_core.resources.job import Job, JobReport, Work
from gradcam_core.resources.jobs import Jobs
from pages._ui.session import page_state
from pages._ui.session.shared import person, shared
from pages._ui.text.incidents import incidents_numbered
from pages._ui.text.progress import job_words
from pages._ui.text.sentences import escape_markdown

T = TypeVar("T")
_LOOK_EVERY = 0.3  # seconds


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The jobs of this server."""
    return Jobs(shared().slots)


def start_job(key: Hashable, work: Work[T]) -> Job[T]:
    """Begin this session's long work, or join it; what this session does under another key is cancelled."""
    return jobs().start(person(), key, _told(work))


def session_job(key: Hashable) -> Job[Any] | None:
    """The job that this session started under this key, in whichever run; it goes when the session does."""
    return jobs().latest(person(), key)


def start_shared_job(key: Hashable, work: Work[T]) -> Job[T]:
    """Begin what everybody on this server waits for together, or join it."""
    return jobs().start_shared(key, _told(work))


def shared_job(key: Hashable) -> Job[Any] | None:
    """The latest job that anybody started for everybody under this key."""
    return jobs().latest_shared(key)


def show_job(job: Job[T], *, place: str, show_partial: Callable[[T], None] | None = None) -> None:
    """Draw a running job: how far it has come, about how long it will take, Cancel, and what it has found so far.

    At its end the whole page is drawn anew, once, and says itself what came of it.

    Args:
        place: tells it from the others on this page, in the keys of its elements.
        show_partial: draws the latest partial result below.
    """
    _progress(job, place, show_partial)


@st.fragment(run_every=_LOOK_EVERY)
def _progress(job: Job[T], place: str, show_partial: Callable[[T], None] | None) -> None:
    slot = st.empty()  # so that the bar and its button go at once, and not when the page is drawn
    if not job.is_running:
        st.rerun()
    share = min(job.done / job.total, 1.0) if job.total else 0.0
    with slot.container(key=f"progress_{place}", gap="xsmall"):
        st.progress(share, text=f"{escape_markdown(job.title)}: {escape_markdown(job_words(job))}")
        st.button("Cancel", key=f"cancel_{place}", width="stretch", on_click=_cancel, args=(job,))
        if show_partial is not None and job.partial is not None:
            show_partial(job.partial)


def _cancel(job: Job[Any]) -> None:
    page_state.mark_user_action()
    job.cancel()


def _told(work: Work[T]) -> Work[T]:
    """The same work, whose errors are logged once, where they happen, and carry their number."""

    def run(report: JobReport[T]) -> T:
        with incidents_numbered(f"in the job “{work.title}”"):
            return work.run(report)

    return replace(work, run=run)
