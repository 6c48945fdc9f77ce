"""Do the lines of README for a module in hand run, and do the lines that they leave make the same map again?"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torch import nn
from torchvision import transforms

from gradcam_core import Explainer, Explanation, load_image, wrap_model
from gradcam_core.export.formats import command_of, explanation_zip, python_of
from tests.core.made_modules import network

LINES = """
from pathlib import Path

from gradcam_core import Explainer, Explanation, check_map, explanation_file, load_image, wrap_model

model = wrap_model(module, input_spec=transform, labels=["owl", "robin", "wren", "crow", "tit"], activation="softmax")
print(*model.notes, sep="\\n")  # what was assumed of it, or left out
image = load_image("sample:meadow")
forward = Explainer(model).forward(image)
cam = forward.cam(forward.top(1)[0].class_index)
print(check_map(forward, cam).headline)
explanation = Explanation.of(image, forward, cam)
Path("panels.png").write_bytes(explanation_file(explanation, "panels.png"))
"""
TRANSFORM = transforms.Compose(
    [
        transforms.Resize(70),
        transforms.CenterCrop(64),
        transforms.ToTensor(),
        transforms.Normalize((0.5, 0.5, 0.5), (0.25, 0.25, 0.25)),
    ]
)


@pytest.fixture
def module() -> nn.Module:
    """A network in the middle of its training."""
    return network()


def test_the_lines_of_readme_explain_a_module_in_hand(
    module: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(LINES, {"module": module, "transform": TRANSFORM})  # noqa: S102 - running it is the test
    assert capsys.readouterr().out.strip()
    with Image.open("panels.png") as picture:
        assert min(picture.size) > 100
    assert module.training


def test_the_lines_that_it_leaves_make_the_same_map_of_the_same_module(
    module: nn.Module, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    model = wrap_model(module, input_spec=TRANSFORM, title="Birds 'of mine'")
    image = load_image("sample:meadow")
    forward = Explainer(model).forward(image)
    cam = forward.cam(2)
    explanation = replace(Explanation.of(image, forward, cam), source="sample:meadow")
    assert command_of(explanation).startswith("# No command finds this model, a module in Python")
    lines = python_of(explanation)
    assert "model = wrap_model(module, input_spec=..., labels=...)  # your module" in lines
    assert lines.encode() in explanation_zip(explanation)
    lines = lines.replace("input_spec=..., labels=...", "input_spec=TRANSFORM")
    exec(lines, {"module": module, "TRANSFORM": TRANSFORM})  # noqa: S102 - running it is the test
    assert np.array_equal(np.load("cam.npy"), cam.values)
