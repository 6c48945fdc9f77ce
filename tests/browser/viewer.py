"""The viewer in a browser, as tests use it: its canvases as arrays, its cards, its words."""

import base64
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Locator, Page, expect

PIXELS = """canvas => {
    const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let text = "";
    for (let at = 0; at < data.length; at += 8192) text += String.fromCharCode(...data.subarray(at, at + 8192));
    return [canvas.width, canvas.height, btoa(text)];
}"""

SAID = """hp => {
    const card = hp.querySelector(".card[aria-checked=true]"), first = hp.querySelector(".list .card");
    return {
        card: card.dataset.index,
        canvas: hp.dataset.shown.split(" ")[1],
        address: new URLSearchParams(location.search).get("class") ?? first.dataset.index,
        isNamed: hp.querySelector(".saying > .sentence").innerText.includes(card.querySelector(".label").innerText),
    };
}"""  # read at one moment

IS_PAINTED = """hp =>
    hp.querySelector(".card[aria-checked=true]")?.dataset.index === hp.dataset.shown?.split(" ")[1]"""

REST = """nodes => new Promise((resolve) => {
    const read = () => JSON.stringify(nodes.map((node) => node.getBoundingClientRect()));
    let former = read(), frames = 0;
    const look = () => {
        frames = read() === former ? frames + 1 : 0;
        former = read();
        frames < 10 ? requestAnimationFrame(look) : resolve();
    };
    look();
})"""


def canvas(page: Page, name: str) -> np.ndarray:
    """What a panel shows, (height, width, 3) uint8."""
    return array(page.locator(f".hp .{name} canvas.picture").evaluate(PIXELS))


def array(told: tuple[int, int, str]) -> np.ndarray:
    """What PIXELS found, (height, width, 3) uint8."""
    width, height, text = told
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)[..., :3]


def cards(page: Page) -> Locator:
    return page.locator(".hp .list .card")


def choose(page: Page, place: int) -> str:
    """Click a prediction and say which."""
    card = cards(page).nth(place)
    card.click()
    return card.locator(".label").inner_text()


def chosen(page: Page) -> str:
    return page.locator(".hp .card[aria-checked=true] .label").inner_text()


def sentence(page: Page) -> str:
    return page.locator(".hp .saying > .sentence").inner_text()


def open_look(page: Page) -> None:
    """Show the controls that are behind "Look"."""
    page.get_by_role("button", name="Look", exact=True).click()


def shown(page: Page) -> str:
    """What is painted, once that is the chosen class: the digest of the question and the index of the class."""
    until(page, lambda: bool(page.locator(".hp").evaluate(IS_PAINTED)))
    return str(page.locator(".hp").get_attribute("data-shown"))


def until_painted(page: Page, class_index: int) -> None:
    page.wait_for_selector(f".hp[data-shown$=' {class_index}']")


def open_menu(page: Page) -> None:
    """Open what can be taken away, and wait for the lines that make it again."""
    page.get_by_text("Take away", exact=True).click()
    expect(page.locator(".hp pre").first).to_contain_text("gradcam_core")


def download(page: Page, title: str) -> tuple[str, bytes]:
    """Click a row of the menu; the file's name and bytes."""
    with page.expect_download() as waiting:
        page.locator(".hp .sheet .row", has_text=title).click()
    return waiting.value.suggested_filename, Path(waiting.value.path()).read_bytes()


def until(page: Page, holds: Callable[[], bool], *, seconds: int = 60) -> None:
    """Wait for a fact that lies in Python: what arrived, or how something on screen is read."""
    for _ in range(seconds * 20):
        if holds():
            return
        page.wait_for_timeout(50)
    raise TimeoutError(f"not within {seconds} s")


def until_told(page: Page) -> None:
    """Wait until the viewer has sent the class on screen to the server."""
    page.wait_for_function("globalThis[Symbol.for('heatproof.chosen')].isTold")


def until_at_rest(page: Page, selector: str) -> None:
    """Wait until what matches has stood at the same places for ten frames."""
    page.locator(selector).evaluate_all(REST)


def until_agreed(page: Page, *, seconds: int = 30) -> None:
    """Wait until card, sentence, canvas and address speak of one class: a canvas is painted with the next frame."""
    said: dict[str, str | bool] = {}
    for _ in range(seconds * 20):
        said = page.locator(".hp").evaluate(SAID)
        if said["isNamed"] and said["card"] == said["canvas"] == said["address"]:
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not one class: {said}")
