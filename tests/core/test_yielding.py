"""Slow work of many steps: who passes it, and which slots does it use beside its own?"""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from gradcam_core.errors import Cancelled, ResourceError
from gradcam_core.resources.queue import ComputeQueue, Turn
from tests.core.waiting import until


class Crowd:
    """Threads that ask for turns of one queue, and the order in which they had them."""

    def __init__(self, count: int, most_waiting: int = 10) -> None:
        self.slots = ComputeQueue(count, most_waiting=most_waiting)
        self.order: list[str] = []
        self._pool = ThreadPoolExecutor(16)
        self._ends: list[threading.Event] = []

    def ask(self, name: str, *, person: str = "", is_slow: bool = False) -> threading.Event:
        """Has or waits for a turn when this is back; the turn ends at the event."""
        end, before = threading.Event(), self.slots.running + self.slots.waiting
        self._ends.append(end)

        def hold() -> None:
            with self.slots.turn(person or name, is_slow=is_slow):
                self.order.append(name)
                assert end.wait(30)

        self._pool.submit(hold)
        until(lambda: self.slots.running + self.slots.waiting > before)
        return end

    def lets_pass(self, turn: Turn, name: str) -> Future[None]:
        """In a thread of its own the turn lets quick work pass, and then its name stands in the order."""

        def step() -> None:
            turn.let_quick_work_pass()
            self.order.append(name)

        return self._pool.submit(step)

    def close(self) -> None:
        for end in self._ends:
            end.set()
        self._pool.shutdown()


@contextmanager
def crowd(count: int, most_waiting: int = 10) -> Iterator[Crowd]:
    made = Crowd(count, most_waiting)
    try:
        yield made
    finally:
        made.close()
        assert (made.slots.running, made.slots.waiting) == (0, 0)


def test_quick_work_that_waits_goes_before_the_next_step() -> None:
    with crowd(2) as people, people.slots.turn("sweep", is_slow=True) as sweep:
        first = people.ask("first")
        ends = [people.ask(name) for name in ("second", "third")]
        assert people.order == ["first"]
        step = people.lets_pass(sweep, "sweep")
        until(lambda: "second" in people.order)  # in the slot of the sweep
        assert people.slots.waiting == 2
        first.set()
        until(lambda: "third" in people.order)
        assert not step.done()
        ends[0].set()
        step.result(10)
        assert people.order == ["first", "second", "third", "sweep"]


def test_quick_work_that_comes_later_does_not_hold_up_the_next_step_for_ever() -> None:
    with crowd(2) as people, people.slots.turn("sweep", is_slow=True) as sweep:
        first = people.ask("first")
        second = people.ask("second")
        step = people.lets_pass(sweep, "sweep")
        until(lambda: "second" in people.order)
        people.ask("late")
        first.set()
        step.result(10)
        assert people.order == ["first", "second", "sweep"]
        second.set()
        until(lambda: "late" in people.order)


@pytest.mark.parametrize("count", [2, 3])
def test_a_step_goes_on_at_once_where_only_slow_work_waits(count: int) -> None:
    with crowd(count) as people, people.slots.turn("sweep", is_slow=True) as sweep:
        quick = [f"quick {number}" for number in range(count - 1)]
        for name in quick:
            people.ask(name)
        people.ask("other", is_slow=True)
        sweep.let_quick_work_pass()
        assert (people.order, people.slots.running, people.slots.waiting) == (quick, count, 1)


@pytest.mark.parametrize("count", [2, 3])
def test_other_slow_work_does_not_take_the_place_of_work_that_lets_others_pass(count: int) -> None:
    with crowd(count) as people, people.slots.turn("sweep", is_slow=True) as sweep:
        quick = [f"quick {number}" for number in range(count - 1)]
        ends = [people.ask(name) for name in quick]
        people.ask("other", is_slow=True)
        last = people.ask("last")
        step = people.lets_pass(sweep, "sweep")
        until(lambda: len(people.order) == count)
        assert people.order == [*quick, "last"]
        last.set()
        step.result(10)
        assert people.order == [*quick, "last", "sweep"]
        assert people.slots.waiting == 1
        ends[0].set()


def test_a_click_of_the_same_person_does_not_end_work_that_lets_others_pass() -> None:
    with crowd(2) as people, people.slots.turn("person", is_slow=True) as sweep:
        first, second = people.ask("first"), people.ask("second")
        step = people.lets_pass(sweep, "sweep")
        until(lambda: "second" in people.order)
        people.ask("click", person="person")
        assert people.slots.waiting == 2
        first.set()
        second.set()
        step.result(10)
        until(lambda: "click" in people.order)


def test_work_that_lets_others_pass_takes_no_place_in_the_line_from_them() -> None:
    with crowd(2, most_waiting=1) as people, people.slots.turn("sweep", is_slow=True) as sweep:
        first, second = people.ask("first"), people.ask("second")
        step = people.lets_pass(sweep, "sweep")
        until(lambda: "second" in people.order)
        people.ask("third")
        with pytest.raises(ResourceError, match="somebody is waiting"), people.slots.turn("fourth"):
            pass
        first.set()
        second.set()
        step.result(10)


def test_work_that_is_cancelled_while_others_pass_leaves_nothing_behind() -> None:
    def cancel(_ahead: int) -> None:
        raise Cancelled("Not wanted any more.")

    def work() -> None:
        with people.slots.turn("sweep", is_slow=True, waiting=cancel) as sweep:
            begun.set()
            assert go_on.wait(30)
            sweep.let_quick_work_pass()

    begun, go_on = threading.Event(), threading.Event()
    with crowd(2) as people, ThreadPoolExecutor(1) as pool:
        cancelled = pool.submit(work)
        assert begun.wait(30)
        people.ask("first")
        people.ask("second")
        go_on.set()
        with pytest.raises(Cancelled):
            cancelled.result(10)
        until(lambda: "second" in people.order)
        assert (people.slots.running, people.slots.waiting) == (2, 0)


def test_an_idle_slot_is_had_until_somebody_comes_and_delays_nobody() -> None:
    with crowd(2) as people, people.slots.turn("sweep", is_slow=True) as sweep, sweep.idle_slot() as may_go_on:
        assert may_go_on()
        assert people.slots.running == 2
        people.ask("click")
        until(lambda: people.order == ["click"])  # it did not wait for the slot
        assert not may_go_on()


def test_there_is_no_idle_slot_while_all_are_taken_or_somebody_waits() -> None:
    with crowd(3) as people, people.slots.turn("sweep", is_slow=True) as sweep:
        with sweep.idle_slot() as second, sweep.idle_slot() as third, sweep.idle_slot() as fourth:
            assert (second(), third(), fourth()) == (True, True, False)
            assert people.slots.running == 3
        assert people.slots.running == 1
        people.ask("slow", is_slow=True)
        with sweep.idle_slot() as second:
            assert second()
            people.ask("slow and waiting", is_slow=True)  # slow work never takes the last slot
            assert people.slots.waiting == 1
            assert not second()
        with sweep.idle_slot() as second:
            assert not second()


def test_a_step_that_fails_in_an_idle_slot_gives_it_back() -> None:
    slots = ComputeQueue(2, most_waiting=0)
    with slots.turn("sweep", is_slow=True) as sweep:
        with pytest.raises(RuntimeError), sweep.idle_slot():
            raise RuntimeError
        assert slots.running == 1
