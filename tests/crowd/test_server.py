"""The server as a stranger meets it: whom it talks to, how much it takes, and how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.conftest import ROOT, running_server
from tests.crowd.client import visiting
from tests.support import photograph

LONGEST_END = 10  # seconds from the request to the end


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of this file's own."""
    with running_server(tmp_path_factory.mktemp("strangers")) as started:
        yield started


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:{port}", "http://127.0.0.1:{port}", 101),
        ("localhost:{port}", "http://localhost:{port}", 101),
        ("evil.test", "http://evil.test", 403),  # a name of a stranger that leads to this machine
        ("evil.test:{port}", "http://evil.test:{port}", 403),
        ("127.0.0.1:{port}", "http://evil.test", 403),
        ("127.0.0.1:{port}", "null", 403),
    ],
)
def test_only_the_servers_own_page_can_talk_to_it(address: str, host: str, origin: str, status: int) -> None:
    port = int(address.rpartition(":")[2])
    lines = (
        "GET /_stcore/stream HTTP/1.1",
        f"Host: {host.format(port=port)}",
        f"Origin: {origin.format(port=port)}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Protocol: streamlit",
    )
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        assert connection.recv(100).split()[1] == str(status).encode()


def test_an_upload_of_nobody_is_refused(address: str) -> None:
    request = urllib.request.Request(f"{address}/_stcore/upload_file/a/b", data=bytes(100), method="PUT")  # noqa: S310
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(request, timeout=10)  # noqa: S310
    assert refusal.value.code in (400, 403)


@pytest.mark.parametrize("path", ["/..%2f..%2fetc/passwd", "/static/..%5c..%5capp.py", "/%2e%2e/README.md"])
def test_no_path_leads_out_of_what_is_served(address: str, path: str) -> None:
    request = urllib.request.Request(address + path)  # noqa: S310
    try:
        body = urllib.request.urlopen(request, timeout=10).read()  # noqa: S310
    except urllib.error.HTTPError as error:
        body = error.read()
    assert b"root:" not in body
    assert b"Heatproof" not in body


def test_two_people_with_two_pictures_each_see_their_own(address: str) -> None:
    with visiting(address) as one, visiting(address) as other:
        one.bring("one.jpg", photograph(200, 150, seed=1))
        other.bring("other.jpg", photograph(150, 200, seed=2))
        one.settle()
        other.settle()
        assert one.view.head["size"] == [200, 150]
        assert other.view.head["size"] == [150, 200]
        assert one.screen.problems == other.screen.problems == []


def test_a_file_over_the_limit_is_refused_and_the_session_goes_on(address: str) -> None:
    with visiting(address) as visitor:
        visitor.bring("large.jpg", bytes(10_000_001))
        visitor.settle()
        assert visitor.view.head["owner"] == ["", ""]
        assert any("larger than 10 MB" in text for text in visitor.screen.alerts())
        visitor.choose("method", 1)
        visitor.settle()
        assert visitor.view.head["address"] == {"method": "hirescam"}


@contextmanager
def server_process(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server that may be asked to end, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless=true"]
    environment = os.environ | {"HEATPROOF_CHECKPOINTS": str(folder), "TORCH_HOME": str(folder / "torch")}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(20)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such request")
def test_a_server_that_is_asked_to_end_in_mid_computation_ends_soon_and_quietly(tmp_path: Path) -> None:
    with server_process(tmp_path) as (process, address), visiting(address) as visitor:
        stop = threading.Event()
        clicker = threading.Thread(target=click_on, args=(address, stop))
        clicker.start()
        try:
            visitor.bring("mine.jpg", photograph(2048, 1536))
            visitor.watch(0.05)
            begun = time.monotonic()
            process.send_signal(signal.SIGTERM)
            output, _ = process.communicate(timeout=LONGEST_END)
            assert time.monotonic() - begun < LONGEST_END
        finally:
            stop.set()
            clicker.join(20)
    assert process.returncode in (0, -signal.SIGTERM)
    assert b"Traceback" not in output, output[-2000:].decode(errors="replace")
    assert b"terminate called" not in output


def click_on(address: str, stop: threading.Event) -> None:
    """Somebody who changes the method until the server is gone."""
    try:
        with visiting(address) as visitor:
            for place in range(10_000):
                if stop.is_set():
                    return
                visitor.choose("method", place % 6)
                visitor.watch(0.02)
    except Exception as error:  # noqa: BLE001 - the server ends under this person's hands: whatever comes of that is no fault
        print(json.dumps({"clicker": type(error).__name__}))
