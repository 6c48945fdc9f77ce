"""Fingers: a tap keeps a point, a drag across draws a box, and the page scrolls over the panels as it always does."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.browser.conftest import settle

SCROLLED = "document.querySelector('[data-testid=stMain]').scrollTop > 50"


@pytest.fixture
def phone(chromium: Browser, server: str) -> Iterator[Page]:
    """A page on a telephone."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.goto(server)
    page.wait_for_selector(".hp[data-shown]", timeout=60_000)
    settle(page)
    yield page
    context.close()


def drag(session: CDPSession, start: tuple[float, float], end: tuple[float, float]) -> None:
    """A finger that goes down, moves in ten steps, and leaves."""
    points = [(start[0] + (end[0] - start[0]) * i / 10, start[1] + (end[1] - start[1]) * i / 10) for i in range(11)]
    for place, (x, y) in enumerate(points):
        kind = "touchMove" if place else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def middle(page: Page, name: str) -> tuple[float, float]:
    box = page.locator(f".hp .{name} .frame").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_tap_keeps_a_point_and_scrolling_leaves_it(phone: Page) -> None:
    session = phone.context.new_cdp_session(phone)
    x, y = middle(phone, "overlay")
    phone.touchscreen.tap(x, y)
    read = phone.locator(".hp .readout").inner_text()
    assert read.startswith("Kept: x ")
    drag(session, (x, y + 60), (x, y - 200))
    phone.wait_for_function(SCROLLED)
    assert phone.locator(".hp .readout").inner_text() == read


def test_a_drag_across_draws_a_box(phone: Page) -> None:
    session = phone.context.new_cdp_session(phone)
    x, y = middle(phone, "overlay")
    drag(session, (x - 50, y), (x + 50, y + 10))
    expect(phone.locator(".hp .readout")).to_contain_text("of the evidence on")


def test_the_swipe_follows_a_finger_across_and_not_down(phone: Page) -> None:
    session = phone.context.new_cdp_session(phone)
    phone.get_by_role("button", name="Look", exact=True).tap()
    phone.get_by_role("button", name="Swipe").tap()
    phone.touchscreen.tap(195, 70)
    x, y = middle(phone, "overlay")
    drag(session, (x, y), (x + 100, y))
    split = phone.get_by_label("Where the swipe cuts").input_value()
    assert int(split) > 60
    drag(session, (x - 60, y), (x - 60, y - 150))
    phone.wait_for_function(SCROLLED)
    assert phone.get_by_label("Where the swipe cuts").input_value() == split


def test_the_overlay_comes_first_and_its_controls_are_in_a_sheet_over_which_it_stays(phone: Page) -> None:
    overlay = phone.locator(".hp .overlay .frame").bounding_box()
    assert overlay
    assert phone.locator(".hp .frame:visible").count() == 1
    assert overlay["y"] < 844 / 2
    phone.get_by_role("button", name="Look", exact=True).tap()
    sheet, overlay = phone.locator(".hp .looks").bounding_box(), phone.locator(".hp .overlay .frame").bounding_box()
    assert sheet
    assert overlay
    assert round(sheet["y"] + sheet["height"]) == 844
    assert overlay["y"] > 0
    assert sheet["y"] - overlay["y"] > overlay["height"] / 2
    phone.touchscreen.tap(195, 20 + overlay["y"])
    expect(phone.locator(".hp .looks")).to_be_hidden()
    expect(phone).not_to_have_url(re.compile("view="))


def test_escape_closes_the_sheet_from_its_button_and_leaves_a_kept_point(phone: Page) -> None:
    phone.touchscreen.tap(*middle(phone, "overlay"))
    expect(phone.locator(".hp .readout")).to_contain_text("Kept: x ")
    button = phone.get_by_role("button", name="Look", exact=True)
    button.tap()
    expect(phone.locator(".hp .looks")).to_be_visible()
    expect(button).to_be_focused()
    phone.keyboard.press("Escape")
    expect(phone.locator(".hp .looks")).to_be_hidden()
    expect(phone.locator(".hp .readout")).to_contain_text("Kept: x ")


