"""Who computes now? As many as there are cores; everybody else waits in one line, one place a person.

A newer request of a person takes the place of the older one that still waits. Slow work never takes the last slot,
so it can't hold up quick work. Where nobody else is waiting, a person may have several slots. Slow work of many steps
lets quick work pass between two of them (`Turn.let_quick_work_pass`), and other threads of it may use slots that are
idle (`Turn.idle_slot`).
"""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from gradcam_core.errors import Cancelled, ResourceError

Waiting = Callable[[int], None]
"""Told again and again how many are ahead; what it raises gives up the place and passes through."""

_LOOK_EVERY = 0.1  # seconds: how soon a wait notices that it is no longer wanted


def no_notice(_ahead: int) -> None:
    """Wait without telling anybody."""


@dataclass(eq=False)
class _Ticket:
    """A place in the line."""

    person: Hashable
    is_slow: bool
    is_overtaken: bool = False
    has_begun: bool = False  # it had a slot, and waits only until quick work has passed


class Turn:
    """A slot that is held, for work of many steps."""

    def __init__(self, slots: "ComputeQueue", ticket: _Ticket, waiting: Waiting) -> None:
        """As `ComputeQueue.turn` gives it."""
        self._slots, self._ticket, self._waiting = slots, ticket, waiting

    def let_quick_work_pass(self) -> None:
        """Between two steps: whoever waits with quick work goes first; at once where nobody does.

        What `waiting` raises passes through, and the turn is over then.
        """
        if self._slots._step_back(self._ticket):
            self._slots._wait(self._ticket, self._waiting)

    def idle_slot(self) -> AbstractContextManager[Callable[[], bool]]:
        """A slot more, for another thread of the same work, while it is idle and nobody waits.

        It delays nobody: whoever comes starts as if it were free.

        Returns:
            a context manager that gives a question, asked before each step: may the step be done?
        """
        return self._slots._idle_slot()


class ComputeQueue:
    """A bounded number of computations at a time, and a bounded line before them."""

    def __init__(self, count: int, *, most_waiting: int) -> None:
        """All slots free.

        Args:
            count: at least 1; of these, all but one may be taken by slow work (and one if there is but one).
            most_waiting: places in the line.
        """
        self.count = count
        self.most_waiting = most_waiting
        self._changed = threading.Condition()
        self._running: list[_Ticket] = []
        self._line: list[_Ticket] = []
        self._lent = 0  # idle slots in use

    @contextmanager
    def turn(
        self, person: Hashable, *, is_slow: bool = False, waiting: Waiting = no_notice, is_patient: bool = False
    ) -> Iterator[Turn]:
        """Wait for a slot and hold it for the block.

        Args:
            person: who asks; one person has one place in the line.
            waiting: heard while there is no slot.
            is_patient: whether to wait however long the line is.

        Yields:
            the turn, for work of many steps.

        Raises:
            ResourceError: if the line is full, and who asks is not patient.
            Cancelled: if a newer request of this person took the place.
        """
        ticket = _Ticket(person, is_slow)
        self._queue(ticket, is_patient=is_patient)
        try:
            self._wait(ticket, waiting)
            yield Turn(self, ticket, waiting)
        finally:
            with self._changed:
                for tickets in (self._line, self._running):
                    if ticket in tickets:
                        tickets.remove(ticket)
                self._changed.notify_all()

    @property
    def running(self) -> int:
        """How many compute now."""
        with self._changed:
            return len(self._running) + self._lent

    @property
    def waiting(self) -> int:
        """How many stand in the line."""
        with self._changed:
            return len(self._line)

    def _queue(self, ticket: _Ticket, *, is_patient: bool) -> None:
        with self._changed:
            fresh = [other for other in self._line if not other.has_begun]
            older = next((other for other in fresh if other.person == ticket.person), None)
            if older is not None:
                older.is_overtaken = True
                self._line[self._line.index(older)] = ticket
                self._changed.notify_all()
                return
            self._line.append(ticket)
            is_full = self._next() is not ticket and len(fresh) >= self.most_waiting
            if is_full and not is_patient:
                self._line.remove(ticket)
                count = len(fresh)
                others = "somebody is" if count == 1 else f"{count} others are"
                raise ResourceError(f"This server is busy: {others} waiting already.", hint="Try again in a minute.")

    def _wait(self, ticket: _Ticket, waiting: Waiting) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: ticket.is_overtaken or self._next() is ticket, timeout=_LOOK_EVERY)
                if ticket.is_overtaken:
                    raise Cancelled("A newer request took the place of this one.")
                if self._next() is ticket:
                    self._line.remove(ticket)
                    self._running.append(ticket)
                    self._changed.notify_all()
                    return
                ahead = self._line.index(ticket)
            waiting(ahead)

    def _step_back(self, ticket: _Ticket) -> bool:
        """From its slot to the end of the line, if there is one; it goes on before slow work that has not begun."""
        with self._changed:
            if not self._line:
                return False
            self._running.remove(ticket)
            ticket.has_begun = True
            self._line.append(ticket)
            self._changed.notify_all()
            return True

    @contextmanager
    def _idle_slot(self) -> Iterator[Callable[[], bool]]:
        with self._changed:
            has_slot = self._is_idle(1)
            self._lent += has_slot

        def may_go_on() -> bool:
            with self._changed:
                return has_slot and self._is_idle(0)

        try:
            yield may_go_on
        finally:
            with self._changed:
                self._lent -= has_slot

    def _is_idle(self, more: int) -> bool:
        """Whether there is room for what runs and so many more, and nobody waits."""
        return not self._line and len(self._running) + self._lent + more <= self.count

    def _next(self) -> _Ticket | None:
        """The first in the line who may start now: those who have nothing running before those who have."""
        free = [ticket for ticket in self._line if self._may_start(ticket)]
        busy = {ticket.person for ticket in self._running}
        return next((ticket for ticket in free if ticket.person not in busy), free[0] if free else None)

    def _may_start(self, ticket: _Ticket) -> bool:
        slow = sum(running.is_slow for running in self._running)
        if ticket.is_slow:
            is_its_turn = ticket.has_begun or not any(other.has_begun for other in self._line)
            return is_its_turn and len(self._running) < self.count and slow < max(1, self.count - 1)
        return len(self._running) < self.count or slow == len(self._running)
