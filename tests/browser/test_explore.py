"""Explore as a person sees it."""

from collections.abc import Callable

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from gradcam_core.render import to_png
from tests.browser.conftest import Visit, settle
from tests.pages.support import HOSTILE

NewVisit = Callable[..., Visit]
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def heatmap(page: Page) -> str:
    """The heatmap's address, which Streamlit makes of its content."""
    return str(page.locator(".st-key-panels img").nth(1).get_attribute("src"))


def choose(page: Page, place: int) -> str:
    """Click a prediction and say which."""
    option = page.locator(".st-key-prediction [data-testid=stRadioOption]").nth(place)
    option.click()
    return option.inner_text()


def upload(page: Page, data: bytes, name: str = "mine.png") -> None:
    page.get_by_role("radio", name="Upload").click()
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "image/png", "buffer": data})


def noise(width: int, height: int) -> bytes:
    return to_png(np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8))


def test_the_first_screen_shows_three_equal_panels_without_a_click(visit: NewVisit) -> None:
    page = visit().open()
    boxes = [panel.bounding_box() for panel in page.locator(".st-key-panels img").all()]
    assert len(boxes) == 3
    assert all(box is not None for box in boxes)
    assert len({(round(box["y"]), round(box["width"]), round(box["height"])) for box in boxes if box}) == 1
    expect(page).to_have_title("Explore · Heatproof")
    expect(page.get_by_role("heading", name="Heatproof")).to_be_visible()


def test_a_click_on_a_prediction_changes_the_map_and_the_sentence(visit: NewVisit) -> None:
    page = visit().open()
    before = heatmap(page)
    label = choose(page, 1)
    expect(page.locator(".st-key-words")).to_contain_text(f"“{label}”")
    settle(page)
    assert heatmap(page) != before
    assert "class=" in page.url


def test_back_returns_to_the_former_class_and_image(visit: NewVisit) -> None:
    page = visit().open()
    before = heatmap(page)
    choose(page, 1)
    page.wait_for_url("**/*class=*")
    settle(page)
    page.go_back()
    expect(page.locator(".st-key-panels img").nth(1)).to_have_attribute("src", before)
    page.locator(".st-key-sample label", has_text="Night").click()
    expect(page.get_by_alt_text("The image Night")).to_be_visible()
    page.wait_for_url("**/*image=night*")
    settle(page)
    page.go_back()
    expect(page.get_by_alt_text("The image Meadow")).to_be_visible()
    expect(page.locator(".st-key-panels img").nth(1)).to_have_attribute("src", before)


def test_a_radio_group_is_walked_with_the_arrow_keys(visit: NewVisit) -> None:
    page = visit().open()
    label = page.locator(".st-key-prediction [data-testid=stRadioOption]").nth(1).inner_text()
    page.locator(".st-key-prediction input").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".st-key-words")).to_contain_text(f"“{label}”")


def test_an_upload_is_explained_at_once_and_a_photo_network_is_offered(visit: NewVisit) -> None:
    page = visit().open()
    upload(page, noise(300, 200))
    expect(page.get_by_alt_text("The image mine.png")).to_be_visible()
    expect(page.locator(".st-key-photo_hint")).to_contain_text("knows only 12 drawn things")
    page.get_by_role("button", name="Ask Photo network").click()
    expect(page.locator(".st-key-words")).to_contain_text("Photo network")
    settle(page)


def test_a_deep_link_works_on_a_fresh_server_and_ever_after(fresh_server: str, visit: NewVisit) -> None:
    for _ in range(2):
        page = visit(fresh_server).open("/explore?image=night")
        expect(page.locator(".st-key-header")).to_have_count(1)
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.get_by_alt_text("The image Night")).to_be_visible()


