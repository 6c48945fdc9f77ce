"""Weights on their way: a button, then bytes, a bar and Cancel, while the page stays usable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._ui import link
from pages._ui.choices import megabytes, progress_words
from pages._ui.words import error_text, literal

if TYPE_CHECKING:
    from gradcam_core.jobs import DownloadJob, DownloadJobs
    from gradcam_core.models import ModelSpec

_WATCHED = "downloads_watched"  # the jobs that this session has seen running, by model
_LOOK_EVERY = 0.3  # seconds


@st.cache_resource(show_spinner=False)
def download_jobs() -> DownloadJobs:
    """The downloads of this server; everybody sees the same ones."""
    from gradcam_core.jobs import DownloadJobs

    return DownloadJobs()


def offer_download(spec: ModelSpec, *, place: str) -> None:
    """Draw a button that fetches a model, or how far that has come, and how it ended if it did not succeed."""
    job = download_jobs().latest(spec.name)
    if job is not None and job.is_running:
        _watched()[spec.name] = job
        _show_progress(job, spec.title, place)
        return
    _say_end(_watched().get(spec.name), spec.title)
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
    for name, job in _watched().items():
        if name != but and name in specs and job.is_running:
            _show_progress(job, specs[name].title, f"other_{name}")


def start_download(name: str) -> None:
    """A button's callback: begin, or join whoever has begun."""
    link.acted()
    _watched()[name] = download_jobs().start(name)


@st.fragment(run_every=_LOOK_EVERY)
def _show_progress(job: DownloadJob, title: str, place: str) -> None:
    """One look at a running download; at its end the page is drawn anew, without this fragment and its clock."""
    if not job.is_running:
        st.rerun()
    share = min(job.done / job.total, 1.0) if job.total else 0.0
    with st.container(key=f"progress_{place}", gap="xsmall"):
        st.progress(share, text=f"{literal(title)}: {progress_words(job.done, job.total)}")
        st.button("Cancel", key=f"cancel_{place}", width="stretch", on_click=_cancel, args=(job,))


def _cancel(job: DownloadJob) -> None:
    link.acted()
    job.cancel()


def _say_end(job: DownloadJob | None, title: str) -> None:
    """Why a download that this session watched brought nothing."""
    if job is None:
        return
    if job.error is not None:
        st.error(error_text(job.error))
    elif not job.is_running and job.state != "done":
        st.caption(f"The download of {literal(title)} was cancelled.")


def _watched() -> dict[str, DownloadJob]:
    watched: dict[str, DownloadJob] = st.session_state.setdefault(_WATCHED, {})
    return watched
