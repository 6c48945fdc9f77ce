"""Many equal steps on one slot, and on idle ones as well while nobody waits."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from gradcam_core.resources.queue import Turn

Step = Callable[[], None]


def run_steps(steps: Iterable[Step], *, after_each: Step, turn: Turn | None = None, most_threads: int = 1) -> None:
    """Do every step once, in any order; quick work of others passes between two of them.

    Args:
        steps: none may depend on another.
        after_each: called in this thread, after each step that it did and, if others may have helped, at the end;
            what it raises ends the work once the steps that have begun are done.
        turn: the slot that is held; without one, everything is done in this thread.
        most_threads: this thread included.
    """
    left = deque(steps)
    others = most_threads - 1 if turn is not None else 0
    helpers: list[Future[None]] = []
    with ThreadPoolExecutor(max(1, others)) as pool:
        try:
            while left:
                helpers = _still_running(helpers)
                while turn is not None and len(helpers) < min(others, len(left) - 1):
                    helpers.append(pool.submit(_help, turn, left))
                _run_next(left)
                after_each()
                if turn is not None and left:
                    turn.let_quick_work_pass()
            _wait_for(helpers)
            if others:
                after_each()
        finally:
            left.clear()


def _help(turn: Turn, left: deque[Step]) -> None:
    """In another thread: as many steps as an idle slot allows."""
    with turn.idle_slot() as may_go_on:
        while may_go_on() and _run_next(left):
            pass


def _run_next(left: deque[Step]) -> bool:
    try:
        step = left.popleft()  # deque's own methods need no lock
    except IndexError:
        return False
    step()
    return True


def _still_running(futures: list[Future[None]]) -> list[Future[None]]:
    """Those not done; what one raised is raised here."""
    _wait_for([future for future in futures if future.done()])
    return [future for future in futures if not future.done()]


def _wait_for(futures: list[Future[None]]) -> None:
    for future in futures:
        future.result()
