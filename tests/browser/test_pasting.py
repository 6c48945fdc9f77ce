"""Addresses pasted on the page: which are taken, and that one which is the picture itself is opened at once."""

import base64
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit, settle
from tests.browser.test_images import hand_over, noise, on_screen

NewVisit = Callable[..., Visit]


@pytest.mark.parametrize(
    ("form", "target"),
    [
        ("{}", ".stMain"),
        ("![cat]({})", ".stMain"),
        ("{}", ".st-key-url input"),
        ('<img src="{}">', ".st-key-url input"),
    ],
)
def test_an_address_that_is_the_picture_is_opened_wherever_it_is_pasted(
    visit: NewVisit, form: str, target: str
) -> None:
    page = visit().open()
    page.get_by_role("radio", name="Link").click()
    page.wait_for_selector(".st-key-url input")
    address = "data:image/png;base64," + base64.b64encode(noise(1)).decode()
    assert hand_over(page, "paste", text=form.format(address), target=target)
    on_screen(page, "image.png", noise(1))
    expect(page.locator(".st-key-url input")).to_have_value("")


def test_an_address_in_markdown_is_asked_for_and_other_text_is_not(visit: NewVisit) -> None:
    page = visit().open()
    for text in ("and/or", "src/a.py", "cat.jpg", "https://img.test/a and more", "just words"):
        assert not hand_over(page, "paste", text=text)
    for text in ("![a cat](http://127.0.0.1/a.png)", "<http://127.0.0.1/b.png>.", "127.0.0.1.test/c.png"):
        assert hand_over(page, "paste", text=text)
    expect(page.locator(".stSidebar").get_by_test_id("stAlert")).to_be_visible()
    settle(page)
