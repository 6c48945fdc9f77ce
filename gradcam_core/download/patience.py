"""Who may fetch now? So many at once for all visitors; one at a time and so many a minute for each of them."""

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gradcam_core.config import Settings
from gradcam_core.errors import ResourceError

_MINUTE = 60.0


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


class Allowance:
    """For one visitor, whose session holds it: one fetch at a time, and so many a minute.

    Args:
        clock: seconds that only grow.
        patience: seconds to wait for the visitor's own last fetch; a whole fetch of 10 may follow.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, patience: float = 2.0) -> None:
        self._clock = clock
        self._patience = patience
        self._fetching = threading.Lock()
        self._begun: deque[float] = deque()

    @contextmanager
    def one(self, limits: Settings) -> Iterator[None]:
        """One fetch, which counts from here on however it ends.

        Raises:
            ResourceError: if another one is still running, or the minute's number is used up.
        """
        if not self._fetching.acquire(timeout=self._patience):
            raise ResourceError("Your last picture is still being fetched.", hint="Try again in a few seconds.")
        try:
            self._count(limits.fetches_a_minute)
            yield
        finally:
            self._fetching.release()

    def _count(self, most: int) -> None:
        now = self._clock()
        while self._begun and self._begun[0] <= now - _MINUTE:
            self._begun.popleft()
        if len(self._begun) >= most:
            wait = math.ceil(self._begun[-most] + _MINUTE - now)
            raise ResourceError(
                f"You have asked for {_counted(most, 'picture')} in a minute.",
                hint=f"Try again in {_counted(wait, 'second')}.",
            )
        self._begun.append(now)


def too_many() -> ResourceError:
    """The refusal while others fetch as much as the server can."""
    return ResourceError("Too many pictures are being fetched just now.", hint="Try again in a few seconds.")


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
