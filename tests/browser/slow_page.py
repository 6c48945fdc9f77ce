"""A page with real slow work, run as a server by test_slow_work.py: occlusion of a sample by the embedded network."""

import numpy as np
import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gradcam_core.resources.job import FORWARD_PASSES, Report, Work
from pages._ui import tidying
from pages._ui.session.jobs import session_job, show_job, start_job
from pages._ui.session.queue import my_turn
from pages._ui.session.shared import model_cache, shared
from tests.occlusion import occlusion

_KEY = "occlusion"


def _measure(report: Report[np.ndarray]) -> np.ndarray:
    with model_cache().borrow("tinynet") as model:
        return occlusion(model, "meadow", stride=1)(report)


def _start() -> None:
    start_job(_KEY, Work(_measure, "Occlusion", FORWARD_PASSES))


def _show_partial(falls: np.ndarray) -> None:
    st.text(f"places: {np.isfinite(falls).sum()}")


def _ask() -> None:
    with my_turn(shared().slots), model_cache().borrow("tinynet") as model:
        occlusion(model, "bay", stride=112)(lambda *_: None)
    st.session_state["asked"] = st.session_state.get("asked", 0) + 1


def _draw() -> None:
    st.set_page_config(page_title="Slow page")
    st.title("Slow page")
    st.button("Measure", on_click=_start)
    if st.button("Ask"):
        _ask()
    st.button("Look")
    st.text(f"slots in use: {shared().slots.running}, answers: {st.session_state.get('asked', 0)}")
    job = session_job(_KEY)
    if job is not None and job.is_running:
        show_job(job, place="occlusion", show_partial=_show_partial)
    elif job is not None:
        st.text(f"state: {job.state}")


if get_script_run_ctx(suppress_warning=True) is None:
    import gradcam_core.engine  # noqa: F401 - with torch, before anybody comes: on a busy machine that takes a minute

    app = st.App(__file__, lifespan=tidying)
else:
    _draw()
