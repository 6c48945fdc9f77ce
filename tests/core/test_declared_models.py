"""Do the operator's own functions become models like any other, and is each of their faults one sentence?"""

import os
import shlex
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gradcam_core import Explainer, Explanation, ModelError, list_models, load_image, load_model
from gradcam_core.cli.main import main
from gradcam_core.export.formats import command_of, python_of
from gradcam_core.models import broken_checkpoints, declared, inspect_model, operators_code

HEAD = """
import torch
from torch import nn
from gradcam_core import InputSpec, declare_model

SPEC = InputSpec(32, 32, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))

def network(outputs=3):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, outputs)
    )
"""
BIRDS = """
@declare_model("birds", labels=["owl", "robin", "wren"], input_spec=SPEC, title="Birds of my own")
def birds():
    return network()
"""
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes the operator's file and sets HEATPROOF_MODELS to it; nothing is declared or imported before or after."""
    monkeypatch.setattr(declared, "_declarations", {})
    monkeypatch.setattr(operators_code, "_imported", {})
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setenv("HEATPROOF_DEVICE", "cpu")
    monkeypatch.chdir(tmp_path)

    def write_file(code: str) -> Path:
        file = tmp_path / "my_models.py"
        file.write_text(HEAD + code, encoding="utf-8")
        monkeypatch.setenv("HEATPROOF_MODELS", "my_models.py")
        monkeypatch.delitem(sys.modules, "my_models", raising=False)
        return file

    return write_file


def listed() -> list[str]:
    return [spec.name for spec in list_models() if spec.source == "declared"]


def test_a_declared_model_is_listed_loaded_and_inspected_like_any_other(write: Write) -> None:
    write(BIRDS)
    spec = next(spec for spec in list_models() if spec.name == "birds")
    assert (spec.title, spec.num_classes, spec.ready) == ("Birds of my own", 3, True)
    assert spec.label_summary == "3 classes: owl, robin, wren"
    model = load_model("birds")
    assert (model.labels, model.default_layer) == (("owl", "robin", "wren"), "1")
    assert [row.row.name for row in inspect_model("birds").rows] == ["", "0", "1", "2", "3", "4"]
    assert broken_checkpoints() == []


def test_the_file_is_run_once_and_a_function_only_when_its_model_is_loaded(write: Write, tmp_path: Path) -> None:
    counted = BIRDS.replace("return", "CALLS.append(1); return")
    write(f"open({str(tmp_path / 'imports')!r}, 'a').write('x')\nCALLS = []\n{counted}")
    for _ in range(3):
        assert listed() == ["birds"]
    assert (tmp_path / "imports").read_text() == "x"
    calls = sys.modules["my_models"].CALLS
    assert calls == []
    load_model("birds")
    load_model("birds")
    assert len(calls) == 2


def test_the_file_may_import_what_lies_beside_it(write: Write, tmp_path: Path) -> None:
    (tmp_path / "beside_my_models.py").write_text("LABELS = ['a', 'b', 'c']")
    write(f"from beside_my_models import LABELS\n{BIRDS}")
    assert listed() == ["birds"]


def test_a_module_is_named_like_a_file(write: Write, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    write(BIRDS)
    monkeypatch.setenv("HEATPROOF_MODELS", "my_models")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert listed() == ["birds"]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "import not_there_at_all",
            "No module named 'not_there_at_all' (my_models.py, line 13). Install it (pip install not_there_at_all)",
        ),
        ("x = 1 / 0", "importing it failed: ZeroDivisionError: division by zero (my_models.py, line 13). Mend it"),
        ("def f(:", "importing it failed: SyntaxError: "),
        ("raise SystemExit(3)", "importing it failed: SystemExit: 3 (my_models.py, line 13)"),
        ("x = 1", "HEATPROOF_MODELS names it, and it declares no model. Decorate a function with @declare_model."),
    ],
)
def test_a_file_that_can_not_be_imported_or_declares_nothing_is_one_sentence(
    write: Write, code: str, sentence: str
) -> None:
    write(code)
    ((name, said),) = broken_checkpoints()
    assert name == "my_models.py"
    assert sentence in said
    assert "\n" not in said
    assert "tinynet" in [spec.name for spec in list_models()]


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("nowhere.py", "HEATPROOF_MODELS names it, and there is no such file."),
        ("./", "HEATPROOF_MODELS names it, and there is no such file."),
        ("nowhere_at_all", "HEATPROOF_MODELS names a module that can't be found. Name its file"),
        ("not a module", "HEATPROOF_MODELS names a module that can't be found. Name its file"),
        (".", "HEATPROOF_MODELS names it, and importing it failed"),
    ],
)
def test_a_setting_that_names_nothing_is_one_sentence(
    write: Write, monkeypatch: pytest.MonkeyPatch, place: str, sentence: str
) -> None:
    monkeypatch.setenv("HEATPROOF_MODELS", place)
    ((_, said),) = broken_checkpoints()
    assert said.startswith(sentence)


