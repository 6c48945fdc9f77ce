"""Does a download in the background report itself, stop when asked, and say why it failed?"""

import hashlib
import random
import socket
import threading
from pathlib import Path

import pytest
from torchvision.models import SqueezeNet1_0_Weights

from gradcam_core import jobs
from gradcam_core.errors import ModelError
from gradcam_core.jobs import CANCELLED, DONE, FAILED, RUNNING, DownloadJobs
from gradcam_core.models import find_model
from tests.core.loopback import Server, http, together

NAME = "squeezenet1_0"
WEIGHTS = random.Random(0).randbytes(400_000)  # whole by its hash; nobody loads it here
HALF = len(WEIGHTS) // 2


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty torch cache, and no proxy on the way to loopback."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return tmp_path / "torch" / "hub" / "checkpoints"


class Gate:
    """A server's answer that gives half of the file, and the rest once it may."""

    def __init__(self) -> None:
        self.is_half_out, self.may_go_on = threading.Event(), threading.Event()

    def __call__(self, connection: socket.socket) -> None:
        whole = http(WEIGHTS)
        connection.sendall(whole[:-HALF])
        self.is_half_out.set()
        self.may_go_on.wait(20)
        connection.sendall(whole[-HALF:])


@pytest.fixture
def gate(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Where torchvision now looks for SqueezeNet."""
    path = f"/{NAME}-{hashlib.sha256(WEIGHTS).hexdigest()[:8]}.pth"
    monkeypatch.setattr(SqueezeNet1_0_Weights.IMAGENET1K_V1.value, "url", server.url(path))
    server.answers[path] = Gate()
    answer = server.answers[path]
    assert isinstance(answer, Gate)
    return answer


def test_a_download_reports_its_bytes_and_ends_done(gate: Gate, cache: Path) -> None:
    job = DownloadJobs().start(NAME)
    assert gate.is_half_out.wait(20)
    assert (job.state, job.is_running) == (RUNNING, True)
    gate.may_go_on.set()
    assert job.wait(20)
    assert (job.state, job.done, job.total, job.error) == (DONE, len(WEIGHTS), len(WEIGHTS), None)
    assert find_model(NAME).ready


def test_whoever_starts_a_running_download_joins_it(gate: Gate, server: Server) -> None:
    downloads, seen = DownloadJobs(), []
    together(8, lambda: seen.append(downloads.start(NAME)))
    assert len(set(seen)) == 1
    assert downloads.latest(NAME) is seen[0]
    gate.may_go_on.set()
    assert seen[0].wait(20)
    assert len(server.requests) == 1


def test_a_cancelled_download_counts_so_at_once_and_leaves_nothing(gate: Gate, cache: Path) -> None:
    downloads = DownloadJobs()
    job = downloads.start(NAME)
    assert gate.is_half_out.wait(20)
    job.cancel()
    assert (job.state, job.is_running) == (CANCELLED, False)
    second = downloads.start(NAME)
    assert second is not job
    gate.may_go_on.set()
    assert job.wait(20)
    assert second.wait(20)
    assert (job.state, second.state) == (CANCELLED, DONE)
    assert [path.suffix for path in cache.iterdir()] == [".pth"]


def test_a_failure_is_kept_with_its_hint(gate: Gate, server: Server, cache: Path) -> None:
    server.answers.clear()
    job = DownloadJobs().start(NAME)
    assert job.wait(20)
    assert job.state == FAILED
    assert isinstance(job.error, ModelError)
    assert "404" in job.error.message
    assert job.error.hint
    assert list(cache.iterdir()) == []


def test_a_mistake_of_ours_ends_the_job_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str, **_: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(jobs, "download_model", broken)
    job = DownloadJobs().start(NAME)
    assert job.wait(20)
    assert job.state == FAILED
    assert "secret" not in str(job.error)


def test_what_has_ended_stays_as_it_ended(gate: Gate) -> None:
    gate.may_go_on.set()
    job = DownloadJobs().start(NAME)
    assert job.wait(20)
    job.cancel()
    assert job.state == DONE


def test_a_model_that_nobody_downloads_has_no_job() -> None:
    assert DownloadJobs().latest(NAME) is None
