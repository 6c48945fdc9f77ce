"""Fingers: a tap keeps a point, a drag across draws a box, and the page scrolls over the panels as it always does."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.browser.conftest import settle


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
    x, y = middle(phone, "original")
    phone.touchscreen.tap(x, y)
    read = phone.locator(".hp .readout").inner_text()
    assert read.startswith("Kept: x ")
    scroller = phone.locator("[data-testid=stMain]")
    drag(session, (x, y + 60), (x, y - 200))
    phone.wait_for_timeout(600)
    assert scroller.evaluate("node => node.scrollTop") > 50
    assert phone.locator(".hp .readout").inner_text() == read


def test_a_drag_across_draws_a_box(phone: Page) -> None:
    session = phone.context.new_cdp_session(phone)
    x, y = middle(phone, "original")
    drag(session, (x - 50, y), (x + 50, y + 10))
    expect(phone.locator(".hp .readout")).to_contain_text("of the evidence on")


def test_the_swipe_follows_a_finger_across_and_not_down(phone: Page) -> None:
    session = phone.context.new_cdp_session(phone)
    phone.get_by_role("button", name="Swipe").tap()
    x, y = middle(phone, "overlay")
    drag(session, (x, y), (x + 100, y))
    split = phone.get_by_label("Where the swipe cuts").input_value()
    assert int(split) > 60
    drag(session, (x - 60, y), (x - 60, y - 150))
    phone.wait_for_timeout(600)
    assert phone.get_by_label("Where the swipe cuts").input_value() == split
