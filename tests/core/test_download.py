"""The download of weights, from real servers on loopback."""

import hashlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gradcam_core.download import download_file
from gradcam_core.download import weights as weights_module
from gradcam_core.errors import Cancelled, HeatproofError, ModelError, ResourceError
from tests.core.loopback import Server, chunks, http, moved, running, together

_WEIGHTS = bytes(range(256)) * 2000
_DIGEST = hashlib.sha256(_WEIGHTS).hexdigest()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with running() as started:
        yield started


def _left_behind(target: Path) -> list[str]:
    return [path.name for path in target.parent.iterdir()] if target.parent.is_dir() else []


def test_file_named_by_its_hash_is_downloaded(server: Server, tmp_path: Path) -> None:
    name = f"net-{_DIGEST[:8]}.pth"
    server.answers |= {f"/{name}": moved("/real"), "/real": http(_WEIGHTS)}
    told: list[tuple[int, int]] = []
    target = tmp_path / "hub" / "checkpoints" / name
    result = download_file(
        server.url(f"/{name}"), target, sha256_prefix=_DIGEST[:8].upper(), progress=lambda *step: told.append(step)
    )
    assert result == target
    assert target.read_bytes() == _WEIGHTS
    assert _left_behind(target) == [name]
    assert told[-1] == (len(_WEIGHTS), len(_WEIGHTS))
    assert told == sorted(told)
    assert len(told) > 3


def test_file_without_a_length_is_downloaded_and_its_total_is_unknown(server: Server, tmp_path: Path) -> None:
    server.answers["/a"] = http(_WEIGHTS, length=-1)
    totals = set()
    download_file(server.url("/a"), tmp_path / "a", progress=lambda _, total: totals.add(total))
    assert (tmp_path / "a").read_bytes() == _WEIGHTS
    assert totals == {0}


_FAILURES = {
    "404": (http(b"", status="404 Not Found"), "answers 404"),
    "403": (http(b"", status="403 Forbidden"), "answers 403"),
    "503": (http(b"", status="503 Busy"), "answers 503"),
    "dropped half-way": (http(_WEIGHTS[:100_000], length=len(_WEIGHTS)), "failed or broke off"),
    "dropped between chunks": (
        http(chunks(_WEIGHTS[:100_000], end=False), "Transfer-Encoding: chunked", length=-1),
        "failed or broke off",
    ),
    "hangs up at once": (b"", "failed or broke off"),
    "another file": (http(_WEIGHTS[::-1]), f"SHA-256 begins with [0-9a-f]{{8}}, not {_DIGEST[:8]}"),
    "a web page": (http(b"<html>log in</html>"), "SHA-256 begins with"),
}


@pytest.mark.parametrize("case", _FAILURES)
def test_failed_download_is_one_sentence_and_leaves_nothing(server: Server, tmp_path: Path, case: str) -> None:
    server.answers["/a"], sentence = _FAILURES[case]
    target = tmp_path / f"net-{_DIGEST[:8]}.pth"
    with pytest.raises(ModelError, match=sentence) as refusal:
        download_file(server.url("/a"), target, sha256_prefix=_DIGEST[:8])
    assert refusal.value.hint
    assert str(refusal.value).startswith((target.name, f"The file that came is not {target.name}"))
    assert _left_behind(target) == []


def test_errors_call_the_file_by_its_title(server: Server, tmp_path: Path) -> None:
    server.answers["/a"] = http(_WEIGHTS)
    (tmp_path / "file").write_bytes(b"")
    said = []
    for path, target in (("/a", tmp_path / "a"), ("/b", tmp_path / "b"), ("/a", tmp_path / "file" / "a")):
        with pytest.raises(HeatproofError) as refusal:
            download_file(server.url(path), target, sha256_prefix="00000000", title="ResNet-18")
        said.append(str(refusal.value))
    assert said[0].startswith("The file that came is not ResNet-18: its SHA-256")
    assert said[1].startswith("ResNet-18 could not be downloaded: ")
    assert said[2].startswith("ResNet-18 could not be written to disk: ")


