"""The frame in a browser, as tests use it: the row that folds, the sidebar, and where the focus is."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import settle

SIDEBAR = "[data-testid=stSidebar]"
STILL = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const moves = () => document.getAnimations().some(({ playState, effect }) =>
    playState === "running" && effect.getComputedTiming().endTime !== Infinity);
  for (let frames = 0; frames < 10; frames = moves() ? 0 : frames + 1) await frame();
}"""
_FOCUS = """() => {
    let node = document.activeElement;
    while (node.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
    return node;
}"""


def unfold(page: Page) -> None:
    """Let the row of layer, method and preprocessing show its pickers."""
    wait_for_frame(page)
    if not page.locator(".st-key-how").is_visible():
        page.locator("[data-fold=how]").click()
    expect(page.locator(".st-key-how")).to_be_visible()


def choose_layer(page: Page, name: str) -> None:
    """Find a layer in its list by typing, once the list has it, and wait until the address says it."""
    page.get_by_label("Layer", exact=True).first.fill(name)
    expect(page.get_by_role("option").filter(has_text=name).first).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**layer={name}*")
    settle(page)


def open_section(page: Page, name: str) -> None:
    """Open `image` or `model` in the sidebar by its chip, and wait until it has slid in."""
    wait_for_frame(page)
    page.locator(f"[data-section={name}]").click()
    expect(page.locator(f".st-key-section_{name} h2")).to_be_focused()
    page.wait_for_function(f"document.querySelector('{SIDEBAR}').getBoundingClientRect().x === 0")


def wait_for_frame(page: Page) -> None:
    """Until frame.js listens: it marks the pages as navigation when it begins."""
    page.wait_for_selector(".st-key-pages[role=navigation]", state="attached")


def until_still(page: Page) -> None:
    """Wait until what opens or closes has done so: for ten frames nothing is in transition."""
    page.evaluate(STILL)


def is_collapsed(page: Page) -> bool:
    return page.locator(SIDEBAR).get_attribute("data-collapsed") == "true"


def focus_is(page: Page, selector: str) -> bool:
    """Whether what has the focus matches this selector or lies in what does."""
    return bool(page.evaluate(f"selector => Boolean(({_FOCUS})().closest(selector))", selector))
