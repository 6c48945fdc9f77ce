"""A limit for a whole conversation: a timeout for each read alone lets a slow server go on for ever."""

import contextlib
import socket
import threading
import time
from typing import Self

from gradcam_core.errors import ImageError


class Deadline:
    """Starts when it is made; used as a context manager, which shuts the socket it holds when time is up."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds
        self._held: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def left(self) -> float:
        """Seconds left, never zero, which would mean "do not block" to a socket."""
        return max(0.01, self._end - time.monotonic())

    def hold(self, held: socket.socket) -> None:
        """From now on this is the socket to shut."""
        self._held = held
        held.settimeout(self.left())
        self.check()

    def check(self) -> None:
        """Raise if time is up; a socket that was shut looks like an orderly end of the answer."""
        if time.monotonic() >= self._end:
            raise ImageError(
                f"No picture came within {self.seconds:g} seconds.",
                hint="Try again, or save the picture and upload it.",
            )

    def _shut(self) -> None:
        if self._held is not None:
            with contextlib.suppress(OSError):  # it may be closed already
                # The plain method: TLS's own would take the session away under the thread that reads.
                socket.socket.shutdown(self._held, socket.SHUT_RDWR)
