"""What a browser answers when it is asked for the tray it had: anything may stand in that."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from gradcam_core.encoding import to_png
from pages._ui.session import tray_return
from pages._ui.session.shared import shared
from tests.pages.support import view

Open = Callable[..., AppTest]
NOTHING: list[Any] = [None, 7, [], {}, {"answer": 7}, {"answer": {"token": 7}}, {"answer": {"token": ["x"]}}]


def bring(app: AppTest, name: str, seed: int) -> AppTest:
    app.segmented_control(key="source").set_value("Upload").run()
    pixels = np.random.default_rng(seed).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    app.file_uploader[0].upload(name, to_png(pixels))
    return app.run()


def names(app: AppTest) -> list[str]:
    trays = [radio for radio in app.radio if radio.key == "tray"]
    return [option.replace("\\", "") for radio in trays for option in radio.options]


def answer(app: AppTest, token: object, **beside: object) -> AppTest:
    told = {"token": token, "question": app.session_state["tray_question"], **beside}
    app.session_state["tray_told"] = {"answer": told}
    return app.run()


def test_the_tray_comes_back_and_what_was_brought_meanwhile_stays(open_app: Open) -> None:
    former = bring(bring(open_app(), "a.png", 50_001), "b.png", 50_002)
    app = bring(open_app(image="bay"), "c.png", 50_003)
    app = answer(app, former.session_state["tray_token"])
    assert names(app) == ["a.png", "b.png", "c.png"]
    assert view(app)["alt"] == "The image c.png"
    assert names(bring(former, "d.png", 50_004)) == ["a.png", "b.png", "d.png"]
    assert names(app.run()) == ["a.png", "b.png", "c.png"]


def test_an_answer_counts_once(open_app: Open) -> None:
    former = bring(open_app(), "a.png", 50_005)
    app = answer(open_app(), former.session_state["tray_token"])
    token = app.session_state["tray_token"]
    assert app.run().session_state["tray_token"] == token


def test_an_answer_to_a_former_session_does_not_count(open_app: Open) -> None:
    former = bring(open_app(), "a.png", 50_006)
    app = answer(open_app(), former.session_state["tray_token"], question="0123456789abcdef")
    assert names(app) == []
    assert names(answer(app, former.session_state["tray_token"])) == ["a.png"]


@pytest.mark.slow
@pytest.mark.parametrize("told", NOTHING)
def test_what_our_script_does_not_send_is_no_answer(open_app: Open, told: Any) -> None:
    app = open_app()
    app.session_state["tray_told"] = told if isinstance(told, dict) else {"answer": told}
    assert not app.run().exception
    assert names(app) == []


@pytest.mark.slow
@pytest.mark.parametrize("token", ["", None, 7, ["x"], {}, "x" * 43, "x" * 10_000])
def test_a_token_that_nobody_gave_out_brings_nothing(open_app: Open, token: object) -> None:
    app = answer(open_app(), token)
    assert not app.exception
    assert not app.error
    assert names(app) == []


def test_a_run_that_is_cut_off_in_the_middle_leaves_the_tray_to_the_next(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = bring(open_app(), "a.png", 50_007)
    app = open_app()
    with monkeypatch.context() as broken:
        broken.setattr(tray_return, "take_over", lambda _token: 1 / 0)
        app = answer(app, former.session_state["tray_token"])
    assert names(app.run()) == ["a.png"]


def test_a_full_server_still_gives_a_tray_back(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    former = bring(open_app(), "a.png", 50_008)
    monkeypatch.setattr(shared().trays, "max_bytes", shared().trays.nbytes)
    assert names(answer(open_app(), former.session_state["tray_token"])) == ["a.png"]
