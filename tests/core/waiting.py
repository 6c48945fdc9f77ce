"""Waiting for what another thread does."""

import time
from collections.abc import Callable


def until(condition: Callable[[], bool]) -> None:
    """Wait until it holds; AssertionError if that takes longer than 15 s."""
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.005)
    raise AssertionError("it never came to that")
