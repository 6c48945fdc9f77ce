"""Weights on their way: a button, then their job, while the page stays usable."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.resources.job import DONE, MEGABYTES, Job, Report, Work
from gradcam_core.text import megabytes
from pages._ui.session import page_state
from pages._ui.session.jobs import shared_job, show_job, start_shared_job
from pages._ui.text.incidents import error_markdown
from pages._ui.text.messages import say_error
from pages._ui.text.sentences import escape_markdown

if TYPE_CHECKING:
    from gradcam_core.models import ModelSpec

_WATCHED = "downloads_watched"  # the jobs that this session has seen running, by model
_SAID = "downloads_said"  # those of them whose end has been told, as names of models


def offer_download(spec: ModelSpec, *, place: str) -> None:
    """Draw a button that fetches a model, or how far that has come, and how it ended if it did not succeed.

    In a place that is emptied first: the button and the bar never stand beside each other.
    """
    with st.empty().container(gap="xsmall"):
        job = download_job(spec.name)
        if job is not None and job.is_running:
            _watched()[spec.name] = job
            show_job(job, place=place)
        else:
            say_end(spec, place=place)
            _download_button(spec, place)


def _download_button(spec: ModelSpec, place: str) -> None:
    st.button(
        f"Download {escape_markdown(spec.title)} ({megabytes(spec.download_bytes)})",
        key=f"download_{place}",
        type="primary",
        width="stretch" if place == "sidebar" else "content",
        on_click=start_download,
        args=(spec,),
    )


def show_other_downloads(specs: dict[str, ModelSpec], *, but: str) -> None:
    """Those that this session began before it chose another model: they run on, and can still be cancelled."""
    for name, job in list(_watched().items()):
        if name == but:
            continue
        if not job.is_running and (job.state == DONE or name in _said()):
            del _watched()[name]  # whoever chooses it again is not told of its end again
        elif name in specs and job.is_running:
            show_job(job, place=f"other_{name}")


def is_downloading(spec: ModelSpec) -> bool:
    """Whether anybody is fetching it now."""
    job = download_job(spec.name)
    return job is not None and job.is_running


def has_arrived(name: str) -> bool:
    """Whether this session was waiting for a model that is here now; true once."""
    job = _watched().get(name)
    if job is None or job.state != DONE:
        return False
    del _watched()[name]
    return True


def start_download(spec: ModelSpec) -> None:
    """A button's callback: begin, or join whoever has begun."""
    page_state.mark_user_action()
    _said().discard(spec.name)
    _watched()[spec.name] = start_shared_job(_key(spec.name), Work(_fetching(spec.name), spec.title, MEGABYTES))


def download_job(name: str) -> Job[None] | None:
    """The latest download of a model, whoever started it."""
    return shared_job(_key(name))


def _key(name: str) -> tuple[str, str]:
    return "download", name


def _fetching(name: str) -> Callable[[Report[None]], None]:
    def fetch(report: Report[None]) -> None:
        from gradcam_core.models import download_model  # brings torch

        download_model(name, progress=report)

    return fetch


def say_end(spec: ModelSpec, *, place: str) -> None:
    """Why a download that this session watched brought nothing; an error in the sidebar, which has it repeated."""
    job = _watched().get(spec.name)
    if job is None or job.is_running or job.state == DONE:
        return
    _said().add(spec.name)
    if job.error is None:
        st.caption(f"The download of {escape_markdown(spec.title)} was cancelled.")
    elif place == "sidebar":
        say_error(error_markdown(job.error))
    else:
        st.caption(error_markdown(job.error))


def _watched() -> dict[str, Job[None]]:
    watched: dict[str, Job[None]] = st.session_state.setdefault(_WATCHED, {})
    return watched


def _said() -> set[str]:
    said: set[str] = st.session_state.setdefault(_SAID, set())
    return said
