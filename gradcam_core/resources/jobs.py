"""The jobs of a server, by their owner and key: a page that is drawn anew finds again what an earlier run started."""

import threading
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from gradcam_core.resources.job import Job, Work
from gradcam_core.resources.queue import ComputeQueue, Turn, Waiting

_MOST_ENDED = 4  # ended jobs of one owner that can still be found, with their results
_LOOK_EVERY = 0.1  # seconds: how soon a job that waits notices that it was cancelled

T = TypeVar("T")


@dataclass(eq=False)
class _Owned:
    """The jobs of one owner by their key, the oldest first, and those whose threads had not ended when last looked."""

    by_key: dict[Hashable, Job[Any]] = field(default_factory=dict)
    unfinished: list[Job[Any]] = field(default_factory=list)


class Jobs:
    """Shared jobs, and jobs that belong to an owner.

    A shared job belongs to nobody and goes on when those who wait for it leave; it takes no slot, so it must wait more
    than it computes. The job of an owner takes a slot in the slow lane of the queue, where quick work overtakes it,
    also between two of its reports.
    """

    def __init__(self, queue: ComputeQueue) -> None:
        """None yet; `queue` gives the slots."""
        self._queue = queue
        self._changing = threading.Lock()
        self._shared: dict[Hashable, Job[Any]] = {}
        self._owners: dict[Hashable, _Owned] = {}
        self._absent: set[Hashable] = set()

    def start_shared(self, key: Hashable, work: Work[T]) -> Job[T]:
        """Begin a job for everybody, or join the one that runs under this key."""
        with self._changing:
            job = self._shared.get(key)
            if job is None or not job.is_running:
                job = self._shared[key] = Job(work)
                job.start()
            return job

    def start(self, owner: Hashable, key: Hashable, work: Work[T]) -> Job[T]:
        """Begin the one job that this owner may have running, or join it where the key is the same.

        Another one that runs is cancelled: its owner has asked for something else since.
        """
        with self._changing:
            owned = self._owners.setdefault(owner, _Owned())
            running = owned.by_key.get(key)
            if running is not None and running.is_running:
                return running
            for other in owned.by_key.values():
                other.cancel()
            owned.unfinished = [other for other in owned.unfinished if not other.wait(0)]
            job, former = Job(work), tuple(owned.unfinished)
            job.start(lambda waiting: self._slow_turn(owner, former, waiting))
            owned.unfinished.append(job)
            owned.by_key = _latest(owned.by_key, key) | {key: job}
            return job

    def latest_shared(self, key: Hashable) -> Job[Any] | None:
        """The shared job that is running or ran last under this key, if there is one."""
        with self._changing:
            return self._shared.get(key)

    def latest(self, owner: Hashable, key: Hashable) -> Job[Any] | None:
        """The owner's job that is running or ran last under this key, if it is still known."""
        with self._changing:
            owned = self._owners.get(owner)
            return owned.by_key.get(key) if owned else None

    def end_of(self, owner: Hashable) -> None:
        """Cancel and forget everything that belongs to an owner who has left."""
        with self._changing:
            owned = self._owners.pop(owner, _Owned())
        for job in owned.by_key.values():
            job.cancel()

    def end_absent(self, is_present: Callable[[Hashable], bool]) -> None:
        """The same for every owner who was absent at the last call and still is: a connection may fail for a moment."""
        with self._changing:
            absent = {owner for owner in self._owners if not is_present(owner)}
            gone, self._absent = absent & self._absent, absent
        for owner in gone:
            self.end_of(owner)

    @contextmanager
    def _slow_turn(self, owner: Hashable, former: Sequence[Job[Any]], waiting: Waiting) -> Iterator[Turn]:
        """A slot in the slow lane, once the owner's former jobs have given theirs back."""
        for job in former:
            while not job.wait(_LOOK_EVERY):
                waiting(0)
        line = ("slow", owner)  # not the owner's place for quick work, whose next request would take this one's place
        with self._queue.turn(line, is_slow=True, waiting=waiting) as turn:
            yield turn


def _latest(jobs: dict[Hashable, Job[Any]], new: Hashable) -> dict[Hashable, Job[Any]]:
    """Those that stay known when one more comes under the key `new`."""
    others = [(key, job) for key, job in jobs.items() if key != new]
    return dict(others[-_MOST_ENDED:])
