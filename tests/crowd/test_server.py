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
from email.message import Message
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from pages._ui.server import admission as gate
from tests.crowd.client import visiting
from tests.server import ROOT, running_server
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


@pytest.mark.slow
def test_two_people_with_two_pictures_each_see_their_own(address: str) -> None:
    with visiting(address) as one, visiting(address) as other:
        one.bring("one.jpg", photograph(200, 150, seed=1))
        other.bring("other.jpg", photograph(150, 200, seed=2))
        one.settle()
        other.settle()
        assert one.view.head["size"] == [200, 150]
        assert other.view.head["size"] == [150, 200]
        assert one.screen.problems == other.screen.problems == []


@pytest.mark.slow
def test_a_file_over_the_limit_is_refused_and_the_session_goes_on(address: str) -> None:
    with visiting(address) as visitor:
        visitor.bring("large.jpg", b"\xff\xd8\xff\xe0" + bytes(10_000_001))
        visitor.settle()
        assert visitor.view.head["imageAndModel"] == ["", ""]
        assert any("larger than 10 MB" in text for text in visitor.screen.alerts())
        visitor.choose("method", 1)
        visitor.settle()
        assert visitor.view.head["address"] == {"method": "hirescam"}


@contextmanager
def server_process(folder: Path, **settings: object) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """A server that may be asked to end, with these settings of ours, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless=true"]
    environment = os.environ | {"HEATPROOF_CHECKPOINTS": str(folder), "TORCH_HOME": str(folder / "torch")}
    environment |= {f"HEATPROOF_{name.upper()}": str(value) for name, value in settings.items()}
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


def answered(url: str, method: str = "GET", data: bytes | None = None, **headers: str) -> tuple[int, str, Message]:
    """What the server says: status, text and headers."""
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return answer.status, answer.read().decode(), answer.headers
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), error.headers


@contextmanager
def connected(address: str, client: str) -> Iterator[ClientConnection]:
    """A page of somebody for whom a proxy on this machine speaks."""
    with connect(
        f"{address.replace('http', 'ws', 1)}/_stcore/stream",
        origin=Origin(address),
        subprotocols=[Subprotocol("streamlit")],
        additional_headers={"X-Forwarded-For": client},
        proxy=None,
    ) as page:
        yield page


def refused(address: str, client: str) -> tuple[int, bytes]:
    """With what one more page is refused."""
    with pytest.raises(InvalidStatus) as refusal, connected(address, client):
        pass
    return refusal.value.response.status_code, bytes(refusal.value.response.body or b"")


def has_room(address: str) -> bool:
    """Whether it has some within ten seconds."""
    until = time.monotonic() + 10
    while answered(address)[0] != 200 and time.monotonic() < until:
        time.sleep(0.1)
    return time.monotonic() < until


@pytest.mark.slow
def test_a_full_server_says_so_and_lets_the_next_one_in_when_somebody_leaves(tmp_path: Path) -> None:
    one, two, three = (f"198.51.100.{number}" for number in (1, 2, 3))
    with server_process(tmp_path, sessions=3, sessions_of_one=2) as (_, address), connected(address, one):
        with connected(address, one), connected(address, two) as leaving:
            assert refused(address, one) == (503, gate._FULL.encode())
            status, text, headers = answered(address)
            assert (status, gate._FULL in text, headers["Retry-After"]) == (503, True, "60")
            assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
            assert answered(f"{address}/_stcore/health")[0] == 200
            leaving.socket.shutdown(socket.SHUT_RDWR)  # without a word
            assert has_room(address)
            assert refused(address, one) == (503, gate._FULL_FOR_ONE.encode())
            with connected(address, three):
                assert answered(address)[0] == 503
        assert has_room(address)


@pytest.mark.slow
def test_uploads_that_nobody_takes_are_bounded(tmp_path: Path) -> None:
    with (
        server_process(tmp_path, uploads_of_one_bytes=30_000_000) as (_, address),
        connected(address, "198.51.100.1") as page,
    ):
        page.send(BackMsg(rerun_script=ClientState()).SerializeToString())
        told = (ForwardMsg.FromString(page.recv(timeout=30, decode=False)) for _ in range(100))
        session = next(new.new_session.initialize.session_id for new in told if new.HasField("new_session"))
        cookie = answered(f"{address}/_stcore/health")[2]["Set-Cookie"].split(";")[0]
        token = {"Cookie": cookie, "X-Xsrftoken": cookie.partition("=")[2]}
        kind = {"Content-Type": "multipart/form-data; boundary=cut"}
        part = b'--cut\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        body = part + bytes(9_900_000) + b"\r\n--cut--\r\n"
        url = f"{address}/_stcore/upload_file/{session}"
        said = [answered(f"{url}/{count}", "PUT", body, **token, **kind)[:2] for count in range(15)]
        assert said == [(204, "")] * 3 + [(413, gate._TOO_MANY)] * 12


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is known of memory there")
def test_a_server_short_of_memory_says_so(tmp_path: Path) -> None:
    with server_process(tmp_path, max_memory_bytes=1_000_000) as (_, address):
        assert gate._SHORT in answered(address)[1]
        assert refused(address, "198.51.100.1") == (503, gate._SHORT.encode())
        assert answered(f"{address}/_stcore/health")[0] == 200


@pytest.mark.slow
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
