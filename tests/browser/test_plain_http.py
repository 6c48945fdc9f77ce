"""On a page that came over plain http from another machine: no camera and no clipboard, and what works instead."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path, settle
from tests.browser.frame import open_section
from tests.browser.test_images import cards, in_sidebar, noise
from tests.browser.viewer import open_menu
from tests.server import running_server

_NAME = "heatproof.test"  # led to this machine by the browser, which knows of it only that it is not localhost
_FIELD = ".hp .by-hand textarea"


@pytest.fixture(scope="module")
def address(model_folder: Path) -> Iterator[str]:
    with running_server(model_folder, options=[f"--server.allowedHosts={_NAME}"]) as started:
        yield started.replace("127.0.0.1", _NAME)


@pytest.fixture(params=[1280, 390])
def page(request: pytest.FixtureRequest, chromium: Browser, address: str) -> Iterator[Page]:
    flags = [*CHROMIUM_FLAGS, f"--host-resolver-rules=MAP {_NAME} 127.0.0.1"]
    browser = chromium.browser_type.launch(executable_path=chromium_path(), args=flags)
    page = browser.new_page(viewport={"width": request.param, "height": 844})
    page.goto(address)
    page.wait_for_selector(".hp[data-shown]", timeout=60_000)
    settle(page)
    assert not page.evaluate("isSecureContext")
    yield page
    browser.close()


def test_camera_door_says_what_it_needs_and_takes_a_photograph_all_the_same(page: Page) -> None:
    open_section(page, "image")
    page.get_by_role("radio", name="Camera").click()
    expect(page.get_by_text("browsers give the camera only to pages over https")).to_be_visible()
    expect(page.get_by_test_id("stCameraInput")).to_have_count(0)
    door = page.locator(".st-key-capture input[type=file]")
    expect(door).to_have_attribute("capture", "environment")
    expect(door).to_have_attribute("accept", "image/*")
    door.set_input_files({"name": "photo.png", "mimeType": "image/png", "buffer": noise(1)})
    expect(cards(page)).to_have_text(["photo.png"])
    expect(in_sidebar(page)).to_have_count(0)
    settle(page)


def test_link_is_copied_the_older_way_and_stands_there_to_be_copied(page: Page) -> None:
    open_menu(page)
    page.locator(".hp .sheet .row", has_text="Copy a link").click()
    expect(page.locator(".hp .notice")).to_have_text("The link is copied.")
    expect(page.locator(_FIELD)).to_have_value(page.url)
    expect(page.locator(_FIELD)).to_be_focused()
    expect(page.locator(_FIELD)).to_be_in_viewport()
    page.evaluate("document.body.prepend(Object.assign(document.createElement('input'), { id: 'elsewhere' }))")
    page.locator("#elsewhere").press("Control+V")
    expect(page.locator("#elsewhere")).to_have_value(page.url)
    page.keyboard.press("Tab")
    page.keyboard.press("2")
    expect(page.locator(_FIELD)).to_have_count(0)  # it would be a link to another view


def test_where_nothing_copies_the_link_is_selected(page: Page) -> None:
    page.evaluate("document.execCommand = () => false")  # as a browser that has given it up
    open_menu(page)
    page.locator(".hp .sheet .row", has_text="Copy a link").click()
    expect(page.locator(".hp .by-hand")).to_contain_text("It is selected here: press Ctrl+C")
    length = page.locator(_FIELD).evaluate("field => field.selectionEnd - field.selectionStart")
    assert length == len(page.url)


def test_picture_is_shown_for_the_browsers_own_menu(page: Page) -> None:
    open_menu(page)
    page.locator(".hp .sheet .row", has_text="Copy the picture").click()
    expect(page.locator(".hp .by-hand")).to_contain_text("Over plain http a browser lets no page copy")
    expect(page.locator(".hp .by-hand img")).to_be_in_viewport()
    assert page.locator(".hp .by-hand img").evaluate("image => image.decode().then(() => image.naturalWidth)") > 500
