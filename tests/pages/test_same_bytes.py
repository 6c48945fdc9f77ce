"""The page, the shell and Python give the same explanation: every file is the same to the last byte."""

import io
import shlex
import zipfile
from pathlib import Path
from typing import Any

import pytest

from gradcam_core.cli.main import main
from gradcam_core.models import load_model
from pages._ui.result import export
from pages._ui.result.export import reply_to
from pages._ui.result.view import digest
from pages._ui.session.question import Question
from pages._ui.session.results import card_of
from pages._ui.viewer import Request
from tests.pages.questions import meadow_info
from tests.pages.support import add_numbered
from tests.support import mostly_slow

LOOKS: dict[str, dict[str, Any]] = {  # as a browser says them: whole numbers are integers
    "as it comes": {"colormap": "inferno", "opacity": 0.5, "threshold": 0, "contour": 0, "scale": None},
    "whole numbers": {"colormap": "jet", "opacity": 1, "threshold": 0, "contour": 0.1, "scale": 2},
    "fractions": {"colormap": "gray", "opacity": 0.33, "threshold": 0.07, "contour": 0.2, "scale": 1.2345678806304932},
}
OF_PYTHON = {"overlay.png", "cam.npy", "explanation.json"}


@pytest.fixture
def question(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Question:
    """Of a model in a folder that only the server's settings name, whose labels are numbers."""
    folder = tmp_path / "my models"
    folder.mkdir()
    add_numbered(folder)
    monkeypatch.setenv("HEATPROOF_DEVICE", "cpu")
    monkeypatch.setenv("HEATPROOF_CHECKPOINTS", str(folder))
    model = load_model("digits")
    return Question(meadow_info(), card_of(model), model.default_layer, "eigengradcam", "pad")


def page(question: Question, what: str, look: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """What the page answers the browser."""
    wanted = Request(token="t", what=what, class_index=2, look=look, view=digest(question))  # noqa: S106
    return reply_to(wanted, question)


@pytest.mark.parametrize("name", mostly_slow(LOOKS, by_default=1))
def test_page_shell_and_python_give_the_same_bytes(
    question: Question,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    look = LOOKS[name]
    code, _ = page(question, "code", look)
    with zipfile.ZipFile(io.BytesIO(page(question, "zip", look)[1])) as archive:
        ours = {name: archive.read(name) for name in archive.namelist()}
    reproduced = ours.pop("reproduce.txt").decode()
    single = {what: page(question, what, look)[1] for what in ("overlay", "panels", "cam", "json")}
    assert list(single.values()) == [
        ours[f"{name}"] for name in ("overlay.png", "panels.png", "cam.npy", "explanation.json")
    ]
    assert code["command"] in reproduced
    assert code["python"] in reproduced

    monkeypatch.delenv("HEATPROOF_CHECKPOINTS")
    monkeypatch.chdir(tmp_path)
    words = shlex.split(code["command"])[3:]
    assert main(words) == 0
    assert {path.name: path.read_bytes() for path in Path("explanation").iterdir()} == ours
    capfdbinary.readouterr()
    assert main([*words[:-2], "--json"]) == 0
    assert capfdbinary.readouterr().out == ours["explanation.json"]

    exec(code["python"], {})  # noqa: S102 - running it is the test
    assert {name: Path(name).read_bytes() for name in OF_PYTHON} == {name: ours[name] for name in OF_PYTHON}


def test_a_visitor_from_elsewhere_is_not_told_where_the_servers_folder_lies(
    question: Question, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(export, "is_visitor_on_this_machine", lambda: False)
    code, _ = page(question, "code", LOOKS["as it comes"])
    for text in (code["command"], code["python"]):
        assert str(tmp_path) not in text
        assert "folder-of-digits" in text


def test_a_folder_that_is_not_there_is_said_to_be(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "sample:meadow", "--model", "digits", "--checkpoints", "folder-of-digits"]) == 2
    assert capsys.readouterr().err.startswith("There is no checkpoint folder 'folder-of-digits'.")
