"""Below the stage of the page Attention: what is chosen there is on the stage, and the other way round."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from gradcam_core.methods import METHODS
from gradcam_core.methods.base import Family
from tests.browser.axe import findings
from tests.browser.conftest import Visit, at_rest

NewVisit = Callable[..., Visit]
ADDRESS = "/attention?model=tinyvit"
SCROLL = "() => { const main = document.querySelector('[data-testid=stMain]'); main.scrollTop = main.scrollHeight; }"


def opened(visit: Visit, address: str = ADDRESS) -> Page:
    """The page, scrolled down until everything stands."""
    page = visit.open(address)
    page.evaluate(SCROLL)
    expect(page.locator(".depth[data-shown]")).to_be_visible()
    page.evaluate(SCROLL)
    expect(page.locator(".st-key-class_maps .hp[data-shown]").last).to_be_visible()
    at_rest(page)
    return page


def dot(page: Page, block: int, head: int) -> Locator:
    return page.get_by_role("button", name=re.compile(f"^Block {block}, head {head}: distance"))


def row(page: Page, block: int) -> Locator:
    return page.locator(".depth tr", has=page.get_by_role("button", name=f"Block {block}", exact=True))


def test_a_dot_and_a_row_put_their_block_on_the_stage_and_are_marked(visit: NewVisit) -> None:
    page = opened(visit())
    expect(row(page, 3)).to_have_class(re.compile("current"))
    dot(page, 1, 3).click()
    expect(page.locator(".attention .readout")).to_contain_text("Block 1, head 3:")
    expect(page).to_have_url(re.compile("block=1.*head=3"))
    expect(dot(page, 1, 3)).to_have_attribute("aria-pressed", "true")
    expect(row(page, 3)).not_to_have_class(re.compile("current"))
    row(page, 2).click()
    expect(page.locator(".attention .readout")).to_contain_text("Block 2, head 3:")
    expect(dot(page, 2, 3)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("gridcell", name="Block 3, head 1").click()
    expect(dot(page, 3, 1)).to_have_attribute("aria-pressed", "true")


def test_arrow_keys_go_from_dot_to_dot_and_rollout_stays_where_a_row_is_chosen(visit: NewVisit) -> None:
    page = opened(visit(), f"{ADDRESS}&show=rollout&block=1")
    assert findings(page) == []
    row(page, 2).click()
    expect(page.locator(".attention .readout")).to_contain_text("Rollout up to block 2")
    dot(page, 1, 1).focus()
    page.keyboard.press("ArrowRight")
    expect(dot(page, 1, 2)).to_be_focused()
    expect(page.locator(".depth .told")).to_contain_text("Block 1, head 2:")
    page.keyboard.press("Enter")
    expect(page.locator(".attention .readout")).to_contain_text("Block 1, head 2:")


def test_maps_of_the_chosen_class_say_so_and_lead_to_explore_and_trust(visit: NewVisit) -> None:
    page = opened(visit(width=390, scheme="dark"), f"{ADDRESS}&class=1")
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    titles = page.locator(".st-key-class_maps .title")
    of_attention = [method for method in METHODS.values() if method.family is Family.ATTENTION]
    expect(titles).to_have_count(1 + len(of_attention))
    expect(titles.nth(0)).to_have_text("Attention rollout: not about a class")
    expect(titles.nth(1)).to_have_text("HiResCAM: about dog")
    page.locator(".st-key-class_map_chefer").get_by_role("button", name="Check it on Trust").click()
    expect(page).to_have_url(re.compile("/trust.*method=chefer"))
    expect(page.get_by_role("heading", name="Does the heatmap of dog")).to_be_visible()
    expect(page.get_by_text("Chefer relevance").first).to_be_visible()
    page.go_back()
    page.locator(".st-key-class_map_legrad").get_by_role("button", name="Explore this map").click()
    expect(page.locator(".fold")).to_contain_text("LeGrad")
