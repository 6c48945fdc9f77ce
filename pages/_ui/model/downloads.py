"""Weights on their way: a button, then bytes, a bar and Cancel, while the page stays usable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.text import megabytes
from pages._ui.session import address as link
from pages._ui.text.choices import progress_words
from pages._ui.text.incidents import told
from pages._ui.text.messages import say_error
from pages._ui.text.sentences import literal

if TYPE_CHECKING:
    from gradcam_core.jobs import DownloadJob, DownloadJobs
    from gradcam_core.models import ModelSpec

_WATCHED = "downloads_watched"  # the jobs that this session has seen running, by model
_SAID = "downloads_said"  # those of them whose end has been told, as names of models
_LOOK_EVERY = 0.3  # seconds


@st.cache_resource(show_spinner=False)
def download_jobs() -> DownloadJobs:
    """The downloads of this server; everybody sees the same ones."""
    from gradcam_core.jobs import DownloadJobs

    return DownloadJobs()


def offer_download(spec: ModelSpec, *, place: str) -> None:
    """Draw a button that fetches a model, or how far that has come, and how it ended if it did not succeed.

    In a place that is emptied first: the button and the bar never stand beside each other.
    """
    with st.empty().container(gap="xsmall"):
        job = download_jobs().latest(spec.name)
        if job is not None and is_downloading(spec):
            _watched()[spec.name] = job
            _show_progress(job, spec.title, place)
        else:
            say_end(spec, place=place)
            _download_button(spec, place)


def _download_button(spec: ModelSpec, place: str) -> None:
    st.button(
        f"Download {literal(spec.title)} ({megabytes(spec.download_bytes)})",
        key=f"download_{place}",
        type="primary",
        width="stretch" if place == "sidebar" else "content",
        on_click=start_download,
        args=(spec.name,),
    )


def show_other_downloads(specs: dict[str, ModelSpec], *, but: str) -> None:
    """Those that this session began before it chose another model: they run on, and can still be cancelled."""
    for name, job in list(_watched().items()):
        if name == but:
            continue
        if not job.is_running and (job.state == "done" or name in _said()):
            del _watched()[name]  # whoever chooses it again is not told of its end again
        elif name in specs and job.is_running:
            _show_progress(job, specs[name].title, f"other_{name}")


def is_downloading(spec: ModelSpec) -> bool:
    """Whether anybody is fetching it now."""
    job = download_jobs().latest(spec.name)
    return job is not None and job.is_running


def has_arrived(name: str) -> bool:
    """Whether this session was waiting for a model that is here now; true once."""
    job = _watched().get(name)
    if job is None or job.state != "done":
        return False
    del _watched()[name]
    return True


def start_download(name: str) -> None:
    """A button's callback: begin, or join whoever has begun."""
    link.acted()
    _said().discard(name)
    _watched()[name] = download_jobs().start(name)


@st.fragment(run_every=_LOOK_EVERY)
def _show_progress(job: DownloadJob, title: str, place: str) -> None:
    """One look at a running download; at its end the page is drawn anew, without this fragment and its clock."""
    slot = st.empty()  # so that the bar and its button go at once, and not when the page is drawn
    if not job.is_running:
        st.rerun()
    share = min(job.done / job.total, 1.0) if job.total else 0.0
    with slot.container(key=f"progress_{place}", gap="xsmall"):
        st.progress(share, text=f"{literal(title)}: {progress_words(job.done, job.total)}")
        st.button("Cancel", key=f"cancel_{place}", width="stretch", on_click=_cancel, args=(job,))


def _cancel(job: DownloadJob) -> None:
    link.acted()
    job.cancel()


def say_end(spec: ModelSpec, *, place: str) -> None:
    """Why a download that this session watched brought nothing; an error in the sidebar, which has it repeated."""
    job = _watched().get(spec.name)
    if job is None or job.is_running or job.state == "done":
        return
    _said().add(spec.name)
    if job.error is None:
        st.caption(f"The download of {literal(spec.title)} was cancelled.")
    elif place == "sidebar":
        say_error(told(job.error))
    else:
        st.caption(told(job.error))


def _watched() -> dict[str, DownloadJob]:
    watched: dict[str, DownloadJob] = st.session_state.setdefault(_WATCHED, {})
    return watched


def _said() -> set[str]:
    said: set[str] = st.session_state.setdefault(_SAID, set())
    return said
