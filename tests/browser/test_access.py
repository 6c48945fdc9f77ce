"""For everybody: no barrier that axe finds, the whole main job by keyboard, and words that are heard."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import findings
from tests.browser.conftest import Visit, settle
from tests.browser.viewer import cards, chosen, sentence, until_agreed

NewVisit = Callable[..., Visit]


def open_everything(page: Page) -> None:
    for title in ("How to read this", "What the model saw", "Keys", "Take away"):
        page.locator(".hp summary", has_text=title).click()
    expect(page.locator(".hp pre").first).to_contain_text("gradcam_core")


def test_axe_finds_nothing_on_the_first_screen(visit: NewVisit) -> None:
    assert findings(visit(width=390, scheme="dark").open()) == []


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_axe_finds_nothing_of_wcag_a_or_aa(visit: NewVisit, width: int, scheme: str) -> None:
    page = visit(width=width, scheme=scheme).open()
    assert findings(page) == []
    open_everything(page)
    assert findings(page) == []
    page.locator(".hp summary", has_text="Take away").click()
    page.locator(".hp .search").fill("o")
    assert findings(page) == []
    page.keyboard.press("Escape")
    if page.get_by_role("button", name="Swipe").is_hidden():  # on a narrow screen it is behind Look
        page.get_by_role("button", name="Look", exact=True).click()
        assert findings(page) == []
    page.get_by_role("button", name="Swipe").click()
    assert findings(page) == []
    page.mouse.click(width // 2, 60)
    page.get_by_role("button", name="Present").click()
    assert findings(page) == []


def test_the_main_job_is_done_by_keyboard_alone(visit: NewVisit) -> None:
    page = visit().open()
    tab_to(page, "input[type=radio]", "Samples scene")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/*image=bay*")
    settle(page)
    tab_to(page, ".card", "")
    page.keyboard.press("ArrowRight")
    assert chosen(page) == cards(page).nth(1).locator(".label").inner_text()
    tab_to(page, ".views button", "Side by side")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".hp .stage")).to_have_attribute("data-view", "overlay")
    tab_to(page, "input[type=range]", "Opacity")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_label("Opacity", exact=True)).to_have_value("66")
    tab_to(page, ".frame", "")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.locator(".hp .readout")).to_contain_text("Kept: x ")
    for _ in range(4):
        page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".hp .readout")).to_contain_text("of the evidence on")
    page.keyboard.press("Escape")
    tab_to(page, ".search", "")
    page.keyboard.type("cat")
    page.keyboard.press("Enter")
    expect(page.locator(".hp .card[aria-checked=true] .label")).to_have_text("cat")
    tab_to(page, "summary", "Take away")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    with page.expect_download():
        for _ in range(4):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    until_agreed(page)


def tab_to(page: Page, selector: str, name: str) -> None:
    """Press Tab until an element of this kind and name has the focus."""
    for _ in range(90):
        page.keyboard.press("Tab")
        if page.evaluate(_FOCUS_IS, [selector, name]):
            return
    raise AssertionError(f"no way by Tab to {selector} {name}")


_FOCUS_IS = """([selector, name]) => {
    let node = document.activeElement;
    while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    if (!node?.matches(selector)) return false;
    const group = node.closest('[role=radiogroup]')?.getAttribute('aria-label') ?? '';
    const own = node.getAttribute('aria-label') ?? node.textContent;
    return !name || own.includes(name) || group === 'Sample';
}"""


def test_a_screen_reader_hears_the_sentence_when_the_class_changes(visit: NewVisit) -> None:
    page = visit().open()
    region = page.locator(".hp .saying [role=status]")
    page.evaluate(
        "region => { window.heard = []; new MutationObserver(() => window.heard.push(region.textContent))"
        ".observe(region, {childList: true, characterData: true, subtree: true}); }",
        region.element_handle(),
    )
    page.keyboard.press("2")
    assert page.evaluate("window.heard") == [sentence(page)]
    page.keyboard.press("2")
    assert len(page.evaluate("window.heard")) == 1


@pytest.mark.parametrize("size", [(1024, 768), pytest.param((3840, 2160), marks=pytest.mark.slow)])
def test_a_presentation_fits_a_projector_and_a_4k_screen(visit: NewVisit, size: tuple[int, int]) -> None:
    tab = visit()
    tab.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = tab.open()
    page.get_by_role("button", name="Present").click()
    for name in ("overlay", "swipe", "side"):
        expect(page.locator(".hp .presenting .stage")).to_have_attribute("data-view", name)
        for part in page.locator(".hp .presenting :is(h2, .frame, .sentence, .caption)").all():
            box = part.bounding_box() if part.is_visible() else None
            if box:
                assert box["x"] >= 0
                assert box["y"] >= 0
                assert box["x"] + box["width"] <= size[0]
                assert box["y"] + box["height"] <= size[1]
        letters = page.locator(".hp .presenting .sentence").evaluate(
            "node => parseFloat(getComputedStyle(node).fontSize)"
        )
        assert letters >= size[1] / 45
        page.keyboard.press("v")
