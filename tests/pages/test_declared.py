"""Do the operator's own functions appear and explain on the page, and are their faults sentences there?"""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gradcam_core.models import declared, operators_code
from tests.pages.support import view
from tests.pages.test_models import choose, in_use, words

CODE = """
import torch
from torch import nn
from gradcam_core import InputSpec, declare_model

said = {"labels": ["owl", "robin"], "input_spec": InputSpec(32, 32, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))}

@declare_model("operators_birds", title="Birds of the operator", **said)
def birds():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 2))

@declare_model("operators_broken", title="Broken", **said)
def broken():
    return torch.load("/nowhere/weights.pth")

@declare_model("operators_nonsense", **{**said, "labels": 3})
def nonsense():
    return birds()
"""


@pytest.fixture
def operators_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """HEATPROOF_MODELS names a file with a good, a failing and a wrongly declared model."""
    monkeypatch.setattr(declared, "_declarations", {})
    monkeypatch.setattr(operators_code, "_imported", {})
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "operators_models.py").write_text(CODE, encoding="utf-8")
    monkeypatch.setenv("HEATPROOF_MODELS", str(tmp_path / "operators_models.py"))


@pytest.mark.usefixtures("operators_file")
def test_an_operators_function_is_a_model_and_its_faults_are_sentences(open_app: Callable[..., AppTest]) -> None:
    app = choose(open_app(), "operators_birds")
    assert in_use(app) == "operators_birds"
    assert {row["label"] for row in view(app)["classes"]} == {"owl", "robin"}
    assert "operators_nonsense: nonsense(): The labels are 3." in words(app).replace("*", "")
    app = choose(app, "operators_broken")
    assert in_use(app) == "operators_birds"
    assert "broken() failed: FileNotFoundError" in words(app)
    assert "What you see is still Birds of the operator" in words(app)
    assert not app.exception


@pytest.mark.usefixtures("operators_file")
def test_the_model_page_of_a_model_that_fails_shows_the_one_that_goes_on(open_app: Callable[..., AppTest]) -> None:
    app = open_app(model="operators_broken")
    app.switch_page("pages/model.py").run()
    assert "What you see is still TinyNet (12 drawn things)" in words(app)
    assert any(one.value.startswith("## TinyNet") for one in app.main.markdown)
    assert not app.error
