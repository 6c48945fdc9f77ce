"""How many bytes do things hold that others own? Whoever lets one go need not say so."""

import threading
import weakref
from typing import Protocol

from gradcam_core.errors import ResourceError


class Weighed(Protocol):
    """Something that can be counted; told apart by identity."""

    @property
    def nbytes(self) -> int:
        """What it holds."""


class Ledger:
    """Counts things for as long as anybody has them."""

    def __init__(self, max_bytes: int) -> None:
        """Nothing is counted.

        Args:
            max_bytes: of all things together.
        """
        self.max_bytes = max_bytes
        self._things: weakref.WeakSet[Weighed] = weakref.WeakSet()
        self._lock = threading.Lock()

    def enter(self, thing: Weighed) -> None:
        """Count it from now on.

        Raises:
            ResourceError: if there is no room for it; it is not counted then.
        """
        with self._lock:
            if self._total() + thing.nbytes > self.max_bytes:
                raise ResourceError(
                    "This server keeps as many pictures of its visitors as it may.",
                    hint="Try again in a few minutes, or use one of the samples.",
                )
            self._things.add(thing)

    @property
    def nbytes(self) -> int:
        """Of all things together."""
        with self._lock:
            return self._total()

    def _total(self) -> int:
        return sum(thing.nbytes for thing in self._things)
