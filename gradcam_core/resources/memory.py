"""How much memory may this program take, how much does it take, and when is it too much?

A container that goes over its limit is killed, with everybody's session in it; so new work is refused before that.
On systems without /proc nothing is known and nothing refused.
"""

import ctypes
import gc
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from gradcam_core.config import settings
from gradcam_core.errors import ResourceError

_SHARE = 0.8  # of the limit; what is running when the watch looks still needs some
_UNLIMITED = 2**60  # the first kind of cgroups writes a number like this for "none"
_GROUP = Path("/sys/fs/cgroup")
_FILES = (  # of the second and of the first kind: the limit, what is used, its parts, and how these begin
    ("memory.max", "memory.current", "memory.stat", ""),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_"),
)
_RECLAIMABLE = ("active_file", "inactive_file")  # copies of files, which the system keeps only while there is room


@dataclass(frozen=True)
class Memory:
    """In bytes; `limit` is 0 where there is none."""

    used: int
    limit: int

    @property
    def is_short(self) -> bool:
        """Whether new work should be refused."""
        return self.limit > 0 and self.used > _SHARE * self.limit


def memory(*, group: Path = _GROUP, process: Path = Path("/proc/self/statm")) -> Memory:
    """Measured now, against the setting or else the container's limit.

    Args:
        group: where the system tells of the container.
        process: where it tells of this process, in pages.
    """
    given = settings().max_memory_bytes
    if given:
        return Memory(_resident(process), given)
    return _container(group) or Memory(_resident(process), 0)


def ensure_memory(relieve: Callable[[], object] = lambda: None) -> None:
    """Before work that takes memory.

    Args:
        relieve: lets go of what can be made again; called only where memory is short.

    Raises:
        ResourceError: if there is too little even so.
    """
    if not memory().is_short:
        return
    relieve()
    give_back()
    if memory().is_short:
        raise ResourceError(
            "This server is short of memory just now.",
            hint="Try again in a few minutes; a smaller image or model needs less.",
        )


def give_back() -> None:
    """Return freed memory to the system; the C library of Linux keeps it otherwise."""
    gc.collect()
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's; others give it back by themselves
        if trim is not None:
            trim(0)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether this is Python's or torch's way to say that memory ran out (on the CPU it is a bare RuntimeError)."""
    phrases = ("out of memory", "can't allocate memory", "not enough memory")
    said = isinstance(error, RuntimeError) and any(phrase in str(error).lower() for phrase in phrases)
    return said or isinstance(error, MemoryError)


@contextmanager
def enough_memory(message: str, *, hint: str) -> Iterator[None]:
    """Within it, memory that runs out is a ResourceError with these words."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        raise ResourceError(message, hint=hint) from error


def _container(group: Path) -> Memory | None:
    """What the system says of the container; None where there is none with a limit."""
    for limit_file, used_file, parts_file, prefix in _FILES:
        limit, used = _number(group / limit_file), _number(group / used_file)
        if limit and used and limit < _UNLIMITED:
            parts = _parts(group / parts_file)
            return Memory(max(0, used - sum(parts.get(prefix + name, 0) for name in _RECLAIMABLE)), limit)
    return None


def _number(file: Path) -> int:
    """The number in a file; 0 where there is none."""
    try:
        return int(file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0


def _parts(file: Path) -> dict[str, int]:
    """A file of lines with a name and a number; empty where there is none."""
    try:
        lines = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
        return {name: int(number) for name, number in lines}
    except (OSError, ValueError):
        return {}


def _resident(process: Path) -> int:
    try:
        pages = int(process.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    import resource

    return pages * resource.getpagesize()
