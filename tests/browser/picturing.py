"""Which pictures of the page are kept, how is one taken, and what does every pixel of it depend on?"""

import hashlib
import io
import platform
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit
import torch
from PIL import Image, features
from playwright.sync_api import Browser, BrowserType, Page

from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path, settle

PICTURES = Path(__file__).parent / "pictures"
FINGERPRINT = PICTURES / "fingerprint.json"
# Left alone, Chromium draws round corners a grey level lighter or darker from one start to the next.
_EXACT_FLAGS = [
    "--disable-gpu-rasterization",
    "--disable-gpu-compositing",
    "--disable-partial-raster",
    "--num-raster-threads=1",
    "--disable-lcd-text",
    "--force-color-profile=srgb",
]
_RED = (220, 0, 0)
_STILL = 12  # looks at the page, a tenth of a second apart, until two are the same


def _as_it_comes(_: Page) -> None:
    """Nothing to do."""


def _present(page: Page) -> None:
    page.get_by_role("button", name="Present", exact=True).click()
    page.locator(".hp dialog[open]").wait_for()


@dataclass(frozen=True)
class State:
    """One view of the fixed scene: its address, the window, and what a person does before it is taken."""

    path: str
    width: int
    height: int
    scheme: str = "light"
    act: Callable[[Page], None] = _as_it_comes


STATES = {
    "side-by-side": State("/?image=meadow", 1280, 800),
    "overlay-dark": State("/?image=meadow&view=overlay&contour=20", 1280, 800, "dark"),
    "phone": State("/?image=meadow", 390, 844),
    "presentation": State("/?image=meadow", 1024, 768, act=_present),
}


@contextmanager
def exact_browser(kind: BrowserType) -> Iterator[Browser]:
    """A Chromium that draws the same pixels each time."""
    browser = kind.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS + _EXACT_FLAGS)
    try:
        yield browser
    finally:
        browser.close()


def take(browser: Browser, address: str, state: State) -> Image.Image:
    """The page in this state, in a window of its own, when nothing in it moves any more."""
    context = browser.new_context(
        viewport={"width": state.width, "height": state.height},
        color_scheme="dark" if state.scheme == "dark" else "light",
        reduced_motion="reduce",
        device_scale_factor=1,
        locale="en-GB",
    )
    page = context.new_page()
    page.add_init_script("delete Element.prototype.requestFullscreen")  # the window is the screen already
    try:
        page.goto(address + state.path)
        page.wait_for_selector(".hp[data-shown]", timeout=60_000)
        state.act(page)
        page.mouse.move(state.width - 1, state.height - 1)
        settle(page)
        for width in (state.width + 1, state.width):  # what was measured and drawn on the way here is done anew
            page.set_viewport_size({"width": width, "height": state.height})
        return _still(page)
    finally:
        context.close()


def difference(expected: Image.Image, actual: Image.Image) -> Image.Image | None:
    """The expected picture in pale grey with every different pixel in red; None where there is none.

    Raises:
        ValueError: if they are not of one size.
    """
    if expected.size != actual.size:
        raise ValueError(f"The picture is of {actual.size} pixels, not of {expected.size}.")
    differs = np.any(np.asarray(expected) != np.asarray(actual), axis=2)
    if not differs.any():
        return None
    pale = 170 + np.asarray(expected.convert("L")) // 3
    return Image.fromarray(np.where(differs[..., None], _RED, pale[..., None]).astype(np.uint8))


def fingerprint(browser: Browser) -> dict[str, str]:
    """All that may change a pixel and is not ours, by name."""
    fonts = subprocess.run(["fc-list", ":", "file", "fontversion"], capture_output=True, text=True, check=False)  # noqa: S607
    return {
        "Chromium": browser.version,
        "system": platform.freedesktop_os_release()["PRETTY_NAME"],
        "fonts": hashlib.sha256("\n".join(sorted(fonts.stdout.splitlines())).encode()).hexdigest()[:16],
        "processor": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
        "torch": torch.__version__,
        "Streamlit": streamlit.__version__,
        "WebP": str(features.version("webp")),
    }


def _still(page: Page) -> Image.Image:
    settle(page)
    page.get_by_test_id("stStatusWidget").wait_for(state="detached")
    page.evaluate("document.fonts.ready.then(() => null)")
    former = b""
    for _ in range(_STILL):
        now = page.screenshot(animations="disabled", caret="hide")
        if now == former:
            return Image.open(io.BytesIO(now)).convert("RGB")
        former = now
        page.wait_for_timeout(100)
    raise TimeoutError("The page does not stand still.")
