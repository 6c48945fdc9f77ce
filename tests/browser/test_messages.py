"""What is refused is read above the result, also where the sidebar that says it is closed, as on every phone."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.axe import findings
from tests.browser.conftest import Visit, settle
from tests.browser.frame import open_section
from tests.browser.test_images import hand_over

NewVisit = Callable[..., Visit]


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("/?image=nothere", "is not the address of a picture"),
        pytest.param("/?layer=zzz", "The link asks for layer", marks=pytest.mark.slow),
    ],
)
def test_a_refusal_is_seen_on_a_phone(visit: NewVisit, link: str, said: str) -> None:
    page = visit(width=390).open(link)
    expect(page.locator("[data-testid=stMain] [data-testid=stAlert]").get_by_text(said)).to_be_visible()


def test_beside_an_open_sidebar_it_is_said_once(visit: NewVisit) -> None:
    page = visit().open("/?image=nothere")
    seen = [alert for alert in page.get_by_test_id("stAlert").all() if alert.is_visible()]
    assert len(seen) == 1


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_message_is_dismissed_by_the_keyboard_and_the_focus_is_not_lost(
    visit: NewVisit, width: int, scheme: str
) -> None:
    page = visit(width=width, scheme=scheme).open()
    if width == 390:
        open_section(page, "image")
    page.get_by_role("radio", name="Link").click()
    field = page.locator(".st-key-url input")
    field.fill("nothing" * 10)
    expect(page.get_by_text("Press Enter to submit form")).to_be_hidden()
    field.press("Enter")
    message = page.locator(".stSidebar").get_by_test_id("stAlert")
    expect(message).to_contain_text("is not the address of a picture")
    settle(page)
    assert findings(page) == []
    page.locator(".stSidebar").get_by_role("button", name="Dismiss").press("Enter")
    expect(message).to_have_count(0)
    expect(page.locator(".st-key-section_image h2")).to_be_focused()
    settle(page)
    page.get_by_role("button", name="Fetch").click()
    expect(message).to_be_visible()
    settle(page)


def test_a_message_that_is_repeated_is_dismissed_in_both_places(visit: NewVisit) -> None:
    page = visit().open()
    hand_over(page, "paste", ("words.png", b"only words"))
    expect(page.locator(".stSidebar").get_by_test_id("stAlert")).to_be_visible()
    page.get_by_role("button", name="Collapse sidebar").click()
    repeated = page.locator(".st-key-messages").get_by_test_id("stAlert")
    expect(repeated).to_be_visible()
    settle(page)
    page.locator(".st-key-messages").get_by_role("button", name="Dismiss").click()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)
    expect(page.locator("[data-section=image]")).to_be_focused()
    settle(page)
