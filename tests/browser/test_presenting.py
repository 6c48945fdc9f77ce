"""Before an audience: a stage with the classes beside the picture, which goes through classes and pictures by keys."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_images import hand_over, noise, on_screen
from tests.browser.viewer import cards, until_agreed, until_at_rest

NewVisit = Callable[..., Visit]
LONG = "a name of a class as people leave it in their lists, " + 30 * "and_more_"


def present(page: Page) -> None:
    page.get_by_role("button", name="Present", exact=True).click()
    page.locator(".hp dialog[open]").wait_for()


def panel(page: Page) -> dict[str, float]:
    box = page.locator(".hp .presenting .overlay .frame").bounding_box()
    assert box
    return {"x": box["x"], "width": box["width"], "height": box["height"]}


def test_arrows_walk_the_pictures_of_the_tray_and_the_stage_stays_open(visit: NewVisit) -> None:
    page = visit().open()
    hand_over(page, "drop", ("a.png", noise(1)), ("b.png", noise(2)))
    on_screen(page, "a.png", noise(1))
    present(page)
    place = page.locator(".hp .presenting .place")
    expect(place).to_have_text("1 of 2")
    page.keyboard.press("ArrowRight")
    on_screen(page, "b.png", noise(2))
    expect(place).to_have_text("2 of 2")
    page.keyboard.press("ArrowRight")
    on_screen(page, "a.png", noise(1))
    expect(place).to_have_text("1 of 2")
    expect(page.locator(".hp dialog[open]")).to_have_count(1)


def test_arrows_up_and_down_and_the_strip_choose_classes(visit: NewVisit) -> None:
    page = visit().open()
    labels = cards(page).locator(".label").all_inner_texts()
    present(page)
    strip = page.locator(".hp .strip button")
    assert strip.locator(".label").all_inner_texts() == labels
    page.keyboard.press("ArrowDown")
    expect(page.locator(".hp .strip [aria-current=true] .label")).to_have_text(labels[1])
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("dialog").get_by_role("heading")).to_contain_text(labels[-1])
    strip.nth(2).click()
    expect(page.locator(".hp .strip [aria-current=true] .label")).to_have_text(labels[2])
    until_agreed(page)


def test_the_first_key_rings_no_button(visit: NewVisit) -> None:
    page = visit().open()
    page.locator(".hp").get_by_role("button", name="Present", exact=True).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    assert page.locator(".hp dialog :focus-visible").count() == 0
    assert page.evaluate("document.activeElement.shadowRoot.activeElement.tagName") == "DIALOG"


@pytest.mark.parametrize("size", [(1280, 800), (1024, 768), (1920, 1080)])
def test_a_landscape_picture_fills_the_stage(visit: NewVisit, size: tuple[int, int]) -> None:
    tab = visit()
    tab.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = tab.open("/?image=temple")
    present(page)
    assert panel(page)["height"] > 0.6 * size[1]


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_long_labels_leave_the_picture_its_room(visit: NewVisit, size: tuple[int, int]) -> None:
    tab = visit(width=size[0])
    tab.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = tab.open()
    present(page)
    page.locator(".hp .presenting :is(h2, .sentence, .caption, .strip .label)").evaluate_all(
        "(all, text) => all.forEach(one => one.textContent = text)", LONG
    )
    until_at_rest(page, ".hp dialog, .hp dialog .frame")
    box, dialog = panel(page), page.locator(".hp dialog")
    assert box["height"] > 0.4 * min(size)
    assert box["x"] + box["width"] <= size[0]
    assert dialog.evaluate("node => [node.scrollWidth, node.scrollHeight]") == list(size)


@pytest.mark.parametrize("size", [(1280, 800), (1024, 768), (390, 844)])
def test_how_sure_it_is_stays_beside_a_label_of_any_length(visit: NewVisit, size: tuple[int, int]) -> None:
    tab = visit(width=size[0])
    tab.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = tab.open()
    present(page)
    page.locator(".hp .presenting h2 strong").evaluate("(label, text) => label.textContent = text", "W" * 60)
    sure = page.locator(".hp .presenting h2").evaluate(
        """heading => {
            const range = document.createRange();
            range.selectNodeContents(heading.lastChild);
            const { left, right, top, bottom } = range.getBoundingClientRect();
            return { left, right, top, bottom, inHeader: heading.parentNode.getBoundingClientRect().bottom };
        }"""
    )
    assert sure["right"] - sure["left"] > 0
    assert sure["right"] <= size[0]
    assert sure["bottom"] <= sure["inHeader"] + 1


def test_the_colour_bar_and_the_zoom_come_along_and_go_home(visit: NewVisit) -> None:
    page = visit().open()
    present(page)
    dialog = page.locator(".hp dialog")
    expect(dialog.locator(".bar")).to_be_visible()
    page.keyboard.press("+")
    expect(dialog.locator(".stage[data-zoomed]")).to_have_count(1)
    page.keyboard.press("0")
    expect(dialog.locator(".stage[data-zoomed]")).to_have_count(0)
    page.keyboard.down("o")
    expect(dialog.locator(".overlay .under")).to_be_visible()
    page.keyboard.up("o")
    expect(dialog.locator(".overlay .under")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".hp > .stage")).to_have_attribute("data-view", "side")
    expect(page).not_to_have_url(re.compile("view="))
    expect(page.locator(".hp dialog :is(.bar, .foot, .stage, .notice)")).to_have_count(0)


def test_a_picture_that_cannot_be_opened_is_said_to_be(visit: NewVisit) -> None:
    page = visit().open()
    present(page)
    page.keyboard.press("ArrowLeft")  # the last sample is elsewhere, and nothing can be reached from here
    expect(page.locator(".hp dialog .notice")).to_contain_text("could not be opened", timeout=30_000)
    expect(page.locator(".hp .presenting .place")).to_have_text("1 of 10")
