"""What goes away though nobody comes any more."""

import asyncio
import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.runtime.memory_session_storage import MemorySessionStorage
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner.script_cache import ScriptCache
from streamlit.runtime.websocket_session_manager import WebsocketSessionManager

from gradcam_core.loaded_image import LoadedImage
from gradcam_core.resources.job import CANCELLED, FORWARD_PASSES, Report, Work
from gradcam_core.resources.store import LruStore
from pages._ui.server import housekeeping
from pages._ui.server.housekeeping import (
    end_jobs_of_closed_sessions,
    forget_closed_sessions,
    forget_old_results,
    forget_old_trays,
    tidying,
)
from pages._ui.session.jobs import jobs
from pages._ui.session.kept_trays import KeptTrays
from pages._ui.session.shared import Shared, shared


class Session:
    """Stands in Streamlit's store of closed sessions."""


def test_a_closed_session_goes_after_its_time_though_nobody_comes() -> None:
    storage = MemorySessionStorage(ttl_seconds=0)
    manager = WebsocketSessionManager(storage, MemoryUploadedFileManager("/upload"), ScriptCache(), None)
    session = Session()
    gone = weakref.ref(session)
    storage._cache["closed"] = session  # type: ignore[assignment]
    del session
    assert gone() is not None
    forget_closed_sessions(SimpleNamespace(_session_mgr=manager))
    gc.collect()
    assert gone() is None


def test_a_streamlit_that_keeps_its_sessions_elsewhere_is_left_alone() -> None:
    forget_closed_sessions(SimpleNamespace())
    forget_closed_sessions(SimpleNamespace(_session_mgr=SimpleNamespace()))


def test_old_answers_and_pictures_go_though_nobody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    results: LruStore[str] = LruStore(100, seconds=10, clock=lambda: now)
    pixels: LruStore[LoadedImage] = LruStore(100, seconds=10, clock=lambda: now)
    checks: LruStore[str] = LruStore(100, seconds=10, clock=lambda: now)
    everything = Shared(shared().slots, results, checks, pixels, shared().trays)
    monkeypatch.setattr(housekeeping, "shared", lambda: everything)
    results.put("a", "A", 1)
    checks.put("a", "A", 1)
    pixels.put("a", LoadedImage(np.zeros((1, 1, 3), np.uint8), (1, 1), "0" * 64), 3)
    forget_old_results()
    assert (len(results), len(checks), len(pixels)) == (1, 1, 1)
    now = 11.0
    forget_old_results()
    assert (len(results), len(checks), len(pixels)) == (0, 0, 0)


def test_the_task_tidies_while_the_server_runs_and_ends_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    times: list[int] = []
    monkeypatch.setattr(housekeeping, "_EVERY", 0.0)
    server = SimpleNamespace(is_active_session=lambda _session: False)
    monkeypatch.setattr("pages._ui.server.housekeeping.runtime.get_instance", lambda: server)
    monkeypatch.setattr(housekeeping, "forget_old_results", lambda: times.append(1))

    async def serve() -> None:
        async with tidying(None):
            while len(times) < 3:
                await asyncio.sleep(0.001)
        count = len(times)
        await asyncio.sleep(0.01)
        assert len(times) <= count + 1

    with ThreadPoolExecutor(1) as pool:  # the browser tests may have a loop of their own in this thread
        pool.submit(asyncio.run, serve()).result(timeout=30)


def test_a_job_ends_soon_after_its_page_is_closed_and_not_when_the_connection_fails_once() -> None:
    may_end = threading.Event()

    def run(report: Report[None]) -> None:
        while not may_end.wait(0.01):
            report(0, 0)

    job = jobs().start("a session", "slow", Work(run, "Slow", FORWARD_PASSES))
    try:
        for open_sessions in (["a session"], [], ["a session"], []):
            end_jobs_of_closed_sessions(SimpleNamespace(is_active_session=open_sessions.__contains__))
            assert job.is_running
        end_jobs_of_closed_sessions(SimpleNamespace(is_active_session=[].__contains__))
        assert job.state == CANCELLED
        assert job.wait(2)
    finally:
        may_end.set()


def test_a_job_is_left_alone_where_nobody_knows_who_is_there() -> None:
    end_jobs_of_closed_sessions(None)


def test_what_fails_while_tidying_is_logged_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    times: list[int] = []

    def fail() -> None:
        times.append(1)
        raise RuntimeError("once")

    monkeypatch.setattr(housekeeping, "_EVERY", 0.0)
    monkeypatch.setattr("pages._ui.server.housekeeping.runtime.get_instance", lambda: None)
    monkeypatch.setattr(housekeeping, "forget_old_results", fail)

    async def serve() -> None:
        async with tidying(None):
            while len(times) < 3:
                await asyncio.sleep(0.001)

    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, serve()).result(timeout=30)
    assert "Tidying up failed" in caplog.text


def test_the_tray_of_a_session_that_has_left_goes_though_nobody_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    now, here = 0.0, {"s"}
    trays = KeptTrays(100, seconds=10, clock=lambda: now)
    everything = Shared(shared().slots, shared().results, shared().checks, shared().pixels, trays)
    monkeypatch.setattr(housekeeping, "shared", lambda: everything)
    trays.keep("", {}, session="s")
    now = 11.0
    forget_old_trays(SimpleNamespace(is_active_session=here.__contains__))
    assert len(trays) == 1
    here.clear()
    now = 22.0
    forget_old_trays(SimpleNamespace(is_active_session=here.__contains__))
    assert len(trays) == 0
