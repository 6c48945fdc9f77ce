"""The guarded fetch, against real servers on loopback that answer with anything but a picture."""

import contextlib
import itertools
import socket
import time
from collections.abc import Callable

import pytest

from gradcam_core.errors import ImageError
from tests.core.loopback import PNG, Address, Server, chunks, fetch_from, http, moved

_NOBODY = "No public web server answers"
_BROKEN = "broke off, or does not answer as a web server should"


def _fails(server: Server, path: str = "/a", *, seconds: float = 5.0) -> str:
    """The sentence of the refusal; every one has a hint."""
    with pytest.raises(ImageError) as refusal:
        fetch_from(server, path, seconds=seconds)
    assert refusal.value.hint
    return str(refusal.value)


_PNG_TYPE = "Content-Type: image/png"
_ANSWERS: dict[str, tuple[bytes, str]] = {
    "html": (http(b"<!DOCTYPE html><html></html>", "Content-Type: text/html"), r"sends a web page \(HTML\)"),
    "html called png": (http(b"<html></html>", _PNG_TYPE), r"a web page \(HTML\)"),
    "meta refresh": (http(b'<html><meta http-equiv="refresh" content="0;url=/ok">'), r"a web page \(HTML\)"),
    "svg": (http(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Content-Type: image/svg+xml"), "an SVG file"),
    "json": (http(b'{"error": 1}'), "a JSON file"),
    "zip": (http(b"PK\x03\x04" + bytes(90)), "a ZIP file"),
    "eps called png": (http(b"%!PS-Adobe-3.0", _PNG_TYPE), "an EPS file"),
    "multipart stream": (http(b"--frame\r\nContent-Type: image/jpeg\r\n\r\n"), "a text file"),
    "script in the type": (http(b"no", "Content-Type: <script>alert(1)</script>"), "a text file"),
    "empty": (http(b""), "sends nothing"),
    "204": (http(b"", status="204 No Content"), r"sends nothing \(204\)"),
    "206": (http(PNG, status="206 Partial Content"), r"an error \(206\)"),
    "401": (http(PNG, status="401 Unauthorized"), r"to everyone \(401\)"),
    "403": (http(PNG, status="403 Forbidden"), r"to everyone \(403\)"),
    "404": (http(PNG, status="404 Not Found"), r"nothing at this address \(404\)"),
    "500": (http(PNG, status="500 Oops"), r"an error \(500\)"),
    "refresh header": (http(b"", "Refresh: 0; url=/ok"), "sends nothing"),
    "gzip": (http(PNG, "Content-Encoding: gzip"), "compressed"),
    "gzip twelve times": (http(PNG, "Content-Encoding: " + ", ".join(["gzip"] * 12)), "compressed"),
    "length of 10 GB": (http(PNG, length=10**10), "larger than 10 MB"),
    "negative length": (http(PNG, "Content-Length: -1", length=-1), _BROKEN),
    "two lengths": (http(PNG, "Content-Length: 5"), _BROKEN),
    "length that is no number": (http(PNG, "Content-Length: many", length=-1), _BROKEN),
    "half the body": (http(PNG, length=2 * len(PNG)), "half-way"),
    "half a chunk": (http(b"ffff\r\n" + PNG, "Transfer-Encoding: chunked", length=-1), "half-way"),
    "no last chunk": (http(chunks(PNG, end=False), "Transfer-Encoding: chunked", length=-1), "half-way"),
    "chunks that are none": (http(PNG, "Transfer-Encoding: chunked", length=-1), "half-way|" + _BROKEN),
    "no http": (b"SSH-2.0-OpenSSH_9.6\r\n", _BROKEN),
    "http 0.9": (PNG, _BROKEN),
    "10,000 headers": (http(PNG, *["X: y"] * 10_000), _BROKEN),
    "header of 1 MB": (http(PNG, "X: " + "y" * 1_000_000), _BROKEN),
    "hangs up at once": (b"", _BROKEN),
    "moved nowhere": (http(b"", status="302 Found"), "not where to"),
    "moved to 70 kB": (moved("/" + "a" * 70_000), _BROKEN),
    "moved to 3 kB": (moved("/" + "a" * 3_000), "longer than 2,048"),
    "moved to a loop": (moved("/a"), "more than 5 times"),
    "moved to a file": (moved("file:///etc/passwd"), "begin with http"),
    "moved to data": (moved("data:image/png;base64,iVBORw0KGgo="), "begin with http"),
    "moved to ftp": (moved("ftp://img.test/a"), "begin with http"),
    "moved to credentials": (moved("http://user:pw@img.test/"), "user name"),
    "moved to another port": (moved("http://img.test:6379/"), "Port 6379"),
    "moved to loopback": (moved("http://127.0.0.1/"), _NOBODY),
    "moved to loopback, no scheme": (moved("//127.0.0.1/"), _NOBODY),
    "moved to metadata": (moved("http://169.254.169.254/latest/meta-data/"), _NOBODY),
    "moved to ipv6 loopback": (moved("http://[::1]/"), _NOBODY),
    "moved to a name of loopback": (moved("http://other.test/"), _NOBODY),
}


@pytest.mark.parametrize("case", _ANSWERS)
def test_answer_that_is_no_picture_is_refused_and_nobody_else_is_dialled(
    server: Server, dialled: list[Address], case: str
) -> None:
    answer, sentence = _ANSWERS[case]
    server.answers |= {"/a": answer, "/ok": http(PNG)}
    with pytest.raises(ImageError, match=sentence) as refusal:
        fetch_from(server, "/a")
    assert refusal.value.hint
    assert set(dialled) == {("127.0.0.1", server.port)}


@pytest.mark.parametrize("chunked", [False, True])
def test_endless_body_is_cut_at_the_limit(server: Server, chunked: bool) -> None:
    sent = []

    def endless(connection: socket.socket) -> None:
        connection.sendall(http(b"", *["Transfer-Encoding: chunked"] * chunked, length=-1))
        block = PNG + bytes(65_536)
        with contextlib.suppress(OSError):
            while True:
                connection.sendall(chunks(block, end=False) if chunked else block)
                sent.append(len(block))

    server.answers["/a"] = endless
    assert "larger than 10 MB" in _fails(server)
    assert sum(sent) < 40_000_000


def _drip(*first: bytes, drop: bytes = b"x") -> Callable[[socket.socket], None]:
    """An answer that begins quickly and goes on with one drop every 20 ms."""

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            for piece in itertools.chain(first, itertools.repeat(drop)):
                connection.sendall(piece)
                time.sleep(0.02)

    return answer


@pytest.mark.parametrize(
    "answer",
    [
        _drip(http(PNG, length=10**6)),
        _drip(http(b"", length=10**6), b"\x89PNG\r\n\x1a\n"),
        _drip(b"HTTP/1.1 200 OK\r\nX: "),
        _drip(b"", drop=b"HTTP/1.1 100 Continue\r\n\r\n"),
        _drip(http(b"", "Transfer-Encoding: chunked", length=-1), drop=b"1\r\n\x89\r\n"),
        lambda _: time.sleep(3),
    ],
    ids=["slow body", "slow first bytes", "slow headers", "endless 100", "slow chunks", "silent"],
)
def test_whole_fetch_ends_at_the_deadline(server: Server, answer: Callable[[socket.socket], None]) -> None:
    server.answers["/a"] = answer
    start = time.monotonic()
    assert _fails(server, seconds=0.3) == "No picture came within 0.3 seconds."
    assert time.monotonic() - start < 2


def test_redirects_share_one_deadline(server: Server) -> None:
    def late(connection: socket.socket) -> None:
        time.sleep(0.15)
        connection.sendall(moved("/a"))

    server.answers["/a"] = late
    assert "within 0.4 seconds" in _fails(server, seconds=0.4)
