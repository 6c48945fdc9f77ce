"""What `http.client` is given to talk over: a connected socket whose answer has a limit."""

import http.client
import io
import socket
from typing import Any, cast

from gradcam_core.download.responses import body_too_large

_AROUND = 1_000_000  # bytes of heads, and of what stands between chunks
_MOST_EARLY_ANSWERS = 20


class Answer(http.client.HTTPResponse):
    """A response that is not over with "103 Early Hints": http.client passes over status 100 alone."""

    def begin(self) -> None:
        """Read heads until the final one."""
        super().begin()
        for _ in range(_MOST_EARLY_ANSWERS):
            if not 101 < self.status < 200:
                return
            self.headers = cast(Any, None)  # so that `begin` begins again
            super().begin()


class _Measured(io.RawIOBase):
    """What the socket receives, up to a limit."""

    def __init__(self, ready: socket.socket, max_bytes: int) -> None:
        self._ready = ready
        self._max_bytes = max_bytes
        self._left = max_bytes + _AROUND

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Receive; raise where `http.client` would read on for ever, as for a chunk that says it has -1 bytes."""
        received = self._ready.recv_into(buffer)
        self._left -= received
        if self._left < 0:
            raise body_too_large(self._max_bytes)
        return received


def connection_over(ready: socket.socket, host: str, port: int, *, max_bytes: int) -> http.client.HTTPConnection:
    """A connection that talks over this socket alone, never dials by itself, and leaves the socket to its owner."""
    connection = http.client.HTTPConnection(host, port)
    connection.auto_open = 0
    connection.response_class = Answer
    connection.sock = _Wire(ready, max_bytes)
    return connection


class _Wire:
    """The few methods of a socket that `http.client` calls."""

    def __init__(self, ready: socket.socket, max_bytes: int) -> None:
        self.sendall = ready.sendall
        self._measured = _Measured(ready, max_bytes)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What it reads the answer from."""
        return io.BufferedReader(self._measured)

    def close(self) -> None:
        """The socket's owner closes it."""
