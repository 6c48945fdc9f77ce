"""Files of the page Attention: of the map on the stage, however the request reads."""

import io
import json
import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradcam_core.attention.passes import AttentionPass
from gradcam_core.cli.main import main
from pages._ui.attention.message import view_id
from pages._ui.attention.take_away import FileWanted, file_message, offered_formats
from pages._ui.session.question import Question
from pages._ui.viewer.payload import unpack
from tests.pages.questions import question_about

LOOK = {"colormap": "inferno", "opacity": 0.5, "threshold": 0.0, "contour": 0.0, "scale": None, "overlay": "evidence"}
WHOLE_NUMBERS = {"opacity": 1, "threshold": 0, "contour": 0}  # as a browser says them
CHOICE = {"show": "attention", "block": 1, "head": 3, "direction": "looks", "token": "c60", "hidden": None}


def asked(question: Question, what: str = "map", look: dict[str, Any] | None = None, **choice: Any) -> FileWanted:
    return FileWanted("t", what, view_id(question), CHOICE | choice, LOOK | (look or {}))


def answer(question: Question, wanted: FileWanted) -> tuple[dict[str, Any], bytes]:
    head, blobs = unpack(file_message(question, wanted))
    return head, blobs.get("file", b"")


def values(question: Question, **choice: Any) -> np.ndarray:
    head, data = answer(question, asked(question, **choice))
    assert "error" not in head
    loaded: np.ndarray = np.load(io.BytesIO(data), allow_pickle=False)
    return loaded


@pytest.mark.parametrize(("what", "begin"), [("overlay", b"\x89PNG"), ("map", b"\x93NUMPY"), ("json", b"{")])
def test_every_file_is_made_and_named_by_its_map(question: Question, what: str, begin: bytes) -> None:
    head, data = answer(question, asked(question, what))
    assert data.startswith(begin)
    assert head["name"].startswith("attention-block-2-head-3-row-4-column-13-")
    assert what in {one["slug"] for one in offered_formats()}


def test_the_map_is_in_full_precision_what_the_choice_says(question: Question, attended: AttentionPass) -> None:
    head = attended.weights(1)[2]
    assert np.array_equal(values(question), head[1 + 60, 1:].reshape(16, 16))
    assert np.array_equal(values(question, direction="seen"), head[1:, 1 + 60].reshape(16, 16))
    mean = attended.weights(1).mean(axis=0)
    for token in ("read", "t0"):
        assert np.allclose(values(question, head=0, token=token), mean[0, 1:].reshape(16, 16), atol=1e-7)
        received = values(question, head=0, token=token, direction="seen")
        assert np.allclose(received, mean[1:, 0].reshape(16, 16), atol=1e-7)
    hidden = values(question, head=0, token="read", hidden=[17])  # noqa: S106
    assert hidden[1, 1] == 0
    assert hidden.sum() == pytest.approx(1, abs=1e-6)


def test_the_code_names_the_image_the_block_and_the_cell(question: Question) -> None:
    head, data = answer(question, asked(question, "code", hidden=[]))
    assert data == b""
    chosen = "--model tinyvit --block 2 --head 3 --of 4,13 --opacity 0.5 --hide tokens --out attention"
    assert head["command"] == f"python -m gradcam_core attention sample:meadow {chosen}"
    assert "View(block=1, head=2, cell=(3, 12), hidden=())" in head["python"]


@pytest.mark.parametrize("choice", [{}, {"show": "similarity", "block": 0}])
def test_the_command_writes_the_files_of_the_page(
    question: Question, choice: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATPROOF_DEVICE", "cpu")
    monkeypatch.chdir(tmp_path)
    assert main(shlex.split(answer(question, asked(question, "code", WHOLE_NUMBERS, **choice))[0]["command"])[3:]) == 0
    (folder,) = tmp_path.iterdir()
    taken = [answer(question, asked(question, one["slug"], WHOLE_NUMBERS, **choice)) for one in offered_formats()]
    assert len(taken) == len(list(folder.iterdir())) == 4
    for head, data in taken:
        assert (folder / head["name"].rsplit("-", 1)[1]).read_bytes() == data


def test_features_of_a_network_without_attention_can_be_taken_away() -> None:
    question = question_about("tinynet")
    head, data = answer(question, asked(question, "json", show="similarity", block=0, token="c1"))  # noqa: S106
    assert json.loads(data)["of"] == {"cell": [0, 1]}
    assert head["name"].endswith("row-1-column-2-facts.json")
    assert answer(question, asked(question, show="attention"))[0]["error"]


@pytest.mark.parametrize(
    "choice",
    [
        {"show": "what"},
        {"show": ["attention"]},
        {"block": 99},
        {"block": -1},
        {"block": "1"},
        {"block": True},
        {"head": 5},
        {"head": None},
        {"token": "c256"},
        {"token": "c-1"},
        {"token": "c²"},
        {"token": "t1"},
        {"token": 7},
        {"token": "c" + "9" * 5000},
        {"hidden": "all"},
        {"hidden": [256]},
        {"hidden": [1.5]},
        {"hidden": [0] * 257},
        {"show": "similarity", "block": 0, "token": "read"},
        {"show": "colours", "block": 77},
    ],
)
def test_a_choice_that_makes_no_sense_gets_a_sentence_and_no_file(question: Question, choice: dict[str, Any]) -> None:
    head, data = answer(question, asked(question, **choice))
    assert data == b""
    assert head["error"].endswith(".")
    assert "mistake" not in head["error"]


def test_another_view_an_unknown_file_and_a_look_that_there_is_not_are_refused(question: Question) -> None:
    for wanted in (
        replace(asked(question), view="another"),
        asked(question, "/etc/passwd"),
        asked(question, "overlay", {"opacity": 9}),
        asked(question, "overlay", {"scale": "x"}),
        asked(question, "overlay", {"unknown": 1}),
    ):
        head, data = answer(question, wanted)
        assert data == b""
        assert head["error"].endswith(".")
        assert "mistake" not in head["error"]
