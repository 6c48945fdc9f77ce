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


class Store(Generic[Value]):
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

    def get(self, key: Hashable) -> Value | None:
        """The value of this key, or None."""
        with self._lock:
            kept = self._kept.pop(key, None)
            if kept is None or self._is_old(kept):
                return None
            kept.used = self._clock()
            self._kept[key] = kept
            return kept.value

    def put(self, key: Hashable, value: Value, nbytes: int) -> Value:
        """Keep a value; the one that is there already stays, so that everybody holds the same."""
        with self._lock:
            there = self._kept.pop(key, None)
            kept = there if there is not None and not self._is_old(there) else _Kept(value, nbytes, 0.0)
            kept.used = self._clock()
            self._kept[key] = kept
            while len(self._kept) > 1 and self._total() > self.max_bytes:
                del self._kept[next(iter(self._kept))]
            return kept.value

    def forget_old(self) -> None:
        """Let go of what nobody asked for in `seconds`."""
        with self._lock:
            self._kept = {key: kept for key, kept in self._kept.items() if not self._is_old(kept)}

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._kept = {}

    @property
    def nbytes(self) -> int:
        """Of all values together."""
        with self._lock:
            return self._total()

    def __len__(self) -> int:
        """How many values are kept."""
        with self._lock:
            return len(self._kept)

    def _is_old(self, kept: _Kept[Value]) -> bool:
        return self._clock() - kept.used > self.seconds

    def _total(self) -> int:
        return sum(kept.nbytes for kept in self._kept.values())
