"""The frame round every page: bar, chips, menu, sidebar, the row that folds, and lists that close after a choice."""

import itertools
from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, Page, expect

from gradcam_core.samples import sample_bytes
from tests.browser.axe import findings
from tests.browser.conftest import Visit, settle
from tests.browser.frame import SIDEBAR, focus_is, is_collapsed, open_section, unfold, until_still

NewVisit = Callable[..., Visit]
BODY = "[data-testid=stPopoverBody]"


def open_list(page: Page, name: str) -> None:
    page.locator(f".st-key-{name}_list button").click()
    expect(page.locator(f"{BODY} .st-key-{name} input:checked")).to_be_focused()


def option(page: Page, text: str) -> None:
    page.locator(f"{BODY} [data-testid=stRadioOption]", has_text=text).first.click()


def collapse(page: Page) -> None:
    page.get_by_role("button", name="Collapse sidebar").click()
    expect(page.locator(SIDEBAR)).to_have_attribute("data-collapsed", "true")


def top(page: Page, selector: str) -> float:
    box = page.locator(selector).bounding_box()
    assert box
    return box["y"]


@pytest.mark.smoke
def test_the_bar_stands_over_the_page_and_its_chips_open_the_sidebar(visit: NewVisit) -> None:
    page = visit().open()
    assert page.locator(".st-key-bar").bounding_box() == {"x": 0, "y": 0, "width": 1280, "height": 48}
    assert min(top(page, SIDEBAR), top(page, "[data-testid=stMain]")) == 48
    expect(page.locator(".st-key-pages a[aria-current=page]:visible")).to_have_text("Explore")
    expect(page.get_by_role("button", name="Image: Meadow")).to_be_visible()
    collapse(page)
    page.get_by_role("button", name="Model: TinyNet (12 drawn things)").click()
    expect(page.locator(".st-key-section_model h2")).to_be_focused()
    assert not is_collapsed(page)


def test_chips_say_what_is_chosen_letter_by_letter(visit: NewVisit) -> None:
    page = visit().open("/?model=hostile")
    page.locator(".st-key-sample label", has_text="Night").click()
    expect(page.locator("[data-section=image] .title")).to_have_text("Night")
    expect(page.locator("[data-section=model] .title")).to_have_text("![t](http://host.invalid/t.png) :red[t] $t$")


def test_a_choice_of_page_keeps_the_bar_and_marks_the_page(visit: NewVisit) -> None:
    page = visit().open("/?image=night")
    page.get_by_role("link", name="Model", exact=True).click()
    expect(page.locator(".st-key-pages a[aria-current=page]:visible")).to_have_text("Model")
    expect(page.get_by_role("heading", level=1)).to_have_text("Model")
    expect(page.get_by_role("button", name="Image: Night")).to_be_visible()
    settle(page)


def test_on_a_phone_pages_are_a_menu_and_every_target_is_large(visit: NewVisit) -> None:
    page = visit(width=390).open()
    for target in page.locator(".st-key-bar button:visible, [data-testid=stHeader] button:visible").all():
        box = target.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    menu = page.get_by_role("button", name="Pages")
    expect(page.get_by_role("link", name="Model", exact=True)).to_have_count(0)
    menu.click()
    expect(menu).to_have_attribute("aria-expanded", "true")
    assert min(link.bounding_box()["height"] for link in page.locator(".st-key-pages a:visible").all()) >= 44  # type: ignore[index]
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    menu.click()
    page.get_by_role("link", name="Model", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Model")
    expect(menu).to_have_attribute("aria-expanded", "false")
    settle(page)


@pytest.mark.parametrize("path", ["/", "/model"])
def test_nothing_lies_beside_a_phones_screen(visit: NewVisit, path: str) -> None:
    page = visit(width=390).open("/")
    page.goto(page.url.rstrip("/") + path)
    expect(page.get_by_role("button", name="Model: ")).to_be_visible()
    settle(page)
    if path == "/":
        unfold(page)
    assert page.locator("[data-testid=stMain]").evaluate("node => node.scrollWidth - node.clientWidth") == 0
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_promise_stands_on_a_first_visit_alone(visit: NewVisit) -> None:
    page = visit(is_own=True).open()
    expect(page.locator(".promise")).to_be_visible()
    page.locator(".st-key-sample label", has_text="Night").click()
    settle(page)
    expect(page.locator(".promise")).to_be_visible()
    page.reload()
    page.wait_for_selector(".hp[data-shown]")
    settle(page)
    expect(page.locator(".promise")).to_be_hidden()


def test_where_nothing_may_be_stored_the_frame_still_works(visit: NewVisit) -> None:
    tab = visit(is_own=True)
    tab.page.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name,"
        " { get() { if (window.isOver) return { clear() {} }; throw new DOMException('no', 'SecurityError'); } });"
    )
    for _ in range(2):
        page = tab.open()
        expect(page.locator(".promise")).to_be_visible()
        unfold(page)
    page.evaluate("window.isOver = true")


