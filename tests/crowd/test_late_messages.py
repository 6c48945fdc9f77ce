"""A slow address that fails, and another image meanwhile: what is said of the address is not said beside the image."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.core.loopback import Server, http, running
from tests.crowd.client import Visitor, visiting
from tests.server import running_server
from tests.support import photograph

Act = Callable[[Visitor], None]
LATER: dict[str, Act] = {
    "card": lambda visitor: visitor.click_card("sample", 1),
    "file": lambda visitor: visitor.bring("mine.jpg", photograph(96, 64)),
    "back": lambda visitor: visitor.go({"image": "bay"}),
}


class SlowNothing:
    """A web server that has nothing, and says so once it may; `is_asked` is set by every request."""

    def __init__(self, web: Server) -> None:
        self.web = web
        self.is_asked, self.may_answer = threading.Event(), threading.Event()

    def address(self, name: str) -> str:
        """One at which nobody was asked before."""
        self.web.answers[f"/{name}.png"] = self._answer
        self.is_asked.clear()
        self.may_answer.clear()
        return self.web.url(f"/{name}.png")

    def _answer(self, connection: socket.socket) -> None:
        self.is_asked.set()
        self.may_answer.wait(8)
        connection.sendall(http(b"", status="404 Not Found"))


@pytest.fixture(scope="module")
def web() -> Iterator[SlowNothing]:
    with running() as started:
        yield SlowNothing(started)


@pytest.fixture(scope="module")
def address(web: SlowNothing, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that may fetch from there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HEATPROOF_FETCH_PRIVATE", f"127.0.0.1:{web.web.port}")
        with running_server(Path(tmp_path_factory.mktemp("none"))) as started:
            yield started


@pytest.mark.slow
@pytest.mark.parametrize("first", ["paste", "link"])
@pytest.mark.parametrize("later", LATER)
def test_what_was_asked_before_is_not_spoken_of_beside_the_image_that_came_later(
    address: str, web: SlowNothing, first: str, later: str
) -> None:
    slow = web.address(f"{first}-{later}")
    with visiting(address) as visitor:
        visitor.paste(slow) if first == "paste" else visitor.go({"image": slow})
        assert web.is_asked.wait(20)
        LATER[later](visitor)
        visitor.watch(0.5)
        web.may_answer.set()
        visitor.settle()
        shown = visitor.view.head["address"]["image"]
        assert shown == "bay" or shown.startswith("upload-")
        assert visitor.screen.alerts() == []


@pytest.mark.slow
@pytest.mark.parametrize("first", ["paste", "link"])
def test_a_refusal_goes_when_the_browser_goes_back_to_the_image_that_stayed(
    address: str, web: SlowNothing, first: str
) -> None:
    slow = web.address(f"{first}-alone")
    with visiting(address) as visitor:
        web.may_answer.set()
        visitor.paste(slow) if first == "paste" else visitor.go({"image": slow})
        visitor.settle()
        assert "nothing at this address" in visitor.screen.alerts()[0]
        visitor.go({"method": "layercam"})
        visitor.settle()
        assert visitor.screen.alerts() == []
