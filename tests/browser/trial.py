"""A page for tests alone: the viewer, what depends on the chosen class below it, a second viewer, and panes alone."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from tests.browser.conftest import ROOT, running_server

_SCRIPT = """
import sys
import time

sys.path.insert(0, "{root}")

import streamlit as st

from gradcam_core.engine import Explainer
from gradcam_core.export.formats import FORMATS, ExportFormat
from gradcam_core.models import load_model
from gradcam_core.rendering.render import Look
from gradcam_core.samples import SAMPLES, load_sample
from pages._ui import Question, engine_ready, pick_image, pick_model, show_explanation
from pages._ui.frame.page import errors_shown
from pages._ui.result.view import view_message
from pages._ui.session import address
from pages._ui.session.question import ImageInfo
from pages._ui.viewer import PaneSet, show_panes, show_viewer
from pages._ui.viewer.look import LOOK_PARAMETERS, LookParameter
from pages._ui.viewer.payload import photo

FORMATS["peak"] = ExportFormat(
    slug="peak", file_name="peak.txt", mime="text/plain", title="Peak (TXT)", description="Where it is strongest.",
    make=lambda it: str(it.cam.peak).encode(),
)
LOOK_PARAMETERS["glow"] = LookParameter("glow", "Glow", "slider", 10, high=20)


def below(index):
    if "slow" in st.query_params:
        time.sleep(1.5)
    st.session_state["drawn"] = st.session_state.get("drawn", 0) + 1
    with st.container(key="below"):
        st.text(f"{{picture.address}} {{model.spec.name}} {{index}} drawn {{st.session_state['drawn']}}")


def night():
    image, sample = load_sample("night"), SAMPLES["night"]
    address = f"sample:{{sample.slug}}"
    return ImageInfo(image.sha256, image.size, image.original_size, sample.title, (), sample.slug, True, address)


def sets(slug, panels, **look):
    image = load_sample(slug)
    forward = Explainer(load_model("tinynet")).forward(image)
    return [
        PaneSet(
            photo=photo(image.pixels), size=image.size, cam=forward.cam(one.class_index), title=one.label,
            panels=panels, look=Look(**look), unit="logits per cell", alt=slug,
        )
        for one in forward.top(2)
    ]


st.set_page_config(layout="wide")
st.html("{root}/pages/_ui/frame/style.css")
address.enter_page("trial", frozenset())
with errors_shown():
    address.restore("mood", ["calm", "wild"], "calm")
    with st.sidebar:
        picture = pick_image()
    with engine_ready(picture):
        with st.sidebar:
            model = pick_model()
        has_first, has_second = st.toggle("First", True, key="first"), st.toggle("Second", key="second")
        question = Question(picture, model, model.default_layer, "gradcam", "trained")
        if has_first:
            show_explanation(question, below)
        if has_second:
            other = Question(night(), model, model.default_layer, "gradcam", "trained")
            with st.container(key="second_viewer"):
                show_viewer(view_message(other), key="another")
            with st.container(key="alone"):
                show_panes(sets("bay", ("original", "heatmap", "overlay"), contour=0.2), key="panes_of_bay")
                show_panes(sets("temple", ("overlay",), opacity=0.8), key="panes_of_temple")
address.flush()
"""


@contextlib.contextmanager
def trial_server(folder: Path, checkpoints: Path) -> Iterator[str]:
    """The address of a server whose only page is the trial."""
    app = folder / "trial.py"
    app.write_text(_SCRIPT.format(root=ROOT), encoding="utf-8")
    with running_server(checkpoints, app) as address:
        yield address
