"""What a run has sent may never arrive where another one begins at once, or arrive late: nothing waits for ever."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, WebSocketRoute, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from pages._ui.viewer.payload import unpack
from tests.browser.conftest import Visit, at_rest
from tests.browser.viewer import cards, chosen, download, open_menu, until_painted

NewVisit = Callable[..., Visit]
LATE_PICTURES = """(() => {
    const make = createImageBitmap;
    window.createImageBitmap = (...all) => new Promise((done) => setTimeout(done, 1000)).then(() => make(...all));
})()"""


class LossyServer:
    """An element's messages; while `is_losing`, the next answer is lost: the former message comes in its place."""

    def __init__(
        self, page: Page, is_answer: Callable[[dict[str, Any]], bool], element: str = "heatproof_viewer"
    ) -> None:
        self.is_losing, self.is_answer, self.element, self.former = True, is_answer, element, b""
        page.route_web_socket("**/_stcore/stream", self._connect)

    def _connect(self, route: WebSocketRoute) -> None:
        self.route, server = route, route.connect_to_server()
        server.on_message(self._pass)

    def _pass(self, message: str | bytes) -> None:
        self.route.send(self._without_answer(message) if self.is_losing and isinstance(message, bytes) else message)

    def _without_answer(self, message: bytes) -> bytes:
        told = ForwardMsg.FromString(message)
        component = told.delta.new_element.bidi_component
        if not component.component_name.endswith(self.element):
            return message
        if not component.bytes or not self.is_answer(unpack(component.bytes)[0]):
            self.former = component.bytes
            return message
        self.is_losing = False
        told.hash = ""  # by it Streamlit's front end would take the answer, when it comes again, for this
        component.bytes = self.former
        return bytes(told.SerializeToString())


def is_looked_at(head: dict[str, Any]) -> bool:
    return any(one["index"] == 11 and one["isLookedAt"] for one in head["classes"])


def test_what_helps_comes_all_the_same_where_its_answer_is_lost(visit: NewVisit) -> None:
    tab = visit()
    server = LossyServer(tab.page, is_looked_at)
    page = tab.open()
    page.locator(".hp .search").fill("balloon")
    page.keyboard.press("Enter")
    expect(page.locator(".hp .remedies button").first).to_be_visible()
    assert not server.is_losing


def test_lines_and_files_whose_answer_is_lost_come_all_the_same(visit: NewVisit) -> None:
    tab = visit()
    server = LossyServer(tab.page, lambda head: "reply" in head)
    page = tab.open()
    open_menu(page)
    assert not server.is_losing
    server.is_losing = True
    name, _ = download(page, "Raw map")
    assert name.endswith("-cam.npy")
    assert not server.is_losing


def test_the_address_is_put_right_by_a_first_view_that_takes_its_time(visit: NewVisit) -> None:
    tab = visit()
    tab.page.add_init_script(LATE_PICTURES)
    page = tab.open("/?image=upload-000000000000")
    page.wait_for_function("!location.search.includes('image=')")


def test_a_card_that_is_pressed_while_the_same_cards_arrive_again_is_chosen(visit: NewVisit) -> None:
    page = visit().open()
    page.locator(".hp .search").fill("balloon")
    page.keyboard.press("Enter")
    until_painted(page, 11)  # its map can't be used: soon the server is asked what helps, and sends the view again
    cards(page).nth(1).hover()
    page.mouse.down()
    expect(page.locator(".hp .remedies button").first).to_be_visible()
    at_rest(page)
    page.mouse.up()
    expect(cards(page).nth(1)).to_have_attribute("aria-checked", "true")
    assert chosen(page) == "dog"


def test_nothing_is_asked_of_a_page_that_is_being_left(visit: NewVisit) -> None:
    page = visit().open("/?model=photos&k=10")
    listed = {card.get_attribute("data-index") for card in cards(page).all()}
    other = next(index for index in range(19, 0, -1) if str(index) not in listed)
    page.evaluate("globalThis[Symbol.for('heatproof.chosen')].isLeaving = true")
    page.locator(".hp .search").fill(f"kind {other}")
    page.keyboard.press("Enter")
    page.wait_for_timeout(1500)
    expect(page.locator(".hp[data-waiting]")).to_have_count(1)
    page.evaluate("globalThis[Symbol.for('heatproof.chosen')].isLeaving = false")
    until_painted(page, other)
