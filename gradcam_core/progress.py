"""How slow work reports itself and is stopped."""

from typing import Protocol


class Progress(Protocol):
    """Called between two steps of slow work; raise `Cancelled` in it to stop the work there."""

    def __call__(self, done: int, total: int) -> None:
        """Say how much is done, in the work's own unit (bytes, forward passes); `total` 0 is unknown."""


def silent(done: int, total: int) -> None:
    """Report to nobody."""
