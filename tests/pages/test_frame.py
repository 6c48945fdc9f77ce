"""The frame: deep links, and what a visitor sees of an error."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from pages._ui.frame.bar import Chip, chip_html
from pages._ui.frame.registry import page_entry
from tests.pages.support import view

Open = Callable[..., AppTest]


def test_a_page_that_is_run_without_app_py_still_gets_its_frame_once(open_app: Open) -> None:
    app = open_app().switch_page("pages/explore.py").run()
    assert not app.exception
    assert "".join(element.proto.body for element in app.get("html")).count(">Heatproof<") == 1
    assert view(app)["classes"]


def _broken_page() -> None:
    from pages._ui.frame.page import errors_shown

    with errors_shown():
        raise RuntimeError("the secret of /etc")


def _refused_page() -> None:
    from gradcam_core.errors import LayerError
    from pages._ui.frame.page import errors_shown

    with errors_shown():
        raise LayerError("![x](http://host.invalid/x) is not a layer.", hint="Choose *another*.")


def test_our_own_mistake_is_a_number_on_screen_and_the_whole_story_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    app = AppTest.from_function(_broken_page).run()
    assert not app.exception
    (shown,) = [error.value for error in app.error]
    assert "secret" not in shown
    incident = re.search(r"error ([0-9a-f]{8})", shown)
    assert incident is not None
    assert incident[1] in caplog.text
    assert "the secret of /etc" in caplog.text


def test_a_visitors_mistake_is_its_message_and_hint_shown_literally() -> None:
    app = AppTest.from_function(_refused_page).run()
    (shown,) = [error.value for error in app.error]
    assert r"\!\[x\]\(http" in shown
    assert r"Choose \*another\*\." in shown


def test_a_page_without_a_sidebar_has_no_chips(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def bodies(app: AppTest) -> str:
        return "".join(element.proto.body for element in app.get("html"))

    assert bodies(open_app()).count("data-section") == 2
    alone = replace(page_entry("explore"), has_sidebar=False)
    monkeypatch.setattr("pages._ui.frame.page.page_entry", lambda _: alone)
    assert bodies(open_app()).count("data-section") == 0


def test_a_chip_shows_any_name_letter_by_letter() -> None:
    drawn = chip_html("image", Chip("a", '<img src=x onerror="alert(1)">', thumbnail='"><script>'))
    assert "<img src=x" not in drawn
    assert "<script>" not in drawn
    assert "&lt;img src=x onerror=&quot;alert(1)&quot;&gt;</span>" in drawn


def _page_with_a_picker() -> None:
    import streamlit as st

    from pages._ui import pick_own
    from pages._ui.session import page_state

    page_state.enter_page("model", frozenset())
    st.text(pick_own("side", "Side", {"64": "Small", "128": "Large"}, "128"))
    page_state.enter_page("explore", frozenset())
    pick_own("side", "Side", {"64": "Small"}, "64")


def test_a_page_picks_its_own_parameter_and_none_that_it_does_not_have(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    app = AppTest.from_function(_page_with_a_picker)
    app.query_params["side"] = "64"
    app.run()
    assert app.text[0].value == "64"
    assert app.selectbox(key="side").options == ["Small", "Large"]
    printed = capsys.readouterr()  # where Streamlit finds rich, it prints a traceback and does not log it
    assert "side is no parameter of the page explore" in caplog.text + printed.out + printed.err
