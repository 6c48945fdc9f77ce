"""Trust as a person sees it: the card belongs to what is on screen, and the page shows what the verdict rests on."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import findings
from tests.browser.conftest import Visit, settle
from tests.browser.viewer import cards, choose, until_told

NewVisit = Callable[..., Visit]
LONG = 60_000  # milliseconds: the check of an image on a busy machine

WATCH = """() => {
    const within = (root, wanted) => root.querySelector(wanted)
      ?? [...root.querySelectorAll("*")].reduce(
        (found, node) => found ?? (node.shadowRoot && within(node.shadowRoot, wanted)), null);
    window.wrong = [];
    const look = () => {
        const shown = within(document, ".hp[data-shown]")?.dataset.shown, of = within(document, ".trust")?.dataset.of;
        if (of && of !== shown) window.wrong.push([of, shown]);
        requestAnimationFrame(look);
    };
    look();
}"""


def card(page: Page) -> Locator:
    return page.locator(".trust")


def check(page: Page) -> None:
    """Press the button and wait for the verdict."""
    page.get_by_role("button", name="Check this heatmap").click()
    expect(card(page)).to_have_attribute("data-verdict", re.compile("supported|mixed"), timeout=LONG)
    settle(page)


@pytest.mark.smoke
def test_a_card_belongs_to_the_class_on_screen_and_never_stands_under_another(visit: NewVisit) -> None:
    page = visit().open("/explore?image=garden")
    page.evaluate(WATCH)
    check(page)
    first = card(page).locator(".lines").inner_text()
    expect(page).to_have_url(re.compile("check=1"))
    for place in (1, 0, 2, 1):
        label = choose(page, place)
        page.wait_for_timeout(80)
        if place == 1:
            assert re.search(label, card(page).inner_text()) or "Provisional" in card(page).inner_text()
    until_told(page)
    expect(card(page)).to_have_attribute("data-verdict", re.compile("supported|mixed|cannot tell"), timeout=LONG)
    choose(page, 0)
    expect(card(page).locator(".lines")).to_have_text(first, use_inner_text=True)
    assert page.evaluate("window.wrong") == []


def test_a_card_goes_with_its_image_and_comes_back_with_it(visit: NewVisit) -> None:
    page = visit().open("/explore?image=bay")
    page.evaluate(WATCH)
    check(page)
    page.locator(".st-key-sample label", has_text="Night").click()
    expect(page.get_by_role("button", name="Check this heatmap")).to_be_visible()
    expect(card(page)).to_have_count(0)
    expect(page).not_to_have_url(re.compile("check="))
    page.go_back()
    expect(card(page)).to_have_attribute("data-verdict", re.compile("supported|mixed"))
    assert page.evaluate("window.wrong") == []


def cancelled(page: Page) -> bool:
    """Press the button and Cancel; a quick machine may be done before that is pressed."""
    page.get_by_role("button", name="Check this heatmap").click()
    page.locator(".st-key-progress_check").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Check this heatmap").or_(card(page))).to_be_visible()
    return card(page).count() == 0


def test_a_check_is_cancelled_at_once_and_a_link_asks_for_it(visit: NewVisit) -> None:
    page = visit().open("/explore?image=desert&model=photos")
    if not cancelled(page):
        page.locator(".st-key-sample label", has_text="Night").click()
        expect(card(page)).to_have_count(0)
        assert cancelled(page)
    expect(page.locator(".st-key-progress_check")).to_have_count(0)
    page.goto(page.url.split("?")[0] + "?image=winter&check=1")
    expect(card(page)).to_have_attribute("data-verdict", re.compile("supported|mixed"), timeout=LONG)


@pytest.mark.parametrize(("width", "scheme", "image"), [(1280, "light", "winter"), (390, "dark", "garden")])
def test_the_page_shows_what_the_verdict_rests_on_and_all_can_use_it(
    visit: NewVisit, width: int, scheme: str, image: str
) -> None:
    tab = visit(width=width, scheme=scheme)
    page = tab.page
    page.goto(f"{tab.address}/trust?image={image}&check=1")
    expect(card(page)).to_have_attribute("data-verdict", re.compile("supported|mixed"), timeout=LONG)
    for button, shown in (("Measure it", ".film"), ("Destroy a copy", ".film >> nth=1"), ("Compare all", ".rows")):
        page.get_by_role("button", name=button).click()
        expect(page.locator(shown).first).to_be_visible(timeout=LONG)
        settle(page)
    for summary in card(page).locator("summary").all():
        summary.click()
    assert findings(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    slider = page.get_by_role("slider", name="Share of the image")
    slider.focus()
    before = slider.get_attribute("aria-valuetext")
    page.keyboard.press("ArrowRight")
    assert slider.get_attribute("aria-valuetext") != before
    row = page.locator(".rows button").last
    method = row.inner_text()
    row.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".fold[data-fold=how]")).to_contain_text(method)
    expect(page.locator(".rows tr.current button")).to_have_text(method)


def test_the_class_of_explore_is_judged_on_the_page_and_the_address_says_so(visit: NewVisit) -> None:
    page = visit().open("/explore?image=meadow&check=1")
    expect(card(page)).to_have_attribute("data-verdict", re.compile("supported|mixed"), timeout=LONG)
    label = cards(page).nth(1).locator(".label").inner_text()
    choose(page, 1)
    page.get_by_role("link", name="Trust", exact=True).click()
    expect(page.get_by_role("heading", name=re.compile(f"heatmap of {label}"))).to_be_visible()
    expect(card(page)).to_have_attribute("data-verdict", re.compile("supported|mixed"))
    page.wait_for_function("['check=1', 'class=1'].every(part => location.search.includes(part))")


def test_the_stage_and_the_class_cards_tell_the_verdict_of_their_own_class(visit: NewVisit) -> None:
    page = visit().open("/explore?image=winter&check=1")
    expect(card(page)).to_have_attribute("data-verdict", re.compile("supported|mixed"), timeout=LONG)
    choose(page, 2)
    expect(card(page)).to_have_attribute("data-verdict", "cannot tell", timeout=LONG)
    marks = cards(page).locator(".verdict")
    expect(marks.nth(2)).to_have_text("? Cannot tell")
    expect(marks.nth(3)).to_have_text("")
    page.get_by_role("button", name="Present", exact=True).click()
    stage = page.locator(".presenting .verdict")
    expect(stage).to_contain_text("? Cannot tell: The network hardly sees")
    page.keyboard.press("ArrowDown")
    expect(stage).not_to_contain_text("Cannot tell: The network hardly sees bird")
    page.keyboard.press("Escape")
