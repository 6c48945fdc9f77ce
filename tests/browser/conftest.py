"""A real server in its own process and a real Chromium; a page fails its test on any error or outside request."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Playwright, expect, sync_playwright

from tests.server import running_server

_WITHOUT = (  # first four: pages that Chromium makes for each window in 0.7 s of a core; the others as Playwright
    "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,OmniboxPopupWebUI,AimEnabled,PreconnectToSearch,"
    "OptimizationHints,NetworkTimeServiceQuerying,MediaRouter,PaintHolding,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "ThirdPartyStoragePartitioning,AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose"
)
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    f"--disable-features={_WITHOUT}",  # Chromium heeds the last list alone
]
PATIENCE = 30_000  # milliseconds: what is expected may take as long as any other step, on a busy machine too
AT_REST = """() => {
  const told = globalThis[Symbol.for("heatproof.chosen")]?.isTold ?? true;
  const painted = [...document.querySelectorAll(".hp")].map((hp) => `${hp.dataset.shown} ${"waiting" in hp.dataset}`);
  const run = document.querySelector(".stApp")?.dataset.testScriptState;
  const now = JSON.stringify([location.href, history.length, run, told, painted]);
  if (now !== window.formerState) Object.assign(window, { formerState: now, sameSince: performance.now() });
  return told && run === "notRunning" && performance.now() - window.sameSince > 500;
}"""  # half a second: longer than any timer between a choice and the server
expect.set_options(timeout=PATIENCE)
_PROBES = re.compile(
    r"/[a-z]+/_stcore/(health|host-config)$"
)  # Streamlit's front end tries them below a page's address


@pytest.fixture(scope="session")
def server(model_folder: Path) -> Iterator[str]:
    """The address of a server that all tests share."""
    with running_server(model_folder) as address:
        yield address


@pytest.fixture
def fresh_server(model_folder: Path) -> Iterator[str]:
    """The address of a server that nobody has visited yet."""
    with running_server(model_folder) as address:
        yield address


@pytest.fixture(scope="session")
def trial_address(model_folder: Path) -> Iterator[str]:
    """The address of a server whose only page is the trial."""
    with running_server(model_folder, Path(__file__).with_name("trial_page.py")) as address:
        yield address


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser; without one the tests are skipped, or fail where REQUIRE_BROWSER=1 says that there must be one."""
    with sync_playwright() as playwright:
        try:
            browser = launched(playwright)
        except Error as error:
            if os.environ.get("REQUIRE_BROWSER") == "1":
                raise
            pytest.skip(f"no Chromium can be started here; set CHROMIUM to one ({str(error).splitlines()[0]})")
        yield browser
        browser.close()


def height_of(width: int) -> int:
    """A phone stands, other windows lie."""
    return 844 if width < 600 else 800


@dataclass
class Visit:
    """One browser tab, and everything in it that should not be."""

    page: Page
    address: str
    problems: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=lambda: [_PROBES.pattern])

    def open(self, path: str = "/") -> Page:
        """Go there and wait until the answer stands."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector(".hp[data-shown], .layers [data-layer]", timeout=120_000)
        settle(self.page)
        return self.page

    def resized(self, width: int) -> "Visit":
        """The same tab in a window of this width."""
        self.page.set_viewport_size({"width": width, "height": height_of(width)})
        return self

    def watch(self) -> None:
        """Note console errors, page errors and requests to other hosts from now on."""
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda message: self._console(message.type, message.text, message.location["url"]))
        self.page.on("request", lambda request: self._request(request.url))

    def _console(self, kind: str, text: str, url: str) -> None:
        if kind == "error" and not any(re.search(pattern, url) for pattern in self.allowed):
            self.problems.append(f"{text} {url}")

    def _request(self, url: str) -> None:
        own = (self.address, self.address.replace("http", "ws", 1), "data:", "blob:")
        if not url.startswith(own):
            self.problems.append(f"asked another host: {url}")


@pytest.fixture(scope="session")
def windows(chromium: Browser) -> Callable[..., BrowserContext]:
    """A window of this width and scheme, the same one every time: its tabs share what has been fetched already."""
    known: dict[tuple[int, str], BrowserContext] = {}

    def window(width: int, scheme: str, *, is_own: bool = False) -> BrowserContext:
        if is_own or (width, scheme) not in known:
            context = chromium.new_context(
                viewport={"width": width, "height": height_of(width)},
                permissions=["clipboard-read", "clipboard-write"],
                color_scheme="dark" if scheme == "dark" else "light",
            )
            if is_own:
                return context
            known[width, scheme] = context
        return known[width, scheme]

    return window


@pytest.fixture
def visit(windows: Callable[..., BrowserContext], server: str) -> Iterator[Callable[..., Visit]]:
    """Open tabs of any size and scheme; afterwards nothing may have gone wrong in them."""
    visits: list[Visit] = []

    def new(address: str = server, *, width: int = 1280, scheme: str = "light", is_own: bool = False) -> Visit:
        """`is_own`: in a window of its own, for of the tabs of one window only the front one is drawn at full speed."""
        visits.append(Visit(windows(width, scheme, is_own=is_own).new_page(), address))
        visits[-1].watch()
        return visits[-1]

    yield new
    for tab in visits:
        assert tab.page.get_by_test_id("stException").count() == 0
        tab.page.evaluate("localStorage.clear()")
        tab.page.close()
    assert [problem for tab in visits for problem in tab.problems] == []


@pytest.fixture
def trial(visit: Callable[..., Visit], trial_address: str) -> Callable[[str], Page]:
    """Open the trial page at this path."""
    return lambda path: visit(trial_address).open(path)


def settle(page: Page) -> None:
    """Wait until the server has answered, every picture is there and no map is waited for."""
    page.wait_for_function("document.querySelector('.stApp')?.dataset.testScriptState === 'notRunning'")
    page.wait_for_function("[...document.images].every(image => image.complete)")
    expect(page.locator(".hp[data-waiting]")).to_have_count(0)


def at_rest(page: Page) -> None:
    """Wait until nothing is under way: address, picture and server have stayed as they are for half a second."""
    page.evaluate("delete window.formerState")
    page.wait_for_function(AT_REST)
    settle(page)


def launched(playwright: Playwright) -> Browser:
    """A Chromium for tests and benchmarks."""
    return playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)


def chromium_path() -> str | None:
    """The Chromium that CHROMIUM names, or the system's; None is Playwright's own."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
