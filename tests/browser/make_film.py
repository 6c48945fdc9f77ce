"""Film the real page for README: python -m tests.browser.make_film

Every frame is a picture of the page after a real act; the pointer is drawn in, for a headless browser shows none.
"""

import io
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import Locator, Page, sync_playwright

from tests.browser.conftest import settle
from tests.browser.picturing import exact_browser
from tests.server import ROOT, running_server

FILM = ROOT / "gradcam_core" / "assets" / "explore.webp"
_SCALE = 0.875  # 1,120 x 700 pixels, the letters drawn for that size
_TICK = 45  # milliseconds of a frame in which something moves
_POINTER = """() => {
  const pointer = document.createElement("div");
  pointer.style.cssText = "position:fixed;left:0;top:0;z-index:2147483647;pointer-events:none;width:26px;height:26px";
  pointer.innerHTML = `<svg viewBox="0 0 26 26"><path d="M3 2v19l5-4.6 3.4 7.4 3.6-1.6-3.4-7.2h6.8z"
    fill="#17111f" stroke="#fff" stroke-width="1.6" stroke-linejoin="round"/></svg>`;
  document.body.append(pointer);
  const follow = event => pointer.style.translate = `${event.clientX - 3}px ${event.clientY - 2}px`;
  addEventListener("pointermove", follow, true);
}"""


@dataclass
class Film:
    """Frames and how long each stands, and where the pointer is."""

    page: Page
    at: tuple[float, float] = (640.0, 760.0)
    frames: list[Image.Image] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)

    def hold(self, milliseconds: int) -> None:
        """Let the page stand as it is."""
        shot = Image.open(io.BytesIO(self.page.screenshot(caret="hide"))).convert("RGB")
        self.frames.append(shot)
        self.durations.append(milliseconds)

    def go(self, x: float, y: float, *, ticks: int = 7) -> None:
        """Move the pointer there, slowly at both ends."""
        start = self.at
        for tick in range(1, ticks + 1):
            share = tick / ticks
            eased = share * share * (3 - 2 * share)
            self.page.mouse.move(start[0] + (x - start[0]) * eased, start[1] + (y - start[1]) * eased)
            self.page.wait_for_timeout(60)
            self.hold(_TICK)
        self.at = (x, y)

    def click(self, target: Locator, *, stands: int = 0) -> None:
        """Go to the middle of this and click it; then the page stands, if it is to."""
        self.go(*_place(target, 0.5))
        target.click()
        if stands:
            self.settled()
            self.hold(stands)

    def drag(self, target: Locator, shares: tuple[float, ...], *, stands: int) -> None:
        """Press at the first place of its width, and pull through the others."""
        self.go(*_place(target, shares[0]))
        self.page.mouse.down()
        for share in shares[1:]:
            self.go(*_place(target, share), ticks=8)
        self.page.mouse.up()
        self.settled()
        self.hold(stands)

    def scroll(self, pixels: int) -> None:
        """Down the page, as a wheel does."""
        for _ in range(12):
            self.page.mouse.wheel(0, pixels / 12)
            self.page.wait_for_timeout(60)
            self.hold(_TICK)

    def settled(self) -> None:
        """Wait until the answer stands and nothing fades any more."""
        settle(self.page)
        self.page.get_by_test_id("stStatusWidget").wait_for(state="detached")
        self.page.wait_for_timeout(500)

    def save(self, file: Path) -> None:
        """An animated WebP that begins anew at its end."""
        first, *rest = self.frames
        first.save(file, save_all=True, append_images=rest, duration=self.durations, loop=0, quality=82, method=6)


def _place(target: Locator, share: float) -> tuple[float, float]:
    box = target.bounding_box()
    assert box is not None
    return box["x"] + share * box["width"], box["y"] + box["height"] / 2


def play(page: Page) -> Film:
    """The scenes of the film."""
    film = Film(page)
    cards, contour = page.locator(".hp .card"), page.get_by_label("Contour")
    film.hold(1000)
    film.click(cards.nth(1), stands=1200)
    film.click(page.get_by_role("button", name="Look", exact=True), stands=300)
    film.go(*_place(contour, 0.5))
    contour.select_option("20")
    film.settled()
    film.hold(1000)
    film.drag(page.get_by_label("Opacity"), (0.5, 0.85, 0.55), stands=600)
    film.click(page.get_by_role("button", name="Swipe", exact=True), stands=500)
    film.drag(page.locator(".hp .pane.overlay .frame"), (0.5, 0.12, 0.62), stands=700)
    film.click(page.locator(".hp .views button").first, stands=400)
    shown = page.locator(".hp").get_attribute("data-shown")
    film.click(page.locator(".st-key-sample label", has_text="Night"))
    page.wait_for_selector(f".hp[data-shown]:not([data-shown='{shown}'])")
    film.settled()
    film.hold(900)
    film.go(790, 420)
    film.scroll(12 * 45)
    film.click(page.get_by_role("button", name="Check this heatmap"))
    page.locator(".trust:not([data-verdict='awaited'])").wait_for()
    film.settled()
    film.hold(3000)
    return film


def main() -> None:
    with (
        sync_playwright() as playwright,
        tempfile.TemporaryDirectory() as folder,
        running_server(Path(folder)) as address,
        exact_browser(playwright.chromium) as browser,
    ):
        page = browser.new_page(
            viewport={"width": 1280, "height": 800}, device_scale_factor=_SCALE, reduced_motion="reduce"
        )
        page.goto(address)
        page.wait_for_selector(".hp[data-shown]", timeout=60_000)
        settle(page)
        page.evaluate(_POINTER)
        film = play(page)
    film.save(FILM)
    seconds = sum(film.durations) / 1000
    print(f"{FILM.name}: {len(film.frames)} frames, {seconds:.1f} s, {FILM.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
