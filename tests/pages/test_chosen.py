"""Which class the server takes for the chosen one, whatever the browser or the address say."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.support import view

Open = Callable[..., AppTest]


def test_at_first_nothing_is_chosen(open_app: Open) -> None:
    assert view(open_app())["chosen"] is None


def test_the_address_names_the_class_of_its_image_and_model_only(open_app: Open) -> None:
    assert view(open_app(model="photos", **{"class": "4"}))["chosen"] == 4
    assert view(open_app(image="nothere", **{"class": "4"}))["chosen"] is None
    assert view(open_app(**{"class": "99"}))["chosen"] is None


def test_a_choice_belongs_to_its_image_and_model_and_to_no_other(open_app: Open) -> None:
    app = open_app(model="photos", **{"class": "4"})
    app.session_state["chosen_class"] = (("", "photos"), 13)
    told = view(app.run())
    assert told["chosen"] == 13
    assert 13 in told["mapped"]
    for other in ((("night", "photos"), 13), (("", ""), 13), (("", "photos"), 10**9), (("", "photos"), -1)):
        app.session_state["chosen_class"] = other
        app.session_state["user_action"] = True  # a person's act brought it about, not an address
        assert view(app.run())["chosen"] is None


def heard() -> None:
    """A script that shows what `told_choice` makes of what the browser told."""
    import streamlit as st

    from pages._ui.viewer import told_choice

    st.text(repr(told_choice()))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"imageAndModel": ["night", ""], "index": 3, "count": 1}, (("night", ""), 3)),
        (None, None),
        ("x", None),
        ({"index": 3}, None),
        ({"imageAndModel": ["a"], "index": 3}, None),
        ({"imageAndModel": ["a", 1], "index": 3}, None),
        ({"imageAndModel": {"a": 1}, "index": 3}, None),
        ({"imageAndModel": ["", ""], "index": True}, None),
        ({"imageAndModel": ["", ""], "index": "3"}, None),
    ],
)
def test_what_a_browser_may_not_tell_is_not_heard(told: Any, expected: Any) -> None:
    app = AppTest.from_function(heard)
    app.session_state["chosen_class_channel"] = {"chosen": told}
    assert app.run().text[0].value == repr(expected)
