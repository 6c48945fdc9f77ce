"""What goes away though nobody comes any more? Old answers, closed sessions, and memory that was freed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from streamlit import runtime

from gradcam_core.resources.memory import give_back
from pages._ui.session.shared import shared

_log = logging.getLogger("heatproof")
_EVERY = 20.0  # seconds
_CLOSED = ("_session_mgr", "_session_storage", "_cache", "expire")  # of Streamlit's runtime; nothing public does it


@asynccontextmanager
async def tidying(_app: object) -> AsyncIterator[None]:
    """For as long as the server runs, a task in its loop tidies up every few seconds."""
    task = asyncio.create_task(_tidy_for_ever())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _tidy_for_ever() -> None:
    while True:
        await asyncio.sleep(_EVERY)
        try:
            forget_closed_sessions(runtime.get_instance())
            await asyncio.to_thread(forget_old_answers)
        except Exception:  # noqa: BLE001 - whatever went wrong once, the next time is another
            _log.exception("Tidying up failed; it is tried again")


def forget_closed_sessions(server: object) -> None:
    """Streamlit drops a closed session only when another one is opened or closed; for the thread of its loop."""
    part: Any = server
    for name in _CLOSED:
        part = getattr(part, name, None)
    if part is not None:
        part()


def forget_old_answers() -> None:
    """What nobody asked for in a while; and where nobody computes, freed memory goes back to the system."""
    shared().answers.forget_old()
    shared().pixels.forget_old()
    if shared().slots.running == shared().slots.waiting == 0:
        give_back()
