"""How long from an act in the viewer to its picture, and how large is the viewer's message?

    python -m tests.benchmarks.bench_viewer [--rounds 15]

A real server, a real Chromium, real clicks and keys. The clock starts at the event's own time stamp and stops when the
frame that carries the new pixels is over: one animation frame later where the pixels were set inside a frame (a class,
the sliders), two where they were set between frames (a message from the server). Sizes are those on the wire.
The scene comes first: its changes of method are the server's very first use of each, with all that this imports.
"""

import argparse
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, WebSocket, sync_playwright
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from gradcam_core.cam import MOST_PREDICTIONS
from gradcam_core.decoding.decode import decode_image
from gradcam_core.engine import Explainer
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import DEFAULT_METHOD, METHODS
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.samples import load_sample
from pages._ui.viewer.payload import unpack
from tests.browser.conftest import launched, settle
from tests.browser.frame import unfold
from tests.server import running_server
from tests.support import FOR_ANY_MODEL, photograph

_PROBE = """hp => {
  const frame = () => new Promise(requestAnimationFrame);
  const painted = (start, frames, done) => {
    const former = hp.dataset.shown;
    let next;
    requestAnimationFrame(now => next = now);
    const watcher = new MutationObserver(async () => {
      if (frames > 1 && hp.dataset.shown === former) return;
      watcher.disconnect();
      const isNextFrame = next === document.timeline.currentTime;
      for (let i = 0; i < frames; i++) await frame();
      done([performance.now() - start, isNextFrame]);
    });
    watcher.observe(hp, { attributeFilter: ["data-shown"] });
  };
  window.startProbe = (kind, frames) => window.probed = new Promise(done => {
    addEventListener(kind, event => painted(event.timeStamp, frames, done), { capture: true, once: true });
  });
}"""
_CARD, _VIEWER = ".hp .card", ".hp[data-shown]"


@dataclass
class Wire:
    """What went over a page's websocket."""

    sent: int = 0
    received: list[bytes] = field(default_factory=list)

    def watch(self, socket: WebSocket) -> None:
        """Note what goes over it from now on."""
        socket.on("framesent", self._send)
        socket.on("framereceived", self._receive)

    def _send(self, _: bytes | str) -> None:
        self.sent += 1

    def _receive(self, data: bytes | str) -> None:
        if isinstance(data, bytes):
            self.received.append(data)

    def viewer_message(self) -> tuple[int, BidiComponent]:
        """The last message of the viewer: the size of its frame, and what stands in it."""
        for data in reversed(self.received):
            element = ForwardMsg.FromString(data).delta.new_element.bidi_component
            if element.component_name.endswith("heatproof_viewer"):
                return len(data), element
        raise LookupError("no message of the viewer came")


@contextmanager
def explored(browser: Browser, address: str, file: bytes = b"") -> Iterator[tuple[Page, Wire]]:
    """Explore with the default scene, or with this picture uploaded, ready to be measured."""
    page, wire = browser.new_context(viewport={"width": 1280, "height": 800}).new_page(), Wire()
    page.on("websocket", wire.watch)
    page.goto(address)
    page.wait_for_selector(_VIEWER, timeout=120_000)
    if file:
        upload(page, file)
    settle(page)
    page.get_by_role("button", name="Look", exact=True).click()
    page.locator(_VIEWER).evaluate(_PROBE)
    yield page, wire
    page.context.close()


def upload(page: Page, file: bytes) -> None:
    """Bring a picture through the door and wait for its map."""
    former = page.locator(_VIEWER).get_attribute("data-shown")
    page.get_by_role("radio", name="Upload").click()
    page.locator("input[type=file]").first.set_input_files({"name": "p.jpg", "mimeType": "image/jpeg", "buffer": file})
    page.wait_for_selector(f".hp[data-shown]:not([data-shown='{former}'])", timeout=60_000)


def probed(page: Page, kind: str, frames: int, act: Callable[[], None]) -> tuple[float, bool]:
    """Milliseconds from the event of this kind to the end of its frame, and whether that was the very next one."""
    page.evaluate("([kind, frames]) => { startProbe(kind, frames); }", [kind, frames])
    act()
    milliseconds, is_next = page.evaluate("window.probed")
    settle(page)
    page.wait_for_timeout(100)
    return milliseconds, is_next


