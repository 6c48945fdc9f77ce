"""Web servers that never come to an end: as slowly as they can, or as fast."""

import contextlib
import itertools
import socket
import struct
import time
from collections.abc import Callable

from tests.core.loopback import PNG, Answer, chunks, http

_CHUNKED = http(b"", "Transfer-Encoding: chunked", length=-1)
_CHUNK = b"1ffff\r\n" + PNG + bytes(0x1FFFF - len(PNG)) + b"\r\n"


def drip(first: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    """An answer that begins quickly and goes on with one drop every 20 ms."""

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            for piece in itertools.chain([first], itertools.repeat(drop)):
                connection.sendall(piece)
                time.sleep(0.02)

    return answer


def _flood(first: bytes, wave: bytes) -> Callable[[socket.socket], None]:
    """An answer that never ends and comes as fast as it can."""

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.sendall(first)
            while True:
                connection.sendall(wave)

    return answer


def reset(connection: socket.socket) -> None:
    """Break the connection off in the middle of the body."""
    connection.sendall(http(PNG, length=10**6))
    time.sleep(0.05)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def _silent_after(first: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        connection.sendall(first)
        connection.recv(1)

    return answer


def stays_open(connection: socket.socket) -> None:
    """A whole answer, and a connection that is never closed."""
    with contextlib.suppress(OSError):
        connection.sendall(http(PNG).replace(b"Connection: close", b"Connection: keep-alive"))
        connection.recv(1)


SLOW: dict[str, Answer] = {
    "slow body": drip(http(PNG, length=10**6), b"x"),
    "slow first bytes": drip(http(PNG[:8], length=10**6), b"x"),
    "slow headers": drip(b"HTTP/1.1 200 OK\r\nX: ", b"x"),
    "slow status": drip(b"HTTP/1.1 200 ", b"x"),
    "slow 100": drip(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "slow chunks": drip(_CHUNKED, b"1\r\n\x89\r\n"),
    "slow chunk size": drip(_CHUNKED, b"0"),
    "slow trailers": drip(_CHUNKED + chunks(PNG, end=False) + b"0\r\n", b"X: y\r\n"),
    "silent": _silent_after(b""),
    "half a body, then silent": _silent_after(http(PNG, length=10**6)),
}
FLOODS: dict[str, Answer] = {
    "endless body": _flood(http(PNG, length=-1), bytes(65_536)),
    "endless chunks": _flood(_CHUNKED, _CHUNK),
    "endless chunk of -1": _flood(_CHUNKED + chunks(PNG, end=False) + b"-1\r\n", bytes(65_536)),
    "endless 100": _flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 2_000),
    "endless headers of 100": _flood(b"", b"HTTP/1.1 100 Continue\r\n" + b"X: " + b"y" * 60_000 + b"\r\n\r\n"),
    "endless trailers": _flood(_CHUNKED + chunks(PNG, end=False) + b"0\r\n", b"X: y\r\n" * 10_000),
}
