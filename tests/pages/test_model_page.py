"""The Model page: what it counts, and for which input."""

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from tests.pages.test_models import words


def test_an_input_that_the_network_refuses_leaves_the_usual_one_on_screen(open_app: Callable[..., AppTest]) -> None:
    app = open_app(model="tinyvit")
    app.switch_page("pages/model.py").run()
    app.text_input(key="side").set_value("64").run()
    assert "can't take an input of 1 x 3 x 64 x 64. This is counted for its usual input." in words(app)
    assert any("for an input of 1 × 3 × 128 × 128" in one.value for one in app.main.markdown)
    assert not app.error
