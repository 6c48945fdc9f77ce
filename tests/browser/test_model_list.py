"""Finding one of many models: the list is searched as one types, by keyboard alone, and keeps its groups."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import findings
from tests.browser.conftest import Visit
from tests.browser.frame import open_section, until_still
from tests.browser.test_frame import BODY, open_list

NewVisit = Callable[..., Visit]
SHOWN = "nodes => nodes.filter((one) => one.getClientRects().length).map((one) => one.innerText)"
GROUPS = """nodes => nodes.map((one) => getComputedStyle(one, "::before").content).filter((text) => text !== "none")"""


def titles(page: Page) -> list[str]:
    shown: list[str] = page.locator(f"{BODY} .st-key-model [data-testid=stRadioOption] strong").evaluate_all(SHOWN)
    return [text for text in shown if not text.endswith(("download.", "here.", "Ready."))]


def groups(page: Page) -> list[str]:
    named: list[str] = page.locator(f"{BODY} .st-key-model [role=radiogroup] > div").evaluate_all(GROUPS)
    return [text.strip('"') for text in named]


@pytest.mark.smoke
def test_what_is_typed_finds_a_model_and_enter_takes_it(visit: NewVisit) -> None:
    page = visit().open()
    open_list(page, "model")
    assert groups(page)[:2] == ["On this machine", "ResNet"]
    page.keyboard.type("vit h 14")
    expect(page.locator(f"{BODY} .search input")).to_be_focused()
    expect(page.locator(f"{BODY} .search p")).to_contain_text("2 of ")
    assert titles(page) == ["ViT-H/14", "ViT-H/14 (SWAG LINEAR V1)"]
    assert groups(page) == ["Vision Transformer"]
    page.locator(f"{BODY} .search input").fill("resnext 101")
    page.keyboard.press("Enter")
    expect(page.locator(BODY)).to_have_count(0)
    expect(page.locator(".st-key-section_model")).to_contain_text("ResNeXt-101 64x4d is not on this machine yet.")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_the_arrow_goes_into_what_was_found_and_all_of_it_can_be_read(visit: NewVisit, scheme: str) -> None:
    page = visit(width=390, scheme=scheme).open()
    open_section(page, "model")
    open_list(page, "model")
    until_still(page)
    assert page.locator(BODY).evaluate("body => getComputedStyle(body).colorScheme") == scheme
    assert findings(page) == []
    page.locator(f"{BODY} .search input").fill("swin_v2")
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"{BODY} [data-testid=stRadioOption] input").and_(page.locator(":focus"))).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator(BODY)).to_have_count(0)
    expect(page.locator(".st-key-section_model")).to_contain_text("SwinV2-T is not on this machine yet.")
    open_list(page, "model")
    page.locator(f"{BODY} .search input").fill("nothing like this")
    expect(page.locator(f"{BODY} .search p")).to_have_text("No model is like that.")
    assert titles(page) == []
