"""Who may fetch now? So many at once for all visitors; one at a time and so many a minute for each of them."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar, cast

from gradcam_core.config import Settings
from gradcam_core.errors import ResourceError

_MINUTE = 60.0
_LOOK_EVERY = 0.1  # seconds: how soon a wait notices that it is no longer wanted
Picture = TypeVar("Picture")


class Turns:
    """For all visitors: so many at once, and whoever comes later waits a moment."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = 0

    @contextmanager
    def one(self, most: int, *, patience: float) -> Iterator[None]:
        """A turn while the block runs, where fewer than `most` are taken.

        Raises:
            ResourceError: if none comes free within so many seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._taken < most, timeout=patience):
                raise too_many()
            self._taken += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify()


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
        work: Callable[[], Picture],
        limits: Settings,
        *,
        waiting: Callable[[], object] = lambda: None,
    ) -> Picture:
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
                return cast(Picture, fetch.outcome.result())

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
