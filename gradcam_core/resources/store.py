"""What is kept between two requests, for everybody: values by key, bounded by bytes and by how long nobody asked."""

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

Value = TypeVar("Value")


@dataclass(eq=False)
class _Kept(Generic[Value]):
    value: Value
    nbytes: int
    used: float  # by the store's clock


class LruStore(Generic[Value]):
    """The least recently used values go first; the one that came last always stays."""

    def __init__(
        self, max_bytes: int, *, seconds: float = float("inf"), clock: Callable[[], float] = time.monotonic
    ) -> None:
        """An empty store.

        Args:
            max_bytes: of all values together, by what `put` is told.
            seconds: after so long without a use a value is no longer given, and goes with the next `forget_old`.
        """
        self.max_bytes = max_bytes
        self.seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[Hashable, _Kept[Value]] = {}  # least recently used first
        self._nbytes = 0

    def get(self, key: Hashable) -> Value | None:
        """The value of this key, or None."""
        with self._lock:
            kept = self._taken(key)
            return None if kept is None else self._laid(key, kept)

    def put(self, key: Hashable, value: Value, nbytes: int) -> Value:
        """Keep a value; the one that is there already stays, so that everybody holds the same."""
        with self._lock:
            self._laid(key, self._taken(key) or _Kept(value, nbytes, 0.0))
            while len(self._kept) > 1 and self._nbytes > self.max_bytes:
                self._taken(next(iter(self._kept)))
            return self._kept[key].value

    def forget_old(self) -> None:
        """Let go of what nobody asked for in `seconds`."""
        with self._lock:
            for key in list(self._kept):
                if not self._is_old(self._kept[key]):
                    return  # those that follow were used later
                self._taken(key)

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._kept, self._nbytes = {}, 0

    @property
    def nbytes(self) -> int:
        """Of all values together."""
        with self._lock:
            return self._nbytes

    def __len__(self) -> int:
        """How many values are kept."""
        with self._lock:
            return len(self._kept)

    def _is_old(self, kept: _Kept[Value]) -> bool:
        return self._clock() - kept.used > self.seconds

    def _taken(self, key: Hashable) -> _Kept[Value] | None:
        """Take it out; None where it is not there or too old to be given."""
        kept = self._kept.pop(key, None)
        if kept is None:
            return None
        self._nbytes -= kept.nbytes
        return None if self._is_old(kept) else kept

    def _laid(self, key: Hashable, kept: _Kept[Value]) -> Value:
        """Lay it in as the most recently used."""
        kept.used = self._clock()
        self._kept[key] = kept
        self._nbytes += kept.nbytes
        return kept.value
