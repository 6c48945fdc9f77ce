"""Does the page use a layer's own default, say why, and leave a person's choice alone?"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gradcam_core.models import declared, operators_code
from tests.pages.support import view
from tests.pages.test_models import choose

CODE = """
from gradcam_core import InputSpec, declare_model
from tests.core.transformers import small_vit

SPEC = InputSpec(64, 64, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))

@declare_model("small_vit", labels=list("abcdef"), input_spec=SPEC)
def network():
    return small_vit()
"""


@pytest.fixture
def small_vit_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small vision transformer is one of the models."""
    monkeypatch.setattr(declared, "_declarations", {})
    monkeypatch.setattr(operators_code, "_imported", {})
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "transformers_here.py").write_text(CODE, encoding="utf-8")
    monkeypatch.setenv("HEATPROOF_MODELS", str(tmp_path / "transformers_here.py"))


def shown(app: AppTest) -> tuple[str, bool, str | None]:
    """The method whose map is shown, whether it is said why it is the default, and the method in the address."""
    head = view(app)
    why = any("is the default at this layer" in note for note in head["notes"])
    title = head["classes"][0]["caption"].rpartition(" · layer ")[2].split(" · ")[1]
    return title, why, head["address"].get("method")


@pytest.mark.usefixtures("small_vit_declared")
def test_a_layers_own_default_is_used_and_a_persons_choice_is_held(open_app: Callable[..., AppTest]) -> None:
    app = open_app()
    assert shown(app) == ("Grad-CAM", False, None)
    assert shown(choose(app, "small_vit")) == ("HiResCAM", True, None)
    assert shown(app.radio(key="method").set_value("gradcam").run()) == ("Grad-CAM", True, "gradcam")
    assert shown(choose(app, "tinynet")) == ("Grad-CAM", False, None)
    assert shown(choose(app, "small_vit")) == ("Grad-CAM", True, "gradcam")


@pytest.mark.usefixtures("small_vit_declared")
def test_a_link_that_names_a_method_means_it(open_app: Callable[..., AppTest]) -> None:
    assert shown(open_app(model="small_vit", method="gradcam")) == ("Grad-CAM", True, "gradcam")
    assert shown(open_app(model="small_vit")) == ("HiResCAM", True, None)
