"""What was refused can be dismissed, and is said again where it is refused again."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from gradcam_core.errors import HeatproofError
from pages._ui.result import result
from tests.pages.test_images import ask, told

Open = Callable[..., AppTest]


def dismiss(app: AppTest) -> AppTest:
    """Press the first button that puts a message away."""
    return next(button for button in app.button if button.label == "Dismiss").click().run()


def has_mark(app: AppTest) -> bool:
    """Whether the image's chip says that the sidebar has something to say."""
    return any("data-has-error" in html.proto.body for html in app.get("html"))


def test_refused_address_can_be_dismissed_and_is_refused_anew(open_app: Open) -> None:
    app = ask(open_app(), "nothing")
    assert "is not the address of a picture" in told(app)
    assert has_mark(app)
    app = dismiss(app)
    assert not app.error
    assert not has_mark(app)
    assert not app.run().error
    app = ask(app, "nothing")
    assert "is not the address of a picture" in told(app)


def test_of_two_messages_the_other_one_stays(open_app: Open) -> None:
    app = open_app()
    app.segmented_control(key="source").set_value("Upload").run()
    for name in ("a.png", "b.png"):
        app.file_uploader[0].upload(name, b"only words")
    app = dismiss(app.run())
    assert "a.png" not in told(app)
    assert "b.png: This is a text file" in told(app)


def test_same_message_is_not_said_twice_in_one_place(open_app: Open) -> None:
    app = open_app()
    app.segmented_control(key="source").set_value("Upload").run()
    for _ in range(2):
        app.file_uploader[0].upload("a.png", b"only words")
    assert len(app.run().sidebar.error) == 1


def test_model_that_fails_is_said_again_when_it_is_chosen_again(open_app: Open, tmp_path: Path) -> None:
    from tests.pages.support import add_photo_network

    add_photo_network(tmp_path)
    (tmp_path / "photos.json").rename(tmp_path / "broken.json")  # no other test has loaded one of this name
    (tmp_path / "photos.safetensors").unlink()
    (tmp_path / "broken.safetensors").write_bytes(b"nothing of the kind")
    app = open_app(checkpoints=tmp_path)
    app.radio(key="model").set_value("broken").run()
    assert app.warning
    app = dismiss(app)
    assert not app.warning
    app.radio(key="model").set_value("tinynet").run()
    app.radio(key="model").set_value("broken").run()
    assert app.warning


def test_error_with_a_number_in_the_log_stays_dismissed(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    app = open_app()

    def fail(*_: object) -> bytes:
        raise HeatproofError("There is no room for this map.") from MemoryError()

    monkeypatch.setattr(result, "view_message", fail)
    app = app.run()
    assert "There is no room for this map" in told(app)
    first = app.error[0].value
    app = app.run()
    assert app.error[0].value != first  # each run writes an entry of its own
    assert not dismiss(app).error
