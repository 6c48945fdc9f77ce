"""What the server does with a request for a file, however it reads."""

import re
from dataclasses import replace
from typing import Any

import pytest

from gradcam_core.errors import ResourceError
from pages._ui.result import export as takeaway
from pages._ui.result.export import reply_to
from pages._ui.result.view import digest
from pages._ui.session.question import Question
from pages._ui.viewer import Request
from tests.pages.questions import question_about

LOOK = {"colormap": "inferno", "opacity": 0.5, "threshold": 0.0, "contour": 0.0, "scale": None, "overlay": "spotlight"}


@pytest.fixture(scope="module")
def question() -> Question:
    """Grad-CAM of the embedded network on the first sample."""
    return question_about("tinynet")


def asked(question: Question, what: str = "cam", **changes: Any) -> Request:
    request = Request(token="t", what=what, class_index=1, look=LOOK, view=digest(question))  # noqa: S106
    return replace(request, **changes)


@pytest.mark.parametrize(
    ("what", "begin"),
    [("panels", b"\x89PNG"), ("overlay", b"\x89PNG"), ("cam", b"\x93NUMPY"), ("json", b"{"), ("zip", b"PK")],
)
def test_every_file_is_made_and_named_by_its_class(question: Question, what: str, begin: bytes) -> None:
    head, data = reply_to(asked(question, what), question)
    assert data.startswith(begin)
    assert head["name"].startswith("1-dog-")
    assert head["token"] == "t"  # noqa: S105


def test_the_code_names_the_sample(question: Question) -> None:
    head, data = reply_to(asked(question, "code"), question)
    assert data == b""
    assert "explain sample:meadow" in head["command"]
    assert "load_image('sample:meadow')" in head["python"]


@pytest.mark.parametrize(
    "changes",
    [
        {"view": "another"},
        {"what": "/etc/passwd"},
        {"class_index": 10**12},
        {"class_index": -1},
        {"look": {} | {"opacity": 9}},
        {"look": {"colormap": "rainbow"}},
        {"look": {"colormap": ["inferno"]}},
        {"look": {"unknown": 1}},
        {"look": {"scale": -1}},
        {"look": {"opacity": "x"}},
        {"look": {"contour": None}},
    ],
)
def test_a_request_that_makes_no_sense_gets_a_sentence_and_no_file(question: Question, changes: dict[str, Any]) -> None:
    head, data = reply_to(
        asked(question, "overlay") if not changes else asked(question, **({"what": "overlay"} | changes)), question
    )
    assert data == b""
    assert head["error"].endswith(".")
    assert "mistake" not in head["error"]


def test_a_mistake_of_ours_is_a_number_and_the_log_knows_the_rest(
    question: Question, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_args: object) -> bytes:
        raise KeyError("the secret")

    monkeypatch.setattr(takeaway, "_made", fail)
    head, data = reply_to(asked(question), question)
    assert data == b""
    assert "secret" not in head["error"]
    assert head["error"].split()[-1].rstrip(".") in caplog.text


def test_a_full_memory_says_what_to_do(question: Question, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: object) -> bytes:
        raise ResourceError("There is not enough memory.", hint="Try a smaller picture.") from MemoryError()

    monkeypatch.setattr(takeaway, "_made", fail)
    said = reply_to(asked(question, "zip"), question)[0]["error"]
    assert re.fullmatch(r"There is not enough memory\. Try a smaller picture \(error [0-9a-f]{8}\)\.", said)