@pytest.mark.parametrize(
    ("code", "name", "sentence"),
    [
        (BIRDS.replace('"birds"', '"tinynet"'), "tinynet", "taken by one of the models that come with the program"),
        (
            BIRDS + BIRDS.replace("def birds", "def owls"),
            "birds",
            "owls() declares a name that is taken. Give it another.",
        ),
        (
            BIRDS.replace("SPEC,", "SPEC, activation='tanh',") + BIRDS.replace("def birds", "def owls"),
            "birds",
            "owls() declares a name that is taken. Give it another.",
        ),
        (BIRDS.replace('"birds"', "7"), "7", "birds() declares the name 7."),
        (BIRDS.replace('["owl", "robin", "wren"]', "None"), "birds", "birds(): The labels are None"),
        (BIRDS.replace("SPEC,", "{'input_size': 3},"), "birds", "birds(): input_spec: input_size is 3."),
        (BIRDS.replace("SPEC,", "SPEC, activation='tanh',"), "birds", "birds(): the activation is 'tanh'."),
    ],
)
def test_what_is_wrong_with_a_declaration_is_said_in_the_list(
    write: Write, code: str, name: str, sentence: str
) -> None:
    write(code + BIRDS.replace('"birds"', '"others"').replace("def birds", "def others"))
    assert "others" in listed()
    broken, said = broken_checkpoints()[-1]
    assert broken == name
    assert sentence in said


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (
            "raise FileNotFoundError('weights.pth')",
            "birds() failed: FileNotFoundError: weights.pth (my_models.py, line 16).",
        ),
        ("return {'a': 1}", "birds() gives dict, and not a torch.nn.Module."),
        ("pass", "birds() gives NoneType, and not a torch.nn.Module."),
        ("return network(4)", "The network gives 4 outputs for 3 labels."),
        ("raise SystemExit", "birds() failed: SystemExit"),
    ],
)
def test_what_is_wrong_with_a_function_is_said_when_it_is_loaded(write: Write, body: str, sentence: str) -> None:
    write(BIRDS.replace("return network()", body))
    assert listed() == ["birds"]
    with pytest.raises(ModelError) as refusal:
        load_model("birds")
    assert refusal.value.message.startswith(sentence)


def test_a_function_may_give_the_same_module_each_time_and_it_stays_as_it_is(write: Write) -> None:
    write(f"NET = network().train()\n{BIRDS.replace('network()', 'NET')}")
    models = [load_model("birds"), load_model("birds")]
    net = sys.modules["my_models"].NET
    assert net.training
    assert all(parameter.requires_grad for parameter in net.parameters())
    assert not any(child._forward_hooks for child in net.modules())
    assert models[0].weights_sha256 == models[1].weights_sha256


def test_a_name_of_the_checkpoint_folder_is_taken(
    write: Write, monkeypatch: pytest.MonkeyPatch, model_folder: Path
) -> None:
    monkeypatch.setenv("HEATPROOF_CHECKPOINTS", str(model_folder))
    write(BIRDS.replace('"birds"', '"photos"'))
    assert (
        dict(broken_checkpoints())["photos"] == "Its name is taken by another model of the list. Give it another one."
    )
    assert [spec.source for spec in list_models() if spec.name == "photos"] == ["checkpoint"]


def test_the_lines_that_promise_the_same_map_give_it(
    write: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = write(BIRDS)
    image = load_image("sample:meadow")
    forward = Explainer(load_model("birds")).forward(image)
    cam = forward.cam(1)
    explanation = replace(Explanation.of(image, forward, cam), source="sample:meadow")
    setting, *words = shlex.split(command_of(explanation))
    assert (setting, words[:3]) == (f"HEATPROOF_MODELS={file}", ["python", "-m", "gradcam_core"])
    monkeypatch.setenv("HEATPROOF_MODELS", str(file))
    assert main(words[3:]) == 0
    assert np.array_equal(np.load("explanation/cam.npy"), cam.values)
    assert "Birds of my own" in capsys.readouterr().out
    monkeypatch.delenv("HEATPROOF_MODELS")
    exec(python_of(explanation), {})  # noqa: S102 - running it is the test
    assert os.environ["HEATPROOF_MODELS"] == str(file)
    assert np.array_equal(np.load("cam.npy"), cam.values)
