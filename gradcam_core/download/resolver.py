"""A host name to its IP addresses, in bounded time: the system's lookup has no limit and can't be called off."""

import contextlib
import queue
import socket
import threading
from collections.abc import Callable, Sequence

from gradcam_core.download.rate_limit import too_many
from gradcam_core.errors import ResourceError

Resolver = Callable[[str], Sequence[str]]
"""A host name to its IP addresses; raises OSError where there are none."""

# One visitor with names that hang 30 seconds holds 10 of these by 20 fetches a minute.
_lookups = threading.BoundedSemaphore(64)
_NO_ANSWER = (socket.EAI_AGAIN, socket.EAI_FAIL)


class NoNameServer(OSError):
    """No name server had an answer, which says nothing of the name."""


def looked_up(host: str, resolver: Resolver, *, seconds: float) -> list[str]:
    """Its addresses; none if the name is unknown or the lookup takes too long.

    Raises:
        NoNameServer: if none had an answer.
        ResourceError: if too many lookups hang already.
    """
    answers: queue.SimpleQueue[list[str] | NoNameServer] = queue.SimpleQueue()
    if not _lookups.acquire(blocking=False):
        raise too_many()
    try:
        threading.Thread(target=_look_up, args=(host, resolver, answers), daemon=True).start()
    except RuntimeError:  # the system has no thread left
        _lookups.release()
        raise ResourceError("The server has no room to look up a name.", hint="Try again in a minute.") from None
    try:
        found = answers.get(timeout=seconds)
    except queue.Empty:
        return []
    if isinstance(found, NoNameServer):
        raise found
    return found


def ask_the_system(host: str) -> list[str]:
    """The resolver of this machine."""
    return [str(answer[4][0]) for answer in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def _look_up(host: str, resolver: Resolver, answers: queue.SimpleQueue[list[str] | NoNameServer]) -> None:
    found: list[str] | NoNameServer = []
    try:
        with contextlib.suppress(OSError, UnicodeError):
            found = _asked(host, resolver)
    finally:  # another exception stays loud in this thread, and nobody waits for it
        _lookups.release()
        answers.put(found)


def _asked(host: str, resolver: Resolver) -> list[str] | NoNameServer:
    try:
        return list(dict.fromkeys(resolver(host)))
    except socket.gaierror as error:
        return NoNameServer() if error.errno in _NO_ANSWER else []
