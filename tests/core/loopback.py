"""A real web server on loopback that answers each path with bytes, or as a function of the connection says."""

import contextlib
import importlib.util
import os
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

from gradcam_core.download import fetch_image
from gradcam_core.download.addresses import FetchPolicy

OFFLINE = Path(__file__).resolve().parents[1] / "offline"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8  # enough of a picture for a module that judges first bytes

Address = tuple[object, ...]
Answer = bytes | Callable[[socket.socket], None]


class Server(socketserver.ThreadingTCPServer):
    """Remembers every request's head in `requests`; unknown paths get a 404."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 64  # with the usual 5, the sixth of many at once waits a second for its connection

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, 0), _Handler)
        self.answers: dict[str, Answer] = {}
        self.requests: list[str] = []
        self.greeting: Answer = b""  # sent before anything is asked

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def url(self, path: str) -> str:
        """A plain address for what does not go through the guard."""
        return f"http://127.0.0.1:{self.port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what many tests are about."""


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, Server)
        self._give(self.server.greeting)
        head = b""
        while b"\r\n\r\n" not in head:
            received = self.request.recv(65_536)
            if not received:
                return
            head += received
        text = head.decode("latin-1")
        self.server.requests.append(text)
        answer = self.server.answers.get(text.split(" ")[1].partition("?")[0], http(b"", status="404 Not Found"))
        self._give(answer)
        with contextlib.suppress(OSError):
            self.request.shutdown(socket.SHUT_WR)

    def _give(self, answer: Answer) -> None:
        self.request.sendall(answer) if isinstance(answer, bytes) else answer(self.request)


def http(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    """A whole answer; `length` is what Content-Length says, by default the truth, and nothing if it is below zero."""
    said = len(body) if length is None else length
    lines = [
        f"HTTP/1.1 {status}",
        "Connection: close",
        *headers,
        *([f"Content-Length: {said}"] if said >= 0 else []),
        "",
        "",
    ]
    return "\r\n".join(lines).encode("latin-1") + body


def moved(location: str, *, status: int = 302) -> bytes:
    """A redirect."""
    return http(b"", f"Location: {location}", status=f"{status} Moved")


def chunks(*pieces: bytes, end: bool = True) -> bytes:
    """A body in chunks, as after `Transfer-Encoding: chunked`."""
    return b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + (b"0\r\n\r\n" if end else b"")


@contextlib.contextmanager
def running(host: str = "127.0.0.1") -> Iterator[Server]:
    """A server, listening while the block runs."""
    with Server(host) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def fetch_from(server: Server, path: str, *, seconds: float = 5.0, scheme: str = "http") -> bytes:
    """Fetch a path from img.test:<port>, a host that is allowed and whose name leads to loopback."""
    policy = FetchPolicy(allowed_private=frozenset({("img.test", server.port)}), seconds=seconds)
    return fetch_image(f"{scheme}://img.test:{server.port}{path}", policy=policy, resolver=lambda _: ["127.0.0.1"])


def together(count: int, work: Callable[[], object]) -> None:
    """Do the same in so many threads at once."""
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextlib.contextmanager
def witnessed() -> Iterator[list[Address]]:
    """The (address, port) of every connection this process makes; what would leave the machine ends here."""
    seen: list[Address] = []
    witnesses = _guard().witnesses
    witnesses.append(seen)
    try:
        yield seen
    finally:
        witnesses.remove(seen)


def stay_here() -> None:
    """From now on nothing in this process reaches another machine, nor in a Python that it starts."""
    if str(OFFLINE) not in os.environ.get("PYTHONPATH", ""):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(OFFLINE), os.environ.get("PYTHONPATH")]))
    _guard()


def _guard() -> ModuleType:
    """The one guard of this process: a worker of pytest-xdist has had it since Python started, others load it here."""
    loaded = sys.modules.get("sitecustomize")
    if loaded is None or Path(str(loaded.__file__)).parent != OFFLINE:
        spec = importlib.util.spec_from_file_location("sitecustomize", OFFLINE / "sitecustomize.py")
        assert spec
        assert spec.loader
        loaded = sys.modules["sitecustomize"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(loaded)
    return loaded
