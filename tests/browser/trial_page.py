"""A page for tests alone: the viewer, what depends on the chosen class below it, a second viewer, and panes alone."""

import time

import streamlit as st
from starlette.middleware import Middleware
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gradcam_core.engine import Explainer
from gradcam_core.export.formats import FORMATS, ExportFormat
from gradcam_core.models import load_model
from gradcam_core.rendering.render import Look
from gradcam_core.samples import SAMPLES, load_sample
from pages._ui import engine_ready, pick_image, pick_model, show_explanation
from pages._ui.frame.page import errors_shown
from pages._ui.result.view import view_message
from pages._ui.session import page_state
from pages._ui.session.question import ImageInfo, Question
from pages._ui.viewer import PaneSet, ViewerFiles, show_panes, show_viewer
from pages._ui.viewer.look import LOOK_PARAMETERS, LookParameter
from pages._ui.viewer.panes import Panel
from pages._ui.viewer.payload import photo
from tests.server import ROOT

FORMATS["peak"] = ExportFormat(
    slug="peak",
    file_name="peak.txt",
    mime="text/plain",
    title="Peak (TXT)",
    description="Where it is strongest.",
    make=lambda it: str(it.cam.peak).encode(),
)
LOOK_PARAMETERS["glow"] = LookParameter("glow", "Glow", "slider", 10, high=20)


def _below(question: Question, index: int) -> None:
    if "slow" in st.query_params:
        time.sleep(1.5)
    st.session_state["drawn"] = st.session_state.get("drawn", 0) + 1
    with st.container(key="below"):
        drawn = st.session_state["drawn"]
        st.text(f"{question.picture.address} {question.model.spec.name} {index} drawn {drawn}")


def _night() -> ImageInfo:
    image, sample = load_sample("night"), SAMPLES["night"]
    source = f"sample:{sample.slug}"
    return ImageInfo(image.sha256, image.size, image.original_size, sample.title, (), sample.slug, True, source)


def _pane_sets(slug: str, panels: tuple[Panel, ...], look: Look) -> list[PaneSet]:
    image = load_sample(slug)
    forward = Explainer(load_model("tinynet")).forward(image)
    return [
        PaneSet(
            photo=photo(image.pixels),
            size=image.size,
            cam=forward.cam(prediction.class_index),
            title=prediction.label,
            panels=panels,
            look=look,
            unit="logits per cell",
            alt=slug,
        )
        for prediction in forward.top(2)
    ]


def _draw() -> None:
    page_state.restore("mood", ["calm", "wild"], "calm")
    with st.sidebar:
        picture = pick_image()
    with engine_ready(picture):
        with st.sidebar:
            model = pick_model()
        has_first, has_second = st.toggle("First", True, key="first"), st.toggle("Second", key="second")
        question = Question(picture, model, model.default_layer, "gradcam", "trained")
        if "late" in st.query_params:
            time.sleep(1)  # a run that is overtaken here has drawn no viewer
        if has_first:
            show_explanation(question, lambda index: _below(question, index))
        if has_second:
            _draw_second(Question(_night(), model, model.default_layer, "gradcam", "trained"))


def _draw_second(question: Question) -> None:
    with st.container(key="second_viewer"):
        show_viewer(view_message(question), key="another")
    with st.container(key="alone"):
        show_panes(_pane_sets("bay", ("original", "heatmap", "overlay"), Look(contour=0.2)), key="panes_of_bay")
        show_panes(_pane_sets("temple", ("overlay",), Look(opacity=0.8)), key="panes_of_temple")


def _run() -> None:
    st.set_page_config(layout="wide")
    st.html(str(ROOT / "pages" / "_ui" / "frame" / "style.css"))
    page_state.enter_page("trial", frozenset())
    with errors_shown():
        _draw()
    page_state.commit()


if get_script_run_ctx(suppress_warning=True) is None:
    app = st.App(__file__, middleware=[Middleware(ViewerFiles)])
else:
    _run()