def test_both_sections_fit_a_laptop_with_a_short_tray(visit: NewVisit) -> None:
    page = visit().open()
    bring(page, 5)
    assert page.locator("[data-testid=stSidebarContent]").evaluate("node => node.scrollHeight - node.clientHeight") == 0
    words = page.get_by_text("server's memory")
    expect(words).to_have_count(0)
    page.get_by_role("button", name="What happens to my image?").click()
    expect(words).to_be_visible()
    assert page.locator(f"{SIDEBAR} h2").all_inner_texts() == ["Image", "Model"]


def bring(page: Page, count: int) -> None:
    """Upload copies of a sample that differ by a byte after their end."""
    page.get_by_role("radio", name="Upload").click()
    files: list[FilePayload] = [
        {"name": f"{place}.png", "mimeType": "image/png", "buffer": sample_bytes("meadow") + bytes([place])}
        for place in range(count)
    ]
    page.locator("input[type=file]").set_input_files(files)
    expect(page.locator(".st-key-tray [data-testid=stRadioOption]")).to_have_count(count)
    page.get_by_role("radio", name="Samples").click()
    expect(page.locator(".st-key-sample")).to_be_visible()
    settle(page)


def test_how_is_one_line_that_opens_and_stays_as_it_was_left(visit: NewVisit) -> None:
    page = visit().open()
    line = page.locator("[data-fold=how]")
    assert line.inner_text().split("\n") == ["How:", "blocks.5", "Grad-CAM", "As trained"]
    expect(page.locator(".st-key-how")).to_be_hidden()
    line.click()
    expect(line).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".st-key-how .st-key-layer input")).to_have_css("text-overflow", "ellipsis")  # a long name
    open_list(page, "method")
    option(page, "LayerCAM")
    expect(line).to_contain_text("LayerCAM")
    expect(page.locator(".st-key-how")).to_be_visible()
    expect(line).to_have_attribute("aria-expanded", "true")
    settle(page)
    page.get_by_role("link", name="Model", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Model")
    settle(page)
    page.get_by_role("link", name="Explore", exact=True).click()
    page.wait_for_selector(".hp[data-shown]")
    expect(page.locator(".st-key-how")).to_be_visible()
    page.reload()
    page.wait_for_selector(".hp[data-shown]")
    expect(page.locator(".st-key-how")).to_be_visible()
    settle(page)


@pytest.mark.parametrize("width", [1280, 390])
def test_what_a_link_asks_for_in_vain_is_said_once_though_the_row_is_folded(visit: NewVisit, width: int) -> None:
    page = visit(width=width).open("/?method=none")
    expect(page.locator(".st-key-how")).to_be_hidden()
    alerts = [alert for alert in page.get_by_test_id("stAlert").all() if alert.is_visible()]
    assert ["The link asks for method" in alert.inner_text() for alert in alerts] == [True]


def test_a_list_closes_after_a_choice_and_gives_the_focus_back(visit: NewVisit) -> None:
    page = visit().open()
    unfold(page)
    for name, title in (("model", "Photo network"), ("method", "HiResCAM"), ("preprocessing", "Squash")):
        button = page.locator(f".st-key-{name}_list button")
        open_list(page, name)
        option(page, title)
        expect(page.locator(BODY)).to_have_count(0)
        expect(button).to_be_focused()
        expect(button).to_contain_text(title)
        open_list(page, name)
        page.keyboard.press("Escape")
        expect(page.locator(BODY)).to_have_count(0)
        expect(button).to_be_focused()
        settle(page)


def test_arrows_walk_through_a_list_and_enter_closes_it(visit: NewVisit) -> None:
    page = visit().open()
    unfold(page)
    button = page.locator(".st-key-method_list button")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"{BODY} .st-key-method input:checked")).to_be_focused()
    for title in ("HiResCAM", "GradCAMElementWise"):
        page.keyboard.press("ArrowDown")
        expect(button).to_contain_text(title)
        settle(page)
    expect(page.locator(BODY)).to_be_visible()
    for key in ("Enter", " "):
        page.keyboard.press(key)
        expect(page.locator(BODY)).to_have_count(0)
        expect(button).to_be_focused()
        open_list(page, "method")


def test_a_long_list_shows_that_it_goes_on(visit: NewVisit) -> None:
    page = visit().open()
    open_list(page, "model")
    body = page.locator(BODY)
    assert body.evaluate("node => node.scrollHeight > node.clientHeight")
    assert "local" in body.evaluate("node => getComputedStyle(node).backgroundAttachment")


