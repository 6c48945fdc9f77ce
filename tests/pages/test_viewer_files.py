"""The viewer's module comes once, from an address that is its hash; no message carries it."""

import gzip
import hashlib
import re

import pytest
from starlette.types import Message, Receive, Scope, Send

from pages._ui.viewer.files import PANES_MODULE, VIEWER_MODULE, ViewerFiles
from tests.pages.test_headers import finish

PATHS = [re.findall(r'"\.(/viewer/.*?)"', module)[0] for module in (VIEWER_MODULE, PANES_MODULE)]


def asked(path: str, *, accepts: str = "", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer; the app behind says 418."""
    sent: list[Message] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"accept-encoding", accepts.encode())]
    finish(ViewerFiles(app)({"type": "http", "method": method, "path": path, "headers": headers}, receive, send))
    told = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], told, sent[1].get("body", b"")


@pytest.mark.parametrize("path", PATHS)
def test_a_file_is_what_its_address_says_and_may_be_kept(path: str) -> None:
    status, headers, body = asked(path)
    assert status == 200
    assert hashlib.sha256(body).hexdigest().startswith(path[len("/viewer/") : -len(".js")])
    assert headers["content-type"].startswith("text/javascript")
    assert "immutable" in headers["cache-control"]


def test_it_is_packed_for_whoever_takes_that() -> None:
    _, plain, body = asked(PATHS[0])
    _, headers, packed = asked(PATHS[0], accepts="br, gzip")
    assert "content-encoding" not in plain
    assert headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed) == body
    assert len(packed) < len(body) / 3


def test_it_is_found_below_a_base_path() -> None:
    assert asked(f"/some/base{PATHS[0]}")[0] == 200


def test_a_file_of_another_version_is_not_kept() -> None:
    status, headers, _ = asked("/viewer/0123456789abcdef.js")
    assert status == 404
    assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/", "/viewer", "/viewer/x.js", f"{PATHS[0]}/more", "/model"])
def test_all_else_passes(path: str) -> None:
    assert asked(path)[0] == 418


def test_a_message_carries_an_address_and_nothing_else() -> None:
    assert max(len(VIEWER_MODULE), len(PANES_MODULE)) < 450
