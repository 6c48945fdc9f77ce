"""The guarded fetch, against real servers on loopback: what is shown, and what is refused before it is dialled."""

import contextlib
import logging
import shutil
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest

from gradcam_core.download import fetch_image
from gradcam_core.download.addresses import FetchPolicy
from gradcam_core.errors import ImageError
from tests.core.endless_answers import drip
from tests.core.loopback import PNG, Address, Answer, Server, fetch_from, http, moved, running

_NOBODY = "No public web server answers"


def test_request_says_who_is_asked_for_what_and_nothing_else(server: Server) -> None:
    server.answers["/a%20%C3%BC.png"] = http(PNG, "Set-Cookie: a=b")
    for _ in range(2):
        fetch_from(server, "/a%20ü.png?q=1#part")
    for request in server.requests:
        lines = request.split("\r\n")
        assert lines[0] == "GET /a%20%C3%BC.png?q=1 HTTP/1.1"
        assert {line.partition(":")[0] for line in lines[1:] if line} == {
            *("Host", "User-Agent", "Accept", "Accept-Encoding", "Connection")
        }
        assert f"Host: img.test:{server.port}" in lines
        assert "Accept-Encoding: identity" in lines


def test_five_redirects_are_followed_and_each_is_dialled_anew(server: Server, dialled: list[Address]) -> None:
    for hop in range(4):
        server.answers[f"/{hop}"] = moved(f"{hop + 1}")
    server.answers["/4"] = moved(f"//img.test:{server.port}/dir/é".encode().decode("latin-1"))
    server.answers["/dir/%C3%A9"] = http(PNG)
    assert fetch_from(server, "/0") == PNG
    assert dialled == [("127.0.0.1", server.port)] * 6


def test_redirect_body_is_never_read(server: Server) -> None:
    sent = []

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n")
        with contextlib.suppress(OSError):
            while True:
                sent.append(connection.send(bytes(65_536)))

    server.answers |= {"/a": endless, "/b": http(PNG)}
    assert fetch_from(server, "/a") == PNG
    assert sum(sent) < 20_000_000  # what the system's buffers took


# Refused before anybody is dialled


def test_private_closed_and_unknown_hosts_get_the_same_sentence(dialled: list[Address]) -> None:
    def unknown(_: str) -> list[str]:
        raise socket.gaierror("no such host")

    said = set()
    for resolver in (lambda _: ["10.0.0.1"], lambda _: ["8.8.8.8"], unknown):
        with pytest.raises(ImageError) as refusal:
            fetch_image("https://img.test/a.png", resolver=resolver)
        said.add((refusal.value.message, refusal.value.hint))
    assert len(said) == 1
    assert dialled == [("8.8.8.8", 443)]  # the closed one, by the witness above


def test_checked_answer_is_the_one_dialled_and_the_name_is_asked_once(server: Server, dialled: list[Address]) -> None:
    server.answers["/a"] = http(PNG)
    rebinding = iter([["127.0.0.1"], ["127.0.0.2"]])
    policy = FetchPolicy(allowed_private=frozenset({("img.test", server.port)}))
    url = f"http://img.test:{server.port}/a"
    assert fetch_image(url, policy=policy, resolver=lambda _: next(rebinding)) == PNG
    assert dialled == [("127.0.0.1", server.port)]
    assert next(rebinding) == ["127.0.0.2"]


def test_at_most_three_answers_are_dialled(dialled: list[Address]) -> None:
    with pytest.raises(ImageError, match=_NOBODY):
        fetch_image("http://img.test/", resolver=lambda _: [f"8.8.8.{n}" for n in range(1, 100)])
    assert dialled == [(f"8.8.8.{n}", 80) for n in (1, 2, 3)]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_resolver_that_fails_oddly_holds_nobody_up() -> None:
    def broken(_: str) -> list[str]:
        raise LookupError("no such table")

    start = time.monotonic()
    with pytest.raises(ImageError, match=_NOBODY):
        fetch_image("http://img.test/", resolver=broken)
    assert time.monotonic() - start < 2  # a lookup may take 3


def test_own_public_address_is_not_talked_to(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    dial = socket.create_connection
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: dial(("127.0.0.1", server.port)))
    with pytest.raises(ImageError, match=_NOBODY):
        fetch_image("http://img.test/a", resolver=lambda _: ["8.8.8.8"])
    assert server.requests == []


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _has_ipv6(), reason="there is no IPv6 here")
def test_server_with_ipv6_alone_is_dialled(dialled: list[Address]) -> None:
    with running("::1") as server:
        server.answers["/a"] = http(PNG)
        for host, resolver in (("six.test", lambda _: ["::1"]), ("[::1]", None)):
            policy = FetchPolicy(allowed_private=frozenset({(host.strip("[]"), server.port)}))
            assert fetch_image(f"http://{host}:{server.port}/a", policy=policy, resolver=resolver) == PNG
            assert f"Host: {host}:{server.port}" in server.requests.pop()
        assert dialled == [("::1", server.port)] * 2


