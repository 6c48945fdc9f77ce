"""What was brought comes back after a reload, in this tab and its copies alone."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, settle
from tests.browser.test_images import cards, hand_over, in_sidebar, noise, on_screen
from tests.browser.viewer import choose, chosen
from tests.server import running_server

NewVisit = Callable[..., Visit]
KEPT = "sessionStorage.getItem('heatproof-tray') ?? ''"
WATCH = """(() => {
  window.flashed = [];
  const look = () => {
    const shown = document.querySelector(".hp .original .frame")?.getAttribute("aria-label") ?? "";
    const card = document.querySelector(".st-key-sample label:has(input:checked)")?.innerText ?? "";
    for (const seen of [shown, card, location.search]) if (!window.flashed.includes(seen)) window.flashed.push(seen);
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
})()"""


def address_of(data: bytes) -> str:
    return f"upload-{hashlib.sha256(data).hexdigest()[:12]}"


def reload(page: Page) -> None:
    page.reload()
    page.wait_for_selector(".hp[data-shown]", timeout=60_000)
    settle(page)


def test_a_reload_shows_the_same_image_and_class_and_nothing_else_meanwhile(visit: NewVisit) -> None:
    page = visit().open("/?method=layercam")
    hand_over(page, "drop", ("a.png", noise(1)), ("b.png", noise(2)))
    on_screen(page, "a.png", noise(1))
    cards(page).filter(has_text="b.png").click()
    on_screen(page, "b.png", noise(2))
    name = choose(page, 2)
    page.wait_for_url("**/*class=*")
    before, shown = page.url, page.locator(".hp").get_attribute("data-shown")
    page.add_init_script(WATCH)
    reload(page)
    on_screen(page, "b.png", noise(2))
    expect(cards(page)).to_have_text(["a.png", "b.png"])
    assert (page.url, chosen(page), page.locator(".hp").get_attribute("data-shown")) == (before, name, shown)
    assert not [seen for seen in page.evaluate("window.flashed") if "Meadow" in seen]
    assert {seen for seen in page.evaluate("window.flashed") if seen.startswith("?")} == {before[before.index("?") :]}
    expect(in_sidebar(page)).to_have_count(0)


def test_the_tray_comes_back_beside_a_sample_and_survives_reloads_that_come_fast(visit: NewVisit) -> None:
    page = visit().open()
    hand_over(page, "drop", ("a.png", noise(1)))
    on_screen(page, "a.png", noise(1))
    page.locator(".st-key-sample [data-testid=stRadioOption]").filter(has_text="Bay").click()
    page.wait_for_url("**/*image=bay*")
    settle(page)
    for _ in range(3):
        page.reload(wait_until="domcontentloaded")  # before Streamlit has its first answer
    reload(page)
    expect(cards(page)).to_have_text(["a.png"])
    expect(page.locator(".st-key-sample label:has(input:checked)")).to_have_text("Bay")
    page.go_back()
    on_screen(page, "a.png", noise(1))


def test_a_duplicated_tab_has_a_tray_of_its_own(visit: NewVisit) -> None:
    first = visit().open()
    hand_over(first, "drop", ("a.png", noise(1)))
    on_screen(first, "a.png", noise(1))
    token = first.evaluate(KEPT)
    second = visit()
    second.page.add_init_script(f"sessionStorage.getItem('heatproof-tray') ?? {kept(token)}")
    page = second.open(first.url.removeprefix(second.address))
    on_screen(page, "a.png", noise(1))
    assert page.evaluate(KEPT) not in ("", token)
    hand_over(page, "drop", ("b.png", noise(2)))
    on_screen(page, "b.png", noise(2))
    hand_over(first, "drop", ("c.png", noise(3)))
    on_screen(first, "c.png", noise(3))
    assert first.evaluate(KEPT) not in ("", token, page.evaluate(KEPT))
    reload(page)
    expect(cards(page)).to_have_text(["a.png", "b.png"])
    reload(first)
    expect(cards(first)).to_have_text(["a.png", "c.png"])
    thief = visit(is_own=True)
    thief.page.add_init_script(kept(token))
    page = thief.open()
    expect(cards(page)).to_have_text(["a.png"])


def kept(token: str) -> str:
    return f"sessionStorage.setItem('heatproof-tray', '{token}')"


@pytest.mark.parametrize(
    "secret", ["", *(pytest.param(secret, marks=pytest.mark.slow) for secret in ("x" * 43, "y" * 1000))]
)
def test_another_browser_at_the_same_address_gets_a_sentence(visit: NewVisit, secret: str) -> None:
    page = visit().open()
    hand_over(page, "drop", ("a.png", noise(1)))
    on_screen(page, "a.png", noise(1))
    other = visit(is_own=True)
    if secret:
        other.page.add_init_script(kept(secret))
    there = other.open(page.url.removeprefix(other.address))
    expect(in_sidebar(there)).to_contain_text("A link can't carry an uploaded picture")
    expect(there.locator(".st-key-sample label:has(input:checked)")).to_have_text("Meadow")
    expect(cards(there)).to_have_count(0)
    there.wait_for_function("!location.search.includes('image=')")


def test_who_brings_nothing_keeps_nothing(visit: NewVisit) -> None:
    page = visit(is_own=True).open()
    reload(page)
    assert page.evaluate("Object.keys(sessionStorage)") == []


@pytest.fixture
def logged_server(model_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Path]]:
    """The address of a server, and the file that has what it says."""
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    log = tmp_path / "log"
    with log.open("wb") as output, running_server(model_folder, output=output) as address:
        yield address, log


def test_the_token_stands_in_no_address_page_or_log(logged_server: tuple[str, Path], visit: NewVisit) -> None:
    address, log = logged_server
    tab, places = visit(address), []
    tab.page.on("request", lambda request: places.append(f"{request.url} {request.headers}"))
    page = tab.open()
    hand_over(page, "drop", ("a.png", noise(1)))
    on_screen(page, "a.png", noise(1))
    tokens = [page.evaluate(KEPT)]
    reload(page)
    on_screen(page, "a.png", noise(1))
    tokens.append(page.evaluate(KEPT))
    assert len({*tokens, ""}) == 3
    places += [page.url, page.content(), str(page.context.cookies()), page.evaluate("JSON.stringify(localStorage)")]
    places += [log.read_text()]
    assert address in places[-1]
    assert not [token for token in tokens for place in places if token in place]


@pytest.fixture
def forgetful_server(model_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a server for which a visit is over after a second without connection."""
    monkeypatch.setenv("STREAMLIT_SERVER_DISCONNECTED_SESSION_TTL", "1")
    with running_server(model_folder) as address:
        yield address


def test_a_visit_that_is_over_while_its_page_stands_comes_back(forgetful_server: str, visit: NewVisit) -> None:
    tab = visit(forgetful_server)
    tab.allowed.append("")
    tab.page.add_init_script(
        "window.sockets = []; const Real = WebSocket;"
        "WebSocket = class extends Real { constructor(...all) { super(...all); window.sockets.push(this); } }"
    )
    page = tab.open()
    hand_over(page, "drop", ("a.png", noise(1)), ("b.png", noise(2)))
    on_screen(page, "a.png", noise(1))
    token = page.evaluate(KEPT)
    page.context.set_offline(True)
    page.evaluate("window.sockets.at(-1).close()")
    page.wait_for_timeout(2000)
    page.context.set_offline(False)
    page.wait_for_function("window.sockets.length > 1 && window.sockets.at(-1).readyState === 1", timeout=30_000)
    page.get_by_role("radio", name="Upload").click()  # Streamlit asks for nothing before somebody does something
    page.wait_for_function(f"({KEPT}) !== '{token}'", timeout=30_000)
    on_screen(page, "a.png", noise(1))
    expect(cards(page)).to_have_text(["a.png", "b.png"])
