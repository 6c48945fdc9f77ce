"""So many at once, whoever they are: the bound is said with each turn, for a setting may change."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Limiter:
    """Whoever comes while all turns are taken waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._taken = 0

    @contextmanager
    def slot(self, most: int, *, patience: float | None = None) -> Iterator[None]:
        """A turn while the block runs, where fewer than `most` are taken.

        Args:
            patience: seconds to wait for one; for ever by default.

        Raises:
            TimeoutError: if none comes free in that time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._taken < most, timeout=patience):
                raise TimeoutError("all turns are taken")
            self._taken += 1
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._changed.notify()
