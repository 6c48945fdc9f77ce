"""Long work in the background: how far it has come, how long it will take, what it has found so far, and its end."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from gradcam_core.errors import Cancelled, HeatproofError
from gradcam_core.resources.estimate import TimeEstimate
from gradcam_core.resources.queue import Turn, Waiting

RUNNING, DONE, FAILED, CANCELLED = "running", "done", "failed", "cancelled"
_log = logging.getLogger("heatproof")

T = TypeVar("T")
_Partial_contra = TypeVar("_Partial_contra", contravariant=True)


class Report(Protocol[_Partial_contra]):
    """What work calls between two steps, at least once a second if it can; also a `Progress`.

    Where the work holds a slot, quick work of others that waits for one goes first, and the call comes back after it.
    """

    def __call__(self, done: int, total: int, partial: _Partial_contra | None = None) -> None:
        """Say how much is done; `total` 0 is unknown, `partial` the result so far, a value that nobody changes.

        Raises:
            Cancelled: if the job was cancelled; the work lets it pass through.
        """


class JobReport(Report[_Partial_contra], Protocol[_Partial_contra]):
    """The report of work that runs as a job."""

    @property
    def turn(self) -> Turn | None:
        """The slot that the work holds, if it takes one: with it `score_function` uses idle slots as well."""


@dataclass(frozen=True)
class Unit:
    """What the progress of a job counts.

    Attributes:
        name: as people read it, in the plural: "MB", "images", "forward passes".
        size: how many of what is reported make one: 10^6 for bytes that are read as MB.
    """

    name: str
    size: int = 1


MEGABYTES = Unit("MB", 1_000_000)
FORWARD_PASSES = Unit("forward passes")


@dataclass(frozen=True)
class Work(Generic[T]):
    """What a job does.

    Attributes:
        run: called once, in a thread of its own; returns the result.
        title: what people call it, also in the log.
    """

    run: Callable[[JobReport[T]], T]
    title: str
    unit: Unit


class Job(Generic[T]):
    """Work that runs in a thread of its own; any thread may look at it or cancel it.

    Attributes:
        state: running, done, failed or cancelled; from running it changes once.
        done, total: how much is done, and of how much; `total` is 0 while that is unknown.
        partial: the latest partial result; it stays when the job is cancelled.
        result: what the work returned, if it is done.
        error: why it failed, if it did.
        ahead: how many wait for a slot before it; None once it computes.
    """

    def __init__(self, work: Work[T], *, clock: Callable[[], float] = time.monotonic) -> None:
        self.title, self.unit = work.title, work.unit
        self.state = RUNNING
        self.done = self.total = 0
        self.partial: T | None = None
        self.result: T | None = None
        self.error: HeatproofError | None = None
        self.ahead: int | None = None
        self._run = work.run
        self._clock = clock
        self._estimate = TimeEstimate(clock())
        self._changing = threading.Lock()
        self._thread_ended = threading.Event()

    def start(self, turn: Callable[[Waiting], AbstractContextManager[Turn | None]] = lambda _: nullcontext()) -> None:
        """Begin, once.

        Args:
            turn: gives a slot for as long as the work runs, if it takes one; it is handed what to call while it waits.
        """
        threading.Thread(target=self._work, args=(turn,), name=self.title, daemon=True).start()

    @property
    def is_running(self) -> bool:
        """Whether there is still something to wait for."""
        return self.state == RUNNING

    @property
    def seconds_left(self) -> float | None:
        """About how long it will still take; None while that is unknown."""
        with self._changing:
            return self._estimate.seconds_left(self._clock(), self.total) if self.is_running else None

    def cancel(self) -> None:
        """Stop it: it counts as cancelled at once, but its thread holds its slot until its next report."""
        self._end(CANCELLED)

    def wait(self, seconds: float | None = None) -> bool:
        """Until its thread has ended, which may be later than the job; whether it has."""
        return self._thread_ended.wait(seconds)

    def _work(self, turn: Callable[[Waiting], AbstractContextManager[Turn | None]]) -> None:
        try:
            with turn(self._wait_in_line) as slot:
                self._begin()
                result = self._run(_Reporter(self, slot))
            self._end(DONE, result=result)
        except Cancelled:
            self._end(CANCELLED)
        except HeatproofError as error:
            self._end(FAILED, error=_without_frames(error))
        except BaseException:  # noqa: BLE001 - nobody stands above this thread; logged whole
            _log.exception("The job “%s”", self.title)
            self._end(FAILED, error=HeatproofError(f"{self.title} failed.", hint="The server's log says why."))
        finally:
            del self._run  # with all that it holds
            self._thread_ended.set()

    def _wait_in_line(self, ahead: int) -> None:
        self._stop_if_cancelled()
        self.ahead = ahead

    def _begin(self) -> None:
        self._stop_if_cancelled()
        self.ahead = None
        with self._changing:
            self._estimate = TimeEstimate(self._clock())

    def _report(self, done: int, total: int, partial: T | None = None) -> None:
        self._stop_if_cancelled()
        with self._changing:
            self.done, self.total = done, total
            self._estimate.record(self._clock(), done)
            if partial is not None:
                self.partial = partial

    def _let_quick_work_pass(self, turn: Turn) -> None:
        turn.let_quick_work_pass()
        self.ahead = None

    def _stop_if_cancelled(self) -> None:
        if not self.is_running:
            raise Cancelled(f"{self.title} was cancelled.")

    def _end(self, state: str, *, result: T | None = None, error: HeatproofError | None = None) -> None:
        with self._changing:
            if self.state == RUNNING:
                self.result, self.error, self.state = result, error, state


@dataclass(frozen=True, eq=False)
class _Reporter(Generic[T]):
    """The `Report` of a job."""

    job: Job[T]
    turn: Turn | None

    def __call__(self, done: int, total: int, partial: T | None = None) -> None:
        self.job._report(done, total, partial)
        if self.turn is not None:
            self.job._let_quick_work_pass(self.turn)


def _without_frames(error: HeatproofError) -> HeatproofError:
    """The error without its tracebacks, whose frames hold images and activations."""
    link: BaseException | None = error
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return error
