"""When may a visitor fetch? One picture at a time, and so many a minute."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from typing import TypeVar, cast

from gradcam_core.config import Settings
from gradcam_core.errors import ResourceError

_MINUTE = 60.0
_LOOK_EVERY = 0.1  # seconds: how soon a wait notices that it is no longer wanted
Fetched = TypeVar("Fetched")


@dataclass(eq=False)
class _Fetch:
    """One that runs or has ended, until somebody takes what came of it."""

    address: str
    outcome: "Future[object]"


class Allowance:
    """For one visitor, whose session holds it: one fetch at a time, and so many a minute.

    A fetch runs in a thread of its own: whoever stops waiting for it can ask for the same address again and joins it.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._changing = threading.Lock()
        self._begun: deque[float] = deque()
        self._fetch: _Fetch | None = None

    def fetch(
        self,
        address: str,
        work: Callable[[], Fetched],
        limits: Settings,
        *,
        waiting: Callable[[], object] = lambda: None,
    ) -> Fetched:
        """What `work` gives for this address; a fetch for another one is waited for, and what came of it is dropped.

        Args:
            waiting: called again and again meanwhile; what it raises ends the wait, not the fetch.

        Raises:
            ResourceError: if the minute's number is used up; else whatever `work` raises.
        """
        while True:
            fetch = self._running_or_begun(address, work, limits)
            while not fetch.outcome.done():
                wait([fetch.outcome], timeout=_LOOK_EVERY)
                waiting()
            with self._changing:
                if self._fetch is fetch:
                    self._fetch = None
            if fetch.address == address:
                return cast(Fetched, fetch.outcome.result())

    def _running_or_begun(self, address: str, work: Callable[[], object], limits: Settings) -> _Fetch:
        with self._changing:
            if self._fetch is None:
                self._count(limits.fetches_a_minute)
                self._fetch = _Fetch(address, Future())
                threading.Thread(target=_run, args=(work, self._fetch.outcome), name="fetch", daemon=True).start()
            return self._fetch

    def _count(self, most: int) -> None:
        now = self._clock()
        while self._begun and self._begun[0] <= now - _MINUTE:
            self._begun.popleft()
        if len(self._begun) >= most:
            seconds = math.ceil(self._begun[-most] + _MINUTE - now)
            raise ResourceError(
                f"You have asked for {_counted(most, 'picture')} in a minute.",
                hint=f"Try again in {_counted(seconds, 'second')}.",
            )
        self._begun.append(now)


def _run(work: Callable[[], object], outcome: "Future[object]") -> None:
    try:
        outcome.set_result(work())
    except BaseException as error:  # noqa: BLE001 - whoever waits for it is told
        outcome.set_exception(error)


def too_many() -> ResourceError:
    """The refusal while others fetch as much as the server can."""
    return ResourceError("Too many pictures are being fetched just now.", hint="Try again in a few seconds.")


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