def test_hostile_labels_and_titles_are_shown_letter_by_letter(visit: NewVisit) -> None:
    page = visit().open("/?model=hostile&k=10")
    expect(page.locator(".st-key-prediction [role=radiogroup] > div")).to_have_count(10)
    shown = {text.replace("\u2060", "") for text in page.locator(".st-key-prediction label p").all_inner_texts()}
    assert len(shown & set(HOSTILE)) == 10
    assert page.locator(".st-key-prediction :is(img, a, code, strong, .katex)").count() == 0
    assert page.locator(".st-key-words :is(img, a, .katex)").count() == 0
    expect(page.locator(".st-key-words")).to_contain_text(":red[t] $t$".replace(":", ":\u2060"))


def test_sixty_fast_clicks_leave_the_map_of_the_last_one(visit: NewVisit) -> None:
    page = visit().open()
    alone = {}
    for place in range(4, -1, -1):
        label = choose(page, place)
        expect(page.locator(".st-key-words")).to_contain_text(f"“{label}”")
        settle(page)
        alone[label] = heatmap(page)
    assert len(set(alone.values())) == 5
    last = [choose(page, click % 5) for click in range(60)][-1]
    panel = page.locator(".st-key-panels img").nth(1)
    expect(panel).to_have_attribute("src", alone[last], timeout=30_000)
    page.wait_for_timeout(1000)
    settle(page)
    expect(panel).to_have_attribute("src", alone[last])
    expect(page.locator(".st-key-words")).to_contain_text(f"“{last}”")
    assert page.locator(".st-key-prediction label:has(input:checked)").inner_text() == last


@pytest.mark.slow
def test_fast_clicks_on_samples_and_classes_end_with_the_last_sample(visit: NewVisit) -> None:
    tab = visit()
    tab.allowed += [r"/media/[0-9a-f]+\.jpg$", r"/ImageList\.[^/]+\.js$"]  # an original replaced before it was fetched
    page = tab.open()
    samples = page.locator(".st-key-sample [data-testid=stRadioOption]")
    for click in range(30):
        samples.nth(click % 6).click()
        if click % 3 == 0:
            choose(page, click % 5)
    expect(page.get_by_alt_text("The image Desert")).to_be_visible(timeout=60_000)
    page.wait_for_url("**/?image=desert", timeout=60_000)
    settle(page)
    alone = visit().open("/?image=desert")
    expect(page.locator(".st-key-panels img").nth(1)).to_have_attribute("src", heatmap(alone), timeout=60_000)
    expect(page.locator(".st-key-words p").first).to_have_text(alone.locator(".st-key-words p").first.inner_text())


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "light"),
        pytest.param(1280, "dark", marks=pytest.mark.slow),
        pytest.param(390, "light", marks=pytest.mark.slow),
        (390, "dark"),
    ],
)
def test_axe_finds_nothing_of_wcag_a_or_aa_before_and_after_a_refused_file(
    visit: NewVisit, width: int, scheme: str
) -> None:
    page = visit(width=width, scheme=scheme).open()
    before = heatmap(page)
    assert findings(page) == []
    if width < 600:
        page.get_by_test_id("stExpandSidebarButton").click()
    upload(page, b"just words")
    expect(page.get_by_test_id("stAlert")).to_contain_text("can't be opened as a picture")
    settle(page)
    page.wait_for_timeout(400)  # the sidebar slides in
    assert findings(page) == []
    assert heatmap(page) == before


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1200, 300), (300, 1200), (1, 1)])
def test_a_picture_of_any_shape_stays_within_the_window(visit: NewVisit, size: tuple[int, int]) -> None:
    page = visit(width=390).open()
    page.get_by_test_id("stExpandSidebarButton").click()
    upload(page, noise(*size))
    expect(page.get_by_alt_text("The image mine.png")).to_be_attached()
    settle(page)
    for panel in page.locator(".st-key-panels img").all():
        box = panel.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        assert box["height"] <= 844
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def findings(page: Page) -> list[str]:
    results = Axe().run(page, options=WCAG)
    return [f"{found['id']}: {found['nodes'][0]['html'][:120]}" for found in results.response["violations"]]
