"""What goes away though nobody comes any more? Old answers, closed sessions, their jobs, and memory that was freed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from streamlit import runtime

from gradcam_core.resources.memory import give_back
from pages._ui.session.jobs import jobs
from pages._ui.session.shared import shared

_log = logging.getLogger("heatproof")
_EVERY = 20.0  # seconds
_JOBS_EVERY = 3.0  # seconds: a job ends at the second look that finds its page closed
_CLOSED = ("_session_mgr", "_session_storage", "_cache", "expire")  # of Streamlit's runtime; nothing public does it


@asynccontextmanager
async def tidying(_app: object) -> AsyncIterator[None]:
    """For as long as the server runs, tasks in its loop tidy up every few seconds."""
    tasks = [
        asyncio.create_task(_repeat(lambda: end_jobs_of_closed_sessions(runtime.get_instance()), _JOBS_EVERY)),
        asyncio.create_task(_repeat(lambda: forget_closed_sessions(runtime.get_instance()), _EVERY)),
        asyncio.create_task(_repeat(lambda: forget_old_trays(runtime.get_instance()), _EVERY)),
        asyncio.create_task(_repeat(forget_old_results, _EVERY, is_long=True)),
    ]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(work: Callable[[], object], seconds: float, *, is_long: bool = False) -> None:
    """Again and again, in this loop's thread, or in another one where it takes long."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await asyncio.to_thread(work) if is_long else work()
        except Exception:  # noqa: BLE001 - whatever went wrong once, the next time is another
            _log.exception("Tidying up failed; it is tried again")


def end_jobs_of_closed_sessions(server: object) -> None:
    """Cancel what was begun for pages that were closed a moment ago; Streamlit keeps their sessions for longer."""
    is_active = getattr(server, "is_active_session", None)
    if is_active is not None:
        jobs().end_absent(is_active)


def forget_closed_sessions(server: object) -> None:
    """Streamlit drops a closed session only when another one is opened or closed; for the thread of its loop."""
    part: Any = server
    for name in _CLOSED:
        part = getattr(part, name, None)
    if part is not None:
        part()


def forget_old_trays(server: Any) -> None:
    """Those of sessions that nobody is connected to any more go a quarter of an hour after."""
    shared().trays.forget_old(server.is_active_session)


def forget_old_results() -> None:
    """What nobody asked for in a while; and where nobody computes, freed memory goes back to the system."""
    shared().results.forget_old()
    shared().checks.forget_old()
    shared().pixels.forget_old()
    if shared().slots.running == shared().slots.waiting == 0:
        give_back()
