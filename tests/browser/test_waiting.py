"""While something is made: grey places at the very first, later the former result, plainly marked, never a mixture."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.browser.conftest import Visit, settle
from tests.browser.frame import unfold
from tests.browser.viewer import choose, sentence, shown, until_agreed

NewVisit = Callable[..., Visit]


class HeldServer:
    """The server's messages, of which those after the beginning of a run of the whole page can be held back."""

    def __init__(self, page: Page) -> None:
        self.is_to_hold = self.is_holding = False
        self.held: list[str | bytes] = []
        page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, route: WebSocketRoute) -> None:
        self.route, server = route, route.connect_to_server()
        server.on_message(self._pass)

    def _pass(self, message: str | bytes) -> None:
        told = ForwardMsg.FromString(bytes(message)) if isinstance(message, bytes) else ForwardMsg()
        if self.is_holding and not told.session_status_changed.script_is_running:
            self.held.append(message)
            return
        is_beginning = told.HasField("new_session") and not told.metadata.run.fragment_ids
        self.is_holding |= self.is_to_hold and is_beginning
        self.route.send(message)

    def hold(self) -> None:
        """From the next run of the whole page on: one of a fragment, by which a choice is told, may still go on."""
        self.is_to_hold = True

    def let_go(self) -> None:
        self.is_to_hold = self.is_holding = False
        for message in self.held:
            self.route.send(message)
        self.held.clear()


def mark(page: Page) -> str:
    """What the page writes over a former result."""
    return str(page.locator(".st-key-explained").evaluate("node => getComputedStyle(node, '::before').content"))


def until_marked(page: Page) -> None:
    """Wait until the former result is dimmed and the words over it have appeared."""
    page.wait_for_function(
        """() => {
            const place = document.querySelector(".st-key-explained");
            const result = place.querySelector("[data-testid=stElementContainer]");
            return getComputedStyle(result).opacity < 0.5 && getComputedStyle(place, "::before").opacity === "1";
        }"""
    )


def test_the_first_visit_shows_the_picture_and_grey_places(fresh_server: str, visit: NewVisit) -> None:
    page = visit(fresh_server).page
    page.goto(fresh_server)
    expect(page.get_by_text("The network is waking up.")).to_be_visible(timeout=30_000)
    expect(page.get_by_alt_text("The image Meadow")).to_be_visible()
    page.wait_for_selector(".hp[data-shown]", timeout=60_000)
    expect(page.get_by_text("The network is waking up.")).to_have_count(0)
    settle(page)
    until_agreed(page)


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
    until_marked(page)
    assert "The former result" in mark(page)
    assert (shown(page), sentence(page)) == before
    server.let_go()
    expect(page.locator(".hp .original .frame")).to_have_attribute("aria-label", "Original. The image Winter")
    settle(page)
    assert mark(page) == "none"
    until_agreed(page)


def test_the_sentence_over_a_former_result_is_readable(visit: NewVisit) -> None:
    for scheme in ("light", "dark"):
        tab = visit(scheme=scheme)
        server = HeldServer(tab.page)
        page = tab.open()
        server.hold()
        page.locator(".st-key-sample label", has_text="Bay").click()
        page.wait_for_function("document.querySelector('.st-key-explained [data-stale=true]')")
        until_marked(page)
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


def test_a_viewer_that_did_not_arrive_is_asked_for_again(visit: NewVisit) -> None:
    tab = visit(is_own=True)
    tab.allowed.append(r"/viewer/[0-9a-f]{16}\.js")
    tab.page.route(re.compile(r"/viewer/[^?]*$"), lambda route: route.abort())
    page = tab.open()
    until_agreed(page)
    expect(page.get_by_text("BidiComponent")).to_have_count(0)