def test_a_tall_picture_stays_in_sight_over_the_sheet(phone: Page, server: str) -> None:
    phone.goto(f"{server}/?image=hopper")
    phone.wait_for_selector(".hp[data-shown]", timeout=60_000)
    settle(phone)
    phone.get_by_role("button", name="Look", exact=True).tap()
    sheet, overlay = phone.locator(".hp .looks").bounding_box(), phone.locator(".hp .overlay .frame").bounding_box()
    assert sheet
    assert overlay
    assert overlay["y"] >= 48  # below the bar
    assert sheet["y"] - overlay["y"] >= 0.9 * overlay["height"]


def test_a_readout_on_the_stage_is_read_in_full(phone: Page) -> None:
    phone.touchscreen.tap(*middle(phone, "overlay"))
    phone.get_by_role("button", name="Present", exact=True).tap()
    readout = phone.locator(".hp dialog .readout")
    expect(readout).to_contain_text("Kept: x ")
    box = readout.bounding_box()
    assert box
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert readout.evaluate("node => node.scrollHeight <= node.clientHeight + 1")
    hold = phone.locator(".hp dialog .hold")
    assert hold.evaluate("node => node.scrollWidth <= node.clientWidth")


@pytest.mark.parametrize("what", [".overlay .frame", ".hold"])
def test_the_original_is_seen_while_a_finger_is_held(phone: Page, what: str) -> None:
    session, node = phone.context.new_cdp_session(phone), phone.locator(f".hp {what}")
    node.scroll_into_view_if_needed()
    box = node.bounding_box()
    assert box
    point = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [point]})
    expect(phone.locator(".hp .overlay .under")).to_be_visible()
    expect(phone.locator(".hp .overlay .picture")).to_be_hidden()
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(phone.locator(".hp .overlay .picture")).to_be_visible()
    expect(phone.locator(".hp .stage:is([data-pin], [data-box])")).to_have_count(0)


def test_two_fingers_zoom_the_panels_and_not_the_page_and_one_moves_the_image(phone: Page) -> None:
    session, stage = phone.context.new_cdp_session(phone), phone.locator(".hp .stage")
    x, y = middle(phone, "overlay")
    for step in range(11):
        fingers = [{"x": x, "y": y - 20 - 5 * step, "id": 1}, {"x": x, "y": y + 20 + 5 * step, "id": 2}]
        kind = "touchMove" if step else "touchStart"
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    scale = float(stage.evaluate("stage => stage.style.getPropertyValue('--zoom')"))
    assert scale == pytest.approx(140 / 40, rel=0.1)
    assert phone.evaluate("visualViewport.scale") == 1
    before = stage.evaluate("stage => stage.style.getPropertyValue('--top')")
    drag(session, (x, y), (x, y - 60))
    assert stage.evaluate("stage => stage.style.getPropertyValue('--top')") != before
    expect(phone.locator(".hp .stage:is([data-pin], [data-box])")).to_have_count(0)


def test_what_is_touched_is_44_pixels_high(phone: Page) -> None:
    small = """nodes => nodes.map(node => [node.textContent, (node.closest("label") ?? node).getBoundingClientRect()])
        .filter(([, box]) => box.width && Math.min(box.width, box.height) < 43.9).map(([text]) => text)"""
    parts = ":is(button:not(.term), select, input, summary)"
    assert phone.locator(f".hp {parts}").evaluate_all(small) == []
    phone.get_by_role("button", name="Look", exact=True).tap()
    assert phone.locator(f".hp .looks {parts}").evaluate_all(small) == []
    phone.get_by_role("button", name="Present", exact=True).click(force=True)
    assert phone.locator(f".hp dialog {parts}").evaluate_all(small) == []
