"""What the server tells browsers to refuse, and how it is set up as it comes."""

import os
import subprocess
import sys
import tomllib
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Message, Receive, Scope, Send

from pages._ui.server.headers import SecurityHeaders, security_headers

ROOT = Path(__file__).resolve().parents[2]


def answered(scope: dict[str, Any], headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    """The headers of an answer that says `headers` itself, once it has gone through."""
    sent: list[Message] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    async def receive() -> Message:
        return {"type": "http.request"}

    async def send(message: Message) -> None:
        sent.append(message)

    finish(SecurityHeaders(app)({"type": "http", "headers": [], **scope}, receive, send))
    assert sent[1]["body"] == b"ok"
    return {name.decode(): value.decode() for name, value in sent[0]["headers"]}


def finish(work: Coroutine[Any, Any, None]) -> None:
    """Run what waits for nothing; the browser tests may have a loop of their own in this thread."""
    with pytest.raises(StopIteration):
        work.send(None)


def policy(host: str) -> dict[str, list[str]]:
    directives = (part.split() for part in security_headers(host)["Content-Security-Policy"].split(";"))
    return {name: values for name, *values in directives}


def test_every_answer_has_the_headers_and_keeps_its_own() -> None:
    own = [(b"content-type", b"text/html"), (b"referrer-policy", b"origin")]
    told = answered({"headers": [(b"host", b"img.test:8501")]}, own)
    assert told["content-type"] == "text/html"
    assert told["referrer-policy"] == "origin"
    assert told["x-content-type-options"] == "nosniff"
    assert told["x-frame-options"] == "SAMEORIGIN"
    assert "ws://img.test:8501" in told["content-security-policy"]


def test_nothing_from_elsewhere_is_loaded_and_no_text_becomes_a_script() -> None:
    told = policy("img.test")
    assert told["default-src"] == ["'self'"]
    assert told["object-src"] == ["'none'"]
    assert told["frame-ancestors"] == ["'self'"]
    assert "'unsafe-inline'" not in told["script-src"]
    everywhere = [source for name, sources in told.items() if name != "connect-src" for source in sources]
    assert not any("//" in source or source in {"*", "http:", "https:"} for source in everywhere)
    assert set(told["connect-src"]) == {"'self'", "data:", "blob:", "ws://img.test", "wss://img.test"}


@pytest.mark.parametrize("host", ["", "a; script-src *", "a b", "a,b", "bücher.test", 'a"b', "a\tb"])
def test_a_strange_host_can_not_write_into_the_policy(host: str) -> None:
    assert policy(host)["connect-src"] == ["'self'", "data:", "blob:"]
    assert policy(host)["script-src"] == policy("img.test")["script-src"]


def test_a_websocket_passes_untouched() -> None:
    seen: list[str] = []

    async def app(scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(scope["type"])

    async def nothing(*_: Message) -> Any:
        return None

    finish(SecurityHeaders(app)({"type": "websocket"}, nothing, nothing))
    assert seen == ["websocket"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value"),
    [("SLOTS", "many"), ("FETCH_PRIVATE", "nas"), ("FETCH_HOST", "a.test"), ("FETCH_URLS", "?")],
)
def test_a_wrong_setting_ends_the_server_before_it_begins(name: str, value: str) -> None:
    environment = os.environ | {f"HEATPROOF_{name}": value}
    command = [sys.executable, "-c", "import app"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stdout == ""
    assert f"HEATPROOF_{name}" in done.stderr.splitlines()[-2]
    assert "Traceback" not in done.stderr


def test_the_server_as_it_comes_is_closed() -> None:
    told = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
    assert (
        told["server"]
        | {
            "address": "127.0.0.1",
            "allowedHosts": ["localhost", "127.0.0.1", "::1"],
            "enableCORS": True,
            "enableXsrfProtection": True,
            "enableStaticServing": False,
            "enableAgentApi": False,
            "maxUploadSize": 10,
            "maxMessageSize": 32,
            "disconnectedSessionTTL": 120,
        }
        == told["server"]
    )
    assert told["client"]["showErrorDetails"] == "none"
    assert told["browser"]["gatherUsageStats"] is False
