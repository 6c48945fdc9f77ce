"""A wrong address and a machine without a way out are told apart, by what name servers and connections really say."""

import errno
import shutil
import socket
import subprocess
import sys

import pytest

from gradcam_core.download import fetch_image
from gradcam_core.download.addresses import FetchPolicy
from gradcam_core.download.resolver import Resolver
from gradcam_core.download.way_out import SURE_NAME, not_connected
from gradcam_core.errors import ImageError
from tests.core.loopback import Address
from tests.server import ROOT

_NOBODY = "No public web server answers at this address."
_NO_NAMES = "Heatproof can look up no name of the web just now."
_NO_ROUTE = "No network leads from Heatproof to this address."
_SILENT = "The server at this address does not answer."


def _failing(code: int) -> Resolver:
    def resolve(_: str) -> list[str]:
        raise socket.gaierror(code, "as the system says it")

    return resolve


def _refusal(resolver: Resolver, url: str = "https://img.test/a.png") -> ImageError:
    with pytest.raises(ImageError) as refusal:
        fetch_image(url, resolver=resolver)
    return refusal.value


def test_name_that_nobody_has_is_a_matter_of_spelling(dialled: list[Address]) -> None:
    error = _refusal(_failing(socket.EAI_NONAME))
    assert error.message == _NOBODY
    assert "spelling" in error.hint
    assert dialled == []


@pytest.mark.parametrize("code", [socket.EAI_AGAIN, socket.EAI_FAIL])
def test_name_server_without_an_answer_says_nothing_of_the_name(dialled: list[Address], code: int) -> None:
    error = _refusal(_failing(code))
    assert error.message == _NO_NAMES
    assert "spelling" not in error.hint
    assert dialled == []


def test_proxy_that_is_not_used_is_named_where_nothing_else_leads_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert "proxy" not in _refusal(_failing(socket.EAI_AGAIN)).hint
    monkeypatch.setenv("HTTPS_PROXY", "http://someone:secret@10.0.0.1:3128")
    hint = _refusal(_failing(socket.EAI_AGAIN)).hint
    assert "uses a proxy" in hint
    assert "secret" not in hint
    assert "proxy" not in _refusal(_failing(socket.EAI_NONAME)).hint


def test_server_that_takes_no_connection_does_not_answer() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.socket() as first, socket.socket() as second:
        for client in (first, second):  # they fill the line in which the system holds connections
            client.setblocking(False)
            client.connect_ex(full.getsockname())
        policy = FetchPolicy(allowed_private=frozenset({("img.test", full.getsockname()[1])}), seconds=0.5)
        with pytest.raises(ImageError) as refusal:
            fetch_image(f"http://img.test:{full.getsockname()[1]}/a", policy=policy, resolver=lambda _: ["127.0.0.1"])
    assert refusal.value.message == _SILENT
    assert "spelling" not in refusal.value.hint


@pytest.mark.parametrize(
    ("errors", "sentence"),
    [
        ([], _NOBODY),
        ([ConnectionRefusedError(111, "")], _NOBODY),
        ([TimeoutError(), ConnectionRefusedError(111, "")], _NOBODY),
        ([TimeoutError()], _SILENT),
        ([OSError(errno.EHOSTUNREACH, "")], _SILENT),
        ([OSError(errno.ENETUNREACH, ""), TimeoutError()], _SILENT),
        ([OSError(errno.ENETUNREACH, "")], _NO_ROUTE),
        ([PermissionError(1, "")], _NO_ROUTE),
    ],
)
def test_sentence_is_of_all_that_was_dialled(errors: list[OSError], sentence: str) -> None:
    assert not_connected(errors).message == sentence


def _on_a_closed_network(names: str, url: str) -> str:
    """What a fetch is refused with in a network namespace that leads nowhere, where these names are known."""
    unshare = shutil.which("unshare")
    if not unshare or not shutil.which("ip"):
        pytest.skip("there is no unshare or ip")
    namespace = [unshare, "--map-root-user", "--net", "--mount"]
    if subprocess.run([*namespace, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this system lets nobody make a network namespace")
    command = [*namespace, sys.executable, "-m", "tests.core.closed_network", names, url]
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}  # without the guard against leaving: nothing leads out
    done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("names", "url", "sentence"),
    [
        ("-", "https://img.test/a.png", _NO_NAMES),  # an aeroplane
        ("-", "https://8.8.8.8/a.png", _NO_ROUTE),
        ("intranet.test", "https://img.test/a.png", _NO_NAMES),  # a firewall whose names are its own
        (f"intranet.test,{SURE_NAME}", "https://img.test/a.png", _NOBODY),  # a wrong name
        (f"img.test,{SURE_NAME}", "https://img.test/a.png", _NO_ROUTE),
    ],
)
def test_system_without_a_way_out_is_told_from_a_wrong_name(names: str, url: str, sentence: str) -> None:
    assert _on_a_closed_network(names, url) == sentence