def test_failed_download_leaves_the_former_file_alone(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "net.pth"
    target.write_bytes(b"former")
    server.answers["/a"] = http(_WEIGHTS)
    with pytest.raises(ModelError):
        download_file(server.url("/a"), target, sha256_prefix="00000000")
    assert target.read_bytes() == b"former"
    assert _left_behind(target) == ["net.pth"]


def test_closed_port_and_unknown_host_are_one_sentence(server: Server, tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/a"
        with pytest.raises(ModelError, match=r"connection to 127\.0\.0\.1 failed"):
            download_file(url, tmp_path / "a")
    assert _left_behind(tmp_path / "a") == []


def test_server_that_falls_silent_times_out(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights_module, "_TIMEOUT", (1.0, 0.2))

    def falls_silent(connection: socket.socket) -> None:
        connection.sendall(http(_WEIGHTS[:100_000], length=len(_WEIGHTS)))
        time.sleep(1)

    server.answers |= {"/a": falls_silent, "/b": lambda _: time.sleep(1)}
    for path in ("/a", "/b"):
        with pytest.raises(ModelError, match=r"failed or broke off|in time"):
            download_file(server.url(path), tmp_path / "a")
    assert _left_behind(tmp_path / "a") == []


def test_cancelled_download_passes_through_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    server.answers["/a"] = http(_WEIGHTS)

    def stop(done: int, total: int) -> None:
        assert _left_behind(tmp_path / "a")[0].endswith(".part")
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled, match=r"Stopped\."):
        download_file(server.url("/a"), tmp_path / "a", progress=stop)
    assert _left_behind(tmp_path / "a") == []


@pytest.mark.parametrize(
    "proxy", ["http://a..b:80", "http://", "ftp://x:1", "socks9://x:1", "http://x:port", "http://[::1"]
)
def test_proxy_that_can_not_be_used_is_said_to_be_one(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("https_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(ModelError, match="proxy that the environment names can't be used") as refusal:
        download_file("https://weights.test/a", tmp_path / "a")
    assert "HTTPS_PROXY" in refusal.value.hint
    assert _left_behind(tmp_path / "a") == []


def test_certificates_that_are_not_there_are_not_blamed_on_the_disk(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "absent.pem"))
    with pytest.raises(ModelError, match="certificates that the environment names can't be read") as refusal:
        download_file(f"https://127.0.0.1:{server.port}/a", tmp_path / "a")
    assert "REQUESTS_CA_BUNDLE" in refusal.value.hint


def test_two_downloads_of_one_file_at_once_both_succeed(server: Server, tmp_path: Path) -> None:
    met = threading.Barrier(2, timeout=5)
    server.answers["/a"] = http(_WEIGHTS)
    target = tmp_path / "a"
    results: list[Path] = []

    def meet(done: int, total: int) -> None:
        if done == total:
            met.wait()

    together(2, lambda: results.append(download_file(server.url("/a"), target, sha256_prefix=_DIGEST, progress=meet)))
    assert results == [target, target]
    assert target.read_bytes() == _WEIGHTS
    assert _left_behind(target) == ["a"]


def test_download_over_the_limit_is_refused(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_MAX_CHECKPOINT_BYTES", "100000")
    server.answers |= {"/a": http(_WEIGHTS), "/b": http(_WEIGHTS, length=-1)}
    for path in ("/a", "/b"):
        with pytest.raises(ModelError, match="larger than"):
            download_file(server.url(path), tmp_path / "a")
    assert _left_behind(tmp_path / "a") == []


def test_folder_that_can_not_be_made_is_a_resource_error(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    server.answers["/a"] = http(_WEIGHTS)
    with pytest.raises(ResourceError, match="could not be written to disk") as refusal:
        download_file(server.url("/a"), tmp_path / "file" / "a")
    assert refusal.value.hint


@pytest.mark.skipif(sys.platform == "win32", reason="the limit that stands in for a full disk is POSIX's")
def test_full_disk_is_a_resource_error_and_leaves_nothing(server: Server, tmp_path: Path) -> None:
    server.answers["/a"] = http(_WEIGHTS)
    code = """
import resource, sys
from pathlib import Path
from gradcam_core.download import download_file
from gradcam_core.errors import ResourceError
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))  # the system refuses to write more, as a full disk does
try:
    download_file(sys.argv[1], Path(sys.argv[2]))
except ResourceError as error:
    print(error, error.hint)
"""
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", code, server.url("/a"), str(tmp_path / "a")]
    done = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    assert done.stdout.startswith("a could not be written to disk")
    assert _left_behind(tmp_path / "a") == []


def test_proxy_of_the_environment_is_honoured_for_weights(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "http://weights.test/a"
    server.answers[url] = http(_WEIGHTS)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.port}")
    monkeypatch.setenv("no_proxy", "")
    download_file(url, tmp_path / "a", sha256_prefix=_DIGEST[:8])
    assert server.requests[0].startswith(f"GET {url} HTTP/1.1")
    assert "Accept-Encoding: identity" in server.requests[0]
