"""Zoom and marks: what is larger on screen is the same image, with the same values at the same places."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import Visit, settle
from tests.browser.viewer import canvas, choose

NewVisit = Callable[..., Visit]
IN_IMAGE = """mark => {
    const plane = mark.parentElement.getBoundingClientRect(), box = mark.getBoundingClientRect();
    return [(box.x + box.width / 2 - plane.x) / plane.width, (box.y + box.height / 2 - plane.y) / plane.height];
}"""


def zoom_with_wheel(page: Page, name: str, across: float, down: float, *, notches: int = 4) -> tuple[float, float]:
    """Turn the wheel with Ctrl over this place of a panel, in shares of it; where that is in the window."""
    box = page.locator(f".hp .{name} .frame").bounding_box()
    assert box
    x, y = round(box["x"] + across * box["width"]), round(box["y"] + down * box["height"])
    page.mouse.move(x, y)
    page.keyboard.down("Control")
    for _ in range(notches):
        former = scale_said(page).inner_text()
        page.mouse.wheel(0, -100)
        expect(scale_said(page)).not_to_have_text(former)
    page.keyboard.up("Control")
    return x, y


def scale_said(page: Page) -> Locator:
    return page.locator(".hp .zooming [aria-label='The whole image (0)']")


def scale(page: Page) -> float:
    return float(scale_said(page).inner_text().rstrip("×"))


def readout(page: Page) -> str:
    return page.locator(".hp .readout").inner_text()


@pytest.mark.smoke
def test_the_wheel_with_ctrl_zooms_every_panel_about_the_pointer(visit: NewVisit) -> None:
    page = visit().open()
    frame = page.locator(".hp .original .frame")
    before = frame.bounding_box()
    x, y = zoom_with_wheel(page, "original", 0.3, 0.7)
    assert scale(page) > 2
    planes = page.locator(".hp .stage .plane").evaluate_all(
        "all => all.map(one => { const [own, frame] = [one, one.parentElement].map(n => n.getBoundingClientRect());"
        " return [own.x - frame.x, own.y - frame.y, own.width, own.height].map(Math.round); })"
    )
    assert len(planes) == 3
    assert planes[0] == planes[1] == planes[2]
    assert frame.bounding_box() == before
    page.mouse.move(x, y)
    found = [int(number) for number in re.findall(r"[xy] (\d+)", readout(page))]
    assert abs(found[0] - 0.3 * 512) < 4
    assert abs(found[1] - 0.7 * 512) < 4


def test_marks_stay_on_their_pixels_and_files_are_of_the_whole_image(visit: NewVisit) -> None:
    page = visit().open()
    whole = {name: canvas(page, name) for name in ("original", "heatmap", "overlay")}
    page.locator(".hp .original .frame").click(position={"x": 90, "y": 200})
    kept = readout(page).splitlines()[0]
    pin = page.locator(".hp .heatmap .pin")
    place = pin.evaluate(IN_IMAGE)
    zoom_with_wheel(page, "overlay", 0.3, 0.7)
    assert readout(page).splitlines()[0] == kept
    assert np.allclose(pin.evaluate(IN_IMAGE), place, atol=0.002)
    assert all((canvas(page, name) == former).all() for name, former in whole.items())


def test_the_zoom_stays_with_the_class_and_goes_with_the_image(visit: NewVisit) -> None:
    page = visit().open()
    zoom_with_wheel(page, "original", 0.5, 0.5)
    choose(page, 1)
    assert scale(page) > 2
    page.locator(".st-key-sample [data-testid=stRadioOption]").nth(1).click()
    page.wait_for_url("**image=bay**")
    settle(page)
    expect(page.locator(".hp .stage[data-zoomed]")).to_have_count(0)


def test_a_zoomed_image_is_dragged_and_with_shift_a_box_is_drawn(visit: NewVisit) -> None:
    page = visit().open()
    x, y = zoom_with_wheel(page, "original", 0.5, 0.5)
    page.mouse.move(x, y)
    first = readout(page)
    page.mouse.down()
    page.mouse.move(x - 60, y, steps=4)
    page.mouse.up()
    expect(page.locator(".hp .stage[data-box]")).to_have_count(0)
    assert readout(page) == first  # the pixel went along with the pointer
    page.keyboard.down("Shift")
    page.mouse.down()
    page.mouse.move(x + 40, y + 40, steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")
    expect(page.locator(".hp .stage[data-box]")).to_have_count(1)


def test_keys_and_buttons_zoom_and_bring_the_whole_image_back(visit: NewVisit) -> None:
    page = visit().open()
    page.locator(".hp .overlay .frame").focus()
    page.keyboard.press("+")
    page.keyboard.press("+")
    assert scale(page) == pytest.approx(2.2, abs=0.11)
    page.keyboard.press("-")
    page.keyboard.press("0")
    assert scale(page) == 1
    page.get_by_role("button", name="Zoom in").click()
    assert scale(page) == 1.5
    page.get_by_role("button", name="The whole image").click()
    assert scale(page) == 1


def test_the_pointer_of_keys_stays_on_screen(visit: NewVisit) -> None:
    page = visit().open()
    frame = page.locator(".hp .overlay .frame")
    frame.focus()
    for key in ("+",) * 4 + ("ArrowRight",) * 60:
        page.keyboard.press(key)
    mark, box = page.locator(".hp .overlay .pointer").bounding_box(), frame.bounding_box()
    assert mark
    assert box
    assert box["x"] < mark["x"] < box["x"] + box["width"]


@pytest.mark.parametrize("kept", ["point", "box"])
def test_what_is_kept_can_be_taken_back(visit: NewVisit, kept: str) -> None:
    page = visit().open()
    for way in ("second click", "escape", "button", "reset"):
        keep(page, kept)
        take_back(page, way)
        expect(page.locator(".hp .stage:is([data-pin], [data-box])")).to_have_count(0)
        assert readout(page).startswith("Point at a panel"), way


def keep(page: Page, kept: str) -> None:
    """Click into the original, or drag a box in it."""
    box = page.locator(".hp .original .frame").bounding_box()
    assert box
    page.mouse.move(box["x"] + 90, box["y"] + 90)
    page.mouse.down()
    page.mouse.move(box["x"] + (91 if kept == "point" else 150), box["y"] + (90 if kept == "point" else 150), steps=3)
    page.mouse.up()
    expect(page.locator(f".hp .original .{'pin' if kept == 'point' else 'box'}")).to_be_visible()


def take_back(page: Page, way: str) -> None:
    """What is kept in the panels, in one of four ways; the pointer then lies elsewhere."""
    if way == "second click":
        page.locator(".hp .original .frame").click(position={"x": 92, "y": 92})
    page.mouse.move(5, 5)
    if way == "escape":
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("Escape")
    elif way == "button":
        page.get_by_role("button", name="Take back the kept point").click()
    elif way == "reset":
        page.get_by_role("button", name="Look", exact=True).click()
        page.get_by_role("button", name="Reset", exact=True).click()


def test_the_readout_moves_nothing_and_ends_with_the_pointer(visit: NewVisit) -> None:
    page = visit().open()
    below = page.locator(".hp .words")
    before = below.bounding_box()
    frame = page.locator(".hp .original .frame")
    frame.click(position={"x": 90, "y": 200})
    frame.hover(position={"x": 30, "y": 60})
    assert readout(page).count("x ") == 2
    assert below.bounding_box() == before
    page.evaluate("window.dispatchEvent(new Event('blur'))")
    assert readout(page).count("x ") == 1
