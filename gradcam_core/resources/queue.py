"""Who computes now? As many as there are cores; everybody else waits in one line, one place a person.

A newer request of a person takes the place of the older one that still waits. Slow work never takes the last slot,
so it can't hold up quick work. Where nobody else is waiting, a person may have several slots.
"""

import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gradcam_core.errors import Cancelled, ResourceError

Waiting = Callable[[int], None]
"""Told again and again how many are ahead; what it raises gives up the place and passes through."""

_LOOK_EVERY = 0.1  # seconds: how soon a wait notices that it is no longer wanted


def unheard(_ahead: int) -> None:
    """Wait without telling anybody."""


@dataclass(eq=False)
class _Ticket:
    """A place in the line."""

    person: Hashable
    is_slow: bool
    is_overtaken: bool = False


class Slots:
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

    @contextmanager
    def turn(self, person: Hashable, *, is_slow: bool = False, waiting: Waiting = unheard) -> Iterator[None]:
        """Wait for a slot and hold it for the block.

        Args:
            person: who asks; one person has one place in the line.
            waiting: heard while there is no slot.

        Raises:
            ResourceError: if the line is full.
            Cancelled: if a newer request of this person took the place.
        """
        ticket = _Ticket(person, is_slow)
        self._queue(ticket)
        try:
            self._wait(ticket, waiting)
            yield
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
            return len(self._running)

    @property
    def waiting(self) -> int:
        """How many stand in the line."""
        with self._changed:
            return len(self._line)

    def _queue(self, ticket: _Ticket) -> None:
        with self._changed:
            older = next((other for other in self._line if other.person == ticket.person), None)
            if older is not None:
                older.is_overtaken = True
                self._line[self._line.index(older)] = ticket
                self._changed.notify_all()
                return
            self._line.append(ticket)
            if self._next() is not ticket and len(self._line) > self.most_waiting:
                self._line.remove(ticket)
                count = len(self._line)
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

    def _next(self) -> _Ticket | None:
        """The first in the line who may start now: those who have nothing running before those who have."""
        free = [ticket for ticket in self._line if self._may_start(ticket)]
        busy = {ticket.person for ticket in self._running}
        return next((ticket for ticket in free if ticket.person not in busy), free[0] if free else None)

    def _may_start(self, ticket: _Ticket) -> bool:
        slow = sum(running.is_slow for running in self._running)
        if ticket.is_slow:
            return len(self._running) < self.count and slow < max(1, self.count - 1)
        return len(self._running) < self.count or slow == len(self._running)