def class_clicks(page: Page, rounds: int) -> list[float]:
    """A mouse on the cards, one after another."""
    cards = page.locator(_CARD)
    return [probed(page, "click", 1, cards.nth((turn + 1) % 5).click)[0] for turn in range(rounds)]


def slides(page: Page, name: str, rounds: int) -> tuple[list[float], int]:
    """An arrow key on a slider, again and again; and how many of the pictures came in the next frame."""
    page.get_by_label(name).focus()
    found = [probed(page, "input", 1, lambda: page.keyboard.press("ArrowRight")) for _ in range(rounds)]
    return [milliseconds for milliseconds, _ in found], sum(is_next for _, is_next in found)


def method_changes(page: Page) -> dict[str, float]:
    """Each method after the other, the default last."""
    unfold(page)
    titles = {
        slug: METHODS[slug].title for slug in (*(one for one in FOR_ANY_MODEL if one != DEFAULT_METHOD), DEFAULT_METHOD)
    }
    options = page.locator(".st-key-method [data-testid=stRadioOption]")
    found = {}
    for slug, title in titles.items():
        page.locator(".st-key-method_list button").first.click()  # each choice closes it
        option = options.filter(has=page.get_by_text(title, exact=True))
        found[slug] = probed(page, "click", 2, option.click)[0]
    return found


def model_milliseconds(model: LoadedModel, image: LoadedImage, method: str) -> float:
    """What the network needs for the list and all of its maps, in this process."""

    def once() -> float:
        start = time.perf_counter()
        forward = Explainer(model).forward(image)
        for one in forward.top(MOST_PREDICTIONS):
            forward.cam(one.class_index, method)
        return 1000 * (time.perf_counter() - start)

    return statistics.median(once() for _ in range(5))


def print_times(what: str, times: list[float], note: str = "") -> None:
    """A row of the table."""
    print(f"{what:44}{statistics.median(times):>8.0f} ms{max(times):>8.0f} ms   {note}")


def print_acts(page: Page, wire: Wire, size: str, rounds: int) -> None:
    """What the browser does alone, and that it did it alone."""
    sent = wire.sent
    print_times(f"class click, {size}", class_clicks(page, rounds), f"{wire.sent - sent} frames sent")
    for name in ("Opacity", "Hide weak evidence"):
        sent = wire.sent
        times, following = slides(page, name, rounds)
        print_times(f"{name}, {size}", times, f"{following} of {rounds} next frame, {wire.sent - sent} frames sent")


def print_methods(page: Page, image: LoadedImage, size: str) -> None:
    """A change of method less what the network needs for it; then once more, with the answer kept."""
    model = load_model("tinynet")
    needed = {method: model_milliseconds(model, image, method) for method in FOR_ANY_MODEL if method != DEFAULT_METHOD}
    first, again = method_changes(page), method_changes(page)
    note = f"the network itself: {statistics.median(needed.values()):.0f} ms"
    print_times(f"method less model time, {size}", [first[method] - needed[method] for method in needed], note)
    print_times(f"method that was asked before, {size}", list(again.values()))


def print_message(wire: Wire, size: str) -> None:
    """The bytes of the last view."""
    frame, element = wire.viewer_message()
    head, blobs = unpack(element.bytes)
    parts = ", ".join(f"{name} {len(blob) / 1000:.1f}" for name, blob in blobs.items())
    print(f"\nmessage, {size}: {len(head['mapped'])} classes, {len(element.bytes) / 1000:.1f} KB ({parts}; rest words)")
    print(f"its websocket frame: {frame / 1000:.1f} KB; script and style come once, by themselves")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    large = photograph(1024, 1024)
    pictures = {"512 px scene": (b"", load_sample("meadow")), "1,024 px photograph": (large, decode_image(large))}
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {rounds} rounds\n")
    print(f"{'':44}{'median':>11}{'slowest':>11}")
    with (
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder)) as address,
    ):
        browser = launched(playwright)
        for size, (file, image) in pictures.items():
            with explored(browser, address, file) as (page, wire):
                print_acts(page, wire, size, rounds)
                print_methods(page, image, size)
                print_message(wire, size)
        browser.close()


if __name__ == "__main__":
    main()
