"""The viewer in parts: drawing stands many times on a page, page control once, and the registries are the server's."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.models import LoadedModel
from gradcam_core.rendering.render import Look, heatmap_image, overlay_image
from gradcam_core.samples import load_sample
from tests.browser.conftest import Visit, settle
from tests.browser.test_viewer import number_in, set_range
from tests.browser.viewer import PIXELS, array, download, open_look, open_menu

NewVisit = Callable[..., Visit]
Trial = Callable[[str], Page]
FIRST, SECOND = ".st-key-explained .hp", ".st-key-second_viewer .hp"
IDS = """() => {
  const ids = [], walk = (root) => root.querySelectorAll("*").forEach((node) => {
    if (node.id) ids.push(node.id);
    if (node.shadowRoot) walk(node.shadowRoot);
  });
  walk(document);
  return ids.filter((id, place) => ids.indexOf(id) !== place);
}"""


@pytest.fixture
def crowded(visit: NewVisit, trial_address: str) -> Page:
    """The trial with all its elements: two viewers and two elements of two pane sets each."""
    page = visit(trial_address).open("/?image=night")  # of both viewers: the address is about either
    page.get_by_text("Second", exact=True).click()
    expect(page.locator(".hp[data-shown]")).to_have_count(4)
    settle(page)
    return page


def forward_of(model: LoadedModel, slug: str) -> ForwardPass:
    return Explainer(model).forward(load_sample(slug))


def pixels(panel: Locator) -> np.ndarray:
    return array(panel.locator("canvas.picture").evaluate(PIXELS))


def read_at(one: Locator, panel: str) -> tuple[tuple[int, int], float]:
    """Hover a panel of this pane set: the pixel and the value that its own readout says."""
    frame = one.locator(f".{panel} .frame")
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    assert box
    frame.hover(position={"x": 0.4 * box["width"], "y": 0.6 * box["height"]})
    read = one.locator(".readout").inner_text()
    x, y = (int(number) for number in re.findall(r"[xy] (\d+)", read))
    return (x, y), number_in(r": (\S+) logits per cell", read)


def test_every_pane_set_draws_and_reads_its_own_map(crowded: Page, tinynet: LoadedModel) -> None:
    for key, slug, panel in (("panes_of_bay", "bay", "heatmap"), ("panes_of_temple", "temple", "overlay")):
        forward = forward_of(tinynet, slug)
        sets = crowded.locator(f".st-key-{key} .set")
        expect(sets).to_have_count(2)
        for one, prediction in zip(sets.all(), forward.top(2), strict=True):
            cam = forward.cam(prediction.class_index)
            expect(one.locator(".title")).to_have_text(prediction.label)
            at, value = read_at(one, panel)
            assert abs(value - cam.value_at(*at)) < 0.006 * abs(cam.value_at(*at)) + 1e-4
        assert crowded.locator(".hp .readout", has_text="logits per cell").count() == 1


def test_panes_alone_are_drawn_bit_for_bit_and_as_wide_as_their_place(crowded: Page, tinynet: LoadedModel) -> None:
    image, forward = load_sample("bay"), forward_of(tinynet, "bay")
    cam, look = forward.cam(forward.top(1)[0].class_index), Look(contour=0.2)
    one = crowded.locator(".st-key-panes_of_bay .set").first
    assert np.array_equal(pixels(one.locator(".heatmap")), heatmap_image(cam, image, look))
    assert np.array_equal(pixels(one.locator(".overlay")), overlay_image(image, cam, look))
    for frame in crowded.locator(".st-key-alone .pane").all():
        inner, outer = frame.locator(".frame").bounding_box(), frame.bounding_box()
        assert inner
        assert outer
        assert abs(inner["width"] - outer["width"]) < 1


def test_marks_in_one_pane_set_leave_the_others(crowded: Page) -> None:
    sets = crowded.locator(".st-key-panes_of_bay .set")
    sets.first.locator(".original .frame").click(position={"x": 20, "y": 20})
    crowded.mouse.move(5, 5)
    expect(sets.first.locator(".readout")).to_contain_text("Kept: x ")
    expect(sets.first.locator(".overlay .pin")).to_be_visible()
    expect(crowded.locator(".hp .pin:visible")).to_have_count(3)


def test_keys_history_and_ids_stand_once(crowded: Page) -> None:
    first, second = (crowded.locator(place) for place in (FIRST, SECOND))
    before, length = second.get_attribute("data-shown"), crowded.evaluate("history.length")
    crowded.keyboard.press("2")
    expect(first.locator(".card").nth(1)).to_have_attribute("aria-checked", "true")
    assert second.get_attribute("data-shown") == before
    assert crowded.evaluate("history.length") == length + 1
    address = crowded.url
    second.locator(".card").nth(2).click()
    expect(second.locator(".card").nth(2)).to_have_attribute("aria-checked", "true")
    expect(first.locator(".card").nth(1)).to_have_attribute("aria-checked", "true")
    second.get_by_role("button", name="Overlay", exact=True).click()
    expect(second.locator(".stage")).to_have_attribute("data-view", "overlay")
    expect(first.locator(".stage")).to_have_attribute("data-view", "side")
    assert (crowded.url, crowded.evaluate("history.length")) == (address, length + 1)
    for viewer in (first, second):
        viewer.locator(".search").focus()
    assert crowded.locator(".found li").count() > 2
    assert crowded.evaluate(IDS) == []
    settle(crowded)


def test_page_control_goes_to_the_next_viewer_and_ends_with_the_last(crowded: Page) -> None:
    second = crowded.locator(SECOND)
    crowded.get_by_text("First", exact=True).click()
    expect(crowded.locator(FIRST)).to_have_count(0)
    settle(crowded)
    crowded.keyboard.press("3")
    expect(second.locator(".card").nth(2)).to_have_attribute("aria-checked", "true")
    crowded.get_by_text("Second", exact=True).click()
    expect(crowded.locator(".hp")).to_have_count(0)
    settle(crowded)
    url, length = crowded.url, crowded.evaluate("history.length")
    crowded.keyboard.press("1")
    assert (crowded.url, crowded.evaluate("history.length")) == (url, length)
    crowded.get_by_text("First", exact=True).click()
    crowded.wait_for_selector(f"{FIRST}[data-shown]")
    settle(crowded)
    crowded.keyboard.press("2")
    expect(crowded.locator(FIRST).locator(".card").nth(1)).to_have_attribute("aria-checked", "true")
    assert crowded.evaluate("history.length") == length + 1


def test_an_export_format_is_one_entry_on_the_server(trial: Trial, tinynet: LoadedModel) -> None:
    page = trial("/")
    forward = forward_of(tinynet, "meadow")
    cam = forward.cam(forward.top(1)[0].class_index)
    open_menu(page)
    name, content = download(page, "Peak (TXT)")
    assert name.endswith("-peak.txt")
    assert content.decode() == str(cam.peak)


def test_a_look_parameter_is_one_entry_on_the_server(trial: Trial) -> None:
    page = trial("/?glow=15")
    expect(page.get_by_label("Glow", exact=True)).to_have_value("15")
    set_range(page, "Glow", 7)
    page.wait_for_url("**/*glow=7*")
    open_look(page)
    page.get_by_role("button", name="Reset").click()
    page.wait_for_function("!location.search.includes('glow')")
    page = trial("/?glow=21")
    expect(page.get_by_label("Glow", exact=True)).to_have_value("10")
    page.wait_for_function("!location.search.includes('glow')")


def test_an_address_parameter_is_one_entry_on_the_server(trial: Trial) -> None:
    page = trial("/?mood=wild")
    page.wait_for_timeout(600)
    expect(page).to_have_url(re.compile("mood=wild"))
    page = trial("/?mood=nothing")
    page.wait_for_function("!location.search.includes('mood')")
