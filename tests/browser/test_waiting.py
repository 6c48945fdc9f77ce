"""While something is made: grey places at the very first, later the former result, plainly marked, never a mixture."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.browser.conftest import Visit, settle
from tests.browser.frame import unfold
from tests.browser.viewer import agree, choose, sentence, shown

NewVisit = Callable[..., Visit]
_BEGINNING = 3  # messages by which a run says that it has begun


class HeldServer:
    """The server's messages, which can be held back after a run has begun."""

    def __init__(self, page: Page) -> None:
        self.passing: int | None = None
        self.held: list[str | bytes] = []
        page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, route: WebSocketRoute) -> None:
        self.route, server = route, route.connect_to_server()
        server.on_message(self._pass)

    def _pass(self, message: str | bytes) -> None:
        if self.passing == 0:
            self.held.append(message)
            return
        if self.passing:
            self.passing -= 1
        self.route.send(message)

    def hold(self) -> None:
        self.passing = _BEGINNING

    def let_go(self) -> None:
        self.passing = None
        for message in self.held:
            self.route.send(message)
        self.held.clear()


def mark(page: Page) -> str:
    """What the page writes over a former result."""
    return str(page.locator(".st-key-explained").evaluate("node => getComputedStyle(node, '::before').content"))


@pytest.mark.smoke
def test_the_first_visit_shows_the_picture_and_grey_places(fresh_server: str, visit: NewVisit) -> None:
    page = visit(fresh_server).page
    page.goto(fresh_server)
    expect(page.get_by_text("The network is waking up.")).to_be_visible(timeout=30_000)
    expect(page.get_by_alt_text("The image Meadow")).to_be_visible()
    page.wait_for_selector(".hp[data-shown]", timeout=60_000)
    expect(page.get_by_text("The network is waking up.")).to_have_count(0)
    settle(page)
    assert agree(page)


def test_a_former_result_is_marked_as_such_and_stays_whole(visit: NewVisit) -> None:
    tab = visit()
    server = HeldServer(tab.page)
    page = tab.open()
    choose(page, 1)
    before = (shown(page), sentence(page))
    assert mark(page) == "none"
    server.hold()
    page.locator(".st-key-sample label", has_text="Winter").click()
    page.wait_for_function("document.querySelector('.st-key-explained [data-stale=true]')")
    page.wait_for_timeout(700)
    assert "The former result" in mark(page)
    dimmed = page.locator(".st-key-explained [data-testid=stElementContainer]").first
    assert float(dimmed.evaluate("node => getComputedStyle(node).opacity")) < 0.5
    assert (shown(page), sentence(page)) == before
    server.let_go()
    expect(page.locator(".hp .original .frame")).to_have_attribute("aria-label", "Original. The image Winter")
    settle(page)
    assert mark(page) == "none"
    assert agree(page)


def test_the_sentence_over_a_former_result_is_readable(visit: NewVisit) -> None:
    for scheme in ("light", "dark"):
        tab = visit(scheme=scheme)
        server = HeldServer(tab.page)
        page = tab.open()
        server.hold()
        page.locator(".st-key-sample label", has_text="Bay").click()
        page.wait_for_function("document.querySelector('.st-key-explained [data-stale=true]')")
        page.wait_for_timeout(700)
        inks = page.locator(".st-key-explained").evaluate(
            "node => [getComputedStyle(node, '::before').color, getComputedStyle(node, '::before').backgroundColor]"
        )
        assert contrast(*inks) >= 4.5
        server.let_go()
        settle(page)


def contrast(first: str, second: str) -> float:
    """The ratio of two CSS colours by WCAG 2."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [float(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_viewer_stays_the_same_element_from_the_very_first_visit_on(fresh_server: str, visit: NewVisit) -> None:
    page = visit(fresh_server).open()
    page.locator(".hp").evaluate("node => node.dataset.mine = 'yes'")
    page.locator(".hp .original .frame").click(position={"x": 60, "y": 200})
    page.locator(".st-key-sample label", has_text="Winter").click()
    expect(page.locator(".hp .original .frame")).to_have_attribute("aria-label", "Original. The image Winter")
    settle(page)
    unfold(page)
    page.locator(".st-key-all_layers label").click()
    settle(page)
    expect(page.locator(".hp[data-mine=yes]")).to_have_count(1)