def test_lookup_that_hangs_is_left_alone() -> None:
    release = threading.Event()
    start = time.monotonic()
    with pytest.raises(ImageError, match=_NOBODY):
        fetch_image("http://img.test/", policy=FetchPolicy(seconds=0.2), resolver=lambda _: [str(release.wait(5))])
    assert time.monotonic() - start < 2
    release.set()


def test_allowed_private_host_opens_no_other_port(server: Server, dialled: list[Address]) -> None:
    policy = FetchPolicy(allowed_private=frozenset({("127.0.0.1", server.port)}))
    server.answers["/a"] = http(PNG)
    assert fetch_image(server.url("/a"), policy=policy) == PNG
    with pytest.raises(ImageError, match=_NOBODY):
        fetch_image("http://127.0.0.1/a", policy=policy)
    assert dialled == [("127.0.0.1", server.port)]


def test_fetching_can_be_switched_off(monkeypatch: pytest.MonkeyPatch, dialled: list[Address]) -> None:
    monkeypatch.setenv("HEATPROOF_FETCH_URLS", "off")
    with pytest.raises(ImageError, match="switched off"):
        fetch_image("https://img.test/a.png", resolver=lambda _: ["8.8.8.8"])
    assert dialled == []


def test_proxies_and_netrc_of_the_environment_are_not_used(
    server: Server, dialled: list[Address], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".netrc").write_text("machine img.test login someone password secret\ndefault login a password b\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    monkeypatch.setenv("HOME", str(tmp_path))
    server.answers["/a"] = http(PNG)
    with running() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            for spelt in (name, name.lower()):
                monkeypatch.setenv(spelt, f"http://someone:secret@127.0.0.1:{proxy.port}")
        for unproxied in ("", "*", "img.test", "other.test"):
            monkeypatch.setenv("NO_PROXY", unproxied)
            monkeypatch.setenv("no_proxy", unproxied)
            assert fetch_from(server, "/a") == PNG
        assert proxy.requests == []
    assert set(dialled) == {("127.0.0.1", server.port)}
    assert len(set(server.requests)) == 1
    assert "authorization" not in server.requests[0].lower()


def test_log_names_the_host_and_never_the_path(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "gradcam_core")
    server.answers["/secret"] = http(PNG)
    fetch_from(server, "/secret?token=secret")
    with pytest.raises(ImageError):
        fetch_from(server, "/other-secret?token=secret")
    assert caplog.text.count("img.test") == 2
    assert "secret" not in caplog.text


# TLS


@pytest.fixture
def tls_server(server: Server, tmp_path: Path) -> Server:
    """The server speaks TLS with a certificate for img.test that it signed itself; it remembers the names asked for."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate")
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    named = ["-subj", "/CN=img.test", "-addext", "subjectAltName=DNS:img.test"]
    files = ["-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")]
    subprocess.run([openssl, *made.split(), *named, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")
    context.sni_callback = lambda _socket, name, _context: server.requests.append(f"SNI {name}")
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.answers["/a"] = http(PNG)
    return server


def test_https_is_verified_against_the_name_as_typed(
    tls_server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))
    assert fetch_from(tls_server, "/a", scheme="https") == PNG
    assert tls_server.requests[0] == "SNI img.test"
    policy = FetchPolicy(allowed_private=frozenset({("other.test", tls_server.port)}))
    with pytest.raises(ImageError, match="can't prove who it is"):
        fetch_image(f"https://other.test:{tls_server.port}/a", policy=policy, resolver=lambda _: ["127.0.0.1"])


def test_https_with_a_certificate_of_nobody_is_refused(tls_server: Server) -> None:
    with pytest.raises(ImageError, match="can't prove who it is"):
        fetch_from(tls_server, "/a", scheme="https")


def test_https_to_a_server_without_tls_is_refused(server: Server) -> None:
    server.greeting = http(b"", status="400 Bad Request")
    with pytest.raises(ImageError, match="does not speak https"):
        fetch_from(server, "/a", scheme="https")


@pytest.mark.parametrize("greeting", [b"", drip(b"\x16\x03\x03\x3f\xff", b"\x02")], ids=["silent", "slow record"])
def test_https_handshake_that_hangs_ends_at_the_deadline(server: Server, greeting: Answer) -> None:
    server.greeting = greeting
    start = time.monotonic()
    with pytest.raises(ImageError, match=r"within 0\.3 seconds"):
        fetch_from(server, "/a", scheme="https", seconds=0.3)
    assert time.monotonic() - start < 2