def test_on_a_phone_the_sidebar_closes_after_a_choice_and_not_after_an_error(visit: NewVisit) -> None:
    page = visit(width=390).open()
    open_section(page, "image")
    page.locator(".st-key-sample label", has_text="Night").click()
    expect(page.locator(SIDEBAR)).to_have_attribute("data-collapsed", "true")
    expect(page.locator("[data-section=image]")).to_be_focused()
    settle(page)
    open_section(page, "model")
    open_list(page, "model")
    option(page, "Photo network")
    expect(page.locator(SIDEBAR)).to_have_attribute("data-collapsed", "true")
    settle(page)
    open_section(page, "image")
    page.get_by_role("radio", name="Link").click()
    page.get_by_label("Address of a picture").fill("nothing")
    page.get_by_role("button", name="Fetch").click()
    expect(page.locator(SIDEBAR).get_by_test_id("stAlert")).to_be_visible()
    settle(page)
    assert not is_collapsed(page)
    page.get_by_role("radio", name="Samples").focus()
    page.keyboard.press("Escape")
    expect(page.locator(SIDEBAR)).to_have_attribute("data-collapsed", "true")


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_in_a_closed_sidebar_takes_the_focus(visit: NewVisit, width: int) -> None:
    page = visit(width=width).open()
    if width > 390:
        collapse(page)
        expect(page.locator(SIDEBAR)).to_be_hidden()
        until_still(page)
    in_bar = False
    for _ in range(25):
        page.keyboard.press("Tab")
        assert not focus_is(page, SIDEBAR)
        in_bar |= focus_is(page, "[data-section=model]")
    assert in_bar


@pytest.mark.parametrize(
    ("width", "scheme", "path"),
    [(1280, "dark", "/"), (390, "light", "/"), (1280, "light", "/model"), (390, "dark", "/model")],
)
def test_axe_finds_nothing_in_the_frame_of_any_page(visit: NewVisit, width: int, scheme: str, path: str) -> None:
    page = visit(width=width, scheme=scheme).open("/")
    page.goto(page.url.rstrip("/") + path)
    expect(page.get_by_role("button", name="Model: ")).to_be_visible()
    settle(page)
    if path == "/":
        unfold(page)
    assert findings(page) == []
    if width == 390:
        page.get_by_role("button", name="Pages").click()
        assert findings(page) == []
        open_section(page, "model")
        until_still(page)
        assert findings(page) == []


SEVEN_PAGES = """() => {
  const pages = document.querySelector(".st-key-pages"), [model] = [...pages.children].slice(-1);
  for (const name of ["Compare", "Mistakes", "Learn"]) {
    const link = model.cloneNode(true);
    link.querySelector("p").textContent = name;
    pages.insertBefore(link, model);
  }
  const titles = document.querySelectorAll(".chip .title");
  for (const title of titles) title.textContent = "A long name of a file or a network.jpeg";
}"""
SIDES = """() => [...document.querySelectorAll(
  ".st-key-bar .menu, .st-key-bar .name, .st-key-pages a, .st-key-bar .chip, [data-testid=stHeader] button")]
  .map((node) => node.getBoundingClientRect()).filter(({width}) => width)
  .map(({left, right}) => [left, right]).sort(([a], [b]) => a - b)"""


def test_the_bar_holds_seven_pages_and_two_long_titles(visit: NewVisit) -> None:
    tab = visit(is_own=True)
    for width in (1280, 1024, 961, 960, 390, 320):
        page = tab.resized(width).open()
        page.evaluate(SEVEN_PAGES)
        sides = page.evaluate(SIDES)
        assert len(sides) == (11 if width > 960 else 5 if width > 380 else 4), width
        for (_, right), (left, _) in itertools.pairwise(sides):
            assert left >= right - 3, width  # the menu of Streamlit has a wide edge
        assert sides[-1][1] <= width


def test_the_table_of_layers_needs_no_scrolling_sideways(visit: NewVisit) -> None:
    tab = visit(is_own=True)
    for width in (1280, 1024, 390):
        page = tab.resized(width).open("/model")
        hidden = page.locator(".layers .scroll").evaluate("node => node.scrollWidth - node.clientWidth")
        assert hidden == 0, width
        assert page.locator(".layers").get_by_role("columnheader", name="Parameters").is_visible(), width


def test_nothing_of_a_closed_sidebar_is_seen(visit: NewVisit) -> None:
    page = visit(width=390).open("/model")
    seen = "nodes => nodes.filter((node) => getComputedStyle(node).visibility !== 'hidden').length"
    assert page.locator("[data-testid=stSidebar] *").evaluate_all(seen) == 0
