"""How long from the pointer to the painted map on the page Attention, and how large are its messages?

    python -m tests.benchmarks.bench_attention_page [--rounds 30]

A real server, a real Chromium, a real mouse; ViT-B/16 with random weights, 197 tokens, over a photograph of 640 px. The
clock starts at the event's own time stamp and stops when the frame that carries the new pixels is over. Sizes are those
on the wire.
"""

import argparse
import os
import platform
import statistics
import tempfile
from pathlib import Path

import torch
import torchvision
from playwright.sync_api import Page, sync_playwright
from safetensors.torch import save_file
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.benchmarks.bench_viewer import Wire
from tests.browser.conftest import launched, settle
from tests.pages.support import write_description
from tests.server import running_server

_CLASSES = 10
_PAGE, _FRAME = ".attention[data-shown]", ".attention .overlay .frame"
_PROBE = """page => {
  const frame = () => new Promise(requestAnimationFrame);
  window.startProbe = (kind, part) => window.probed = new Promise(done => {
    addEventListener(kind, event => {
      let next;
      requestAnimationFrame(now => next = now);
      const watcher = new MutationObserver(async () => {
        if (!page.dataset.painted.includes(part)) return;
        watcher.disconnect();
        const isNextFrame = next === document.timeline.currentTime;
        await frame();
        done([performance.now() - event.timeStamp, isNextFrame]);
      });
      watcher.observe(page, { attributeFilter: ["data-painted"] });
    }, { capture: true, once: true });
  });
}"""


def add_vit(folder: Path) -> None:
    """A ViT-B/16 with seeded random weights, its head too, which torchvision begins with zeros."""
    torch.manual_seed(0)
    module = torchvision.models.vit_b_16(weights=None, num_classes=_CLASSES)
    torch.nn.init.normal_(module.heads[0].weight, std=0.02)
    save_file({key: value.contiguous() for key, value in module.state_dict().items()}, folder / "vit.safetensors")
    preprocessing = {"resize_size": 256, "crop_size": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    description = {
        "version": 1,
        "title": "ViT-B/16",
        "architecture": "torchvision/vit_b_16",
        "num_classes": _CLASSES,
        "labels": [f"kind {index}" for index in range(_CLASSES)],
        "preprocessing": preprocessing,
    }
    write_description(folder, "vit", description)


def pointed(page: Page, rounds: int) -> list[tuple[float, bool]]:
    """Milliseconds from the mouse on another patch to its painted map, and whether that was in the next frame."""
    box = page.locator(_FRAME).bounding_box()
    if box is None:
        raise LookupError("there is no stage")
    found = []
    for turn in range(rounds):
        page.wait_for_timeout(60)
        page.evaluate("() => { startProbe('pointermove', ' c'); }")
        page.mouse.move(box["x"] + box["width"] * (0.3 + 0.01 * (turn * 7 % 40)), box["y"] + box["height"] / 2)
        found.append(tuple(page.evaluate("window.probed")))
    page.mouse.move(2, 2)
    return found


def fetched(page: Page) -> float:
    """Milliseconds from a click on another block's head, whose weights are asked of the server, to a patch's map."""
    thumb = page.get_by_role("gridcell", name="Block 3, head 5")
    thumb.scroll_into_view_if_needed()
    page.evaluate("() => { startProbe('click', ' c'); }")
    thumb.click()
    milliseconds: float = page.evaluate("window.probed")[0]
    return milliseconds


def sizes(wire: Wire) -> dict[str, int]:
    """The largest frame of each of the page's elements."""
    found: dict[str, int] = {}
    for data in wire.received:
        element = ForwardMsg.FromString(data).delta.new_element.bidi_component
        name = element.component_name.rpartition(".")[2]
        found[name] = max(found.get(name, 0), len(data))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=30)
    rounds = parser.parse_args().rounds
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, {rounds} rounds\n")
    with (
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder)) as address,
    ):
        add_vit(Path(folder))
        browser = launched(playwright)
        page, wire = browser.new_context(viewport={"width": 1280, "height": 800}).new_page(), Wire()
        page.on("websocket", wire.watch)
        page.goto(f"{address}/attention?model=vit&image=temple&token=c100")
        page.wait_for_selector(_PAGE, timeout=120_000)
        settle(page)
        page.locator(_PAGE).evaluate(_PROBE)
        part = fetched(page)
        page.keyboard.press("Escape")
        times = pointed(page, rounds)
        browser.close()
    told = [milliseconds for milliseconds, _ in times]
    print(f"pointer to painted map: median {statistics.median(told):.0f} ms, slowest {max(told):.0f} ms,")
    print(f"    {sum(is_next for _, is_next in times)} of {rounds} in the next frame")
    print(f"head of another block, asked of the server, to painted map: {part:.0f} ms")
    print("messages: " + ", ".join(f"{name} {size / 1e6:.2f} MB" for name, size in sizes(wire).items() if size > 1e5))


if __name__ == "__main__":
    main()
