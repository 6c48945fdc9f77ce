"""Addresses as people paste them, at the Link door and in links: which image they bring, and what then names it."""

import base64
import hashlib
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from gradcam_core.decoding.incoming import IncomingFile
from tests.pages.test_images import ask, current, noise, told

Open = Callable[..., AppTest]


def in_address(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode()


def upload_of(data: bytes) -> str:
    return f"upload-{hashlib.sha256(data).hexdigest()[:12]}"


def test_address_that_is_the_picture_becomes_an_upload(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_FETCH_URLS", "off")
    app = ask(open_app(), f"![cat]({in_address(noise(1))})")
    assert not app.error
    assert (current(app).address, current(app).name) == (upload_of(noise(1)), "image.png")
    assert app.query_params["image"] in (upload_of(noise(1)), [upload_of(noise(1))])
    app = ask(app, "data:image/png;base64,AAAAA")
    assert "The picture in this data: address is damaged." in told(app)
    assert current(app).address == upload_of(noise(1))


def test_link_that_holds_the_picture_asks_nobody(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_FETCH_LINKED_URLS", "off")
    app = open_app(image=in_address(noise(2)))
    assert not app.error
    assert current(app).address == upload_of(noise(2))


def test_what_stood_round_an_address_stands_in_no_link(open_app: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fetch(source: str) -> IncomingFile:
        asked.append(source)
        return IncomingFile("cat.png", noise(3), source)

    monkeypatch.setattr("gradcam_core.images.read_address", fetch)
    url = "https://img.invalid/cat.png?a=1&b=2"
    app = ask(open_app(), f"[cat]({url.replace('&', '&amp;')}).")
    for typed in (f"<{url}>", url.removeprefix("https://")):  # the very same image, which is in the tray
        app = ask(app, typed)
        assert not app.error
    assert asked == [url]
    assert current(app).address == url


def test_address_of_a_page_inside_the_browser_says_what_helps(open_app: Open) -> None:
    app = ask(open_app(), "blob:https://img.invalid/6f1c")
    assert "Copy the picture itself and paste it" in told(app)
    assert current(app).address == "meadow"
