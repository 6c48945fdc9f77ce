"""Who computes, who waits, and in which order?"""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from gradcam_core.errors import Cancelled, ResourceError
from gradcam_core.resources.queue import ComputeQueue
from tests.core.waiting import until

QUEUED = 10


class People:
    """Threads that each hold a slot until they are let go, and the order in which they got one."""

    def __init__(self, slots: ComputeQueue) -> None:
        self.slots = slots
        self.served: list[str] = []
        self._pool = ThreadPoolExecutor(32)
        self._releases: dict[str, threading.Event] = {}

    def ask(
        self, name: str, *, person: str = "", is_slow: bool = False, heard: list[int] | None = None
    ) -> Future[None]:
        """Ask for a turn; back as soon as it is had or waited for."""
        self._releases[name] = threading.Event()
        before = self.slots.running + self.slots.waiting

        def hold() -> None:
            def listen(ahead: int) -> None:
                if heard is not None:
                    heard.append(ahead)

            with self.slots.turn(person or name, is_slow=is_slow, waiting=listen):
                self.served.append(name)
                assert self._releases[name].wait(timeout=30)

        future = self._pool.submit(hold)
        until(lambda: future.done() or name in self.served or self.slots.running + self.slots.waiting > before)
        return future

    def let_go(self, *names: str) -> None:
        """Whoever is named gives the slot back, or will at once when it has one."""
        for name in names:
            self._releases[name].set()

    def close(self) -> None:
        """End everybody."""
        self.let_go(*self._releases)
        self._pool.shutdown()


@contextmanager
def people(count: int, most_waiting: int = QUEUED) -> Iterator[People]:
    crowd = People(ComputeQueue(count, most_waiting=most_waiting))
    try:
        yield crowd
    finally:
        crowd.close()
        assert (crowd.slots.running, crowd.slots.waiting) == (0, 0)


def test_no_more_than_the_slots_compute_at_once_and_everybody_has_a_turn() -> None:
    slots, running, most = ComputeQueue(3, most_waiting=50), 0, 0
    lock = threading.Lock()

    def work(person: int) -> int:
        nonlocal running, most
        with slots.turn(person):
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.002)
            with lock:
                running -= 1
        return person

    with ThreadPoolExecutor(20) as pool:
        assert sorted(pool.map(work, range(100))) == list(range(100))
    assert most == 3


def test_the_line_is_served_in_order_and_hears_how_many_are_ahead() -> None:
    with people(1) as crowd:
        crowd.ask("a")
        heard: dict[str, list[int]] = {name: [] for name in "bcd"}
        for name in "bcd":
            crowd.ask(name, heard=heard[name])
        until(lambda: all(heard.values()))
        assert [heard[name][0] for name in "bcd"] == [0, 1, 2]
        for ahead, name in ((2, "a"), (1, "b"), (0, "c")):
            until(lambda ahead=ahead: heard["d"][-1] == ahead)  # type: ignore[misc]
            crowd.let_go(name)
        crowd.let_go("d")
        until(lambda: len(crowd.served) == 4)
        assert crowd.served == list("abcd")


def test_the_newest_click_of_a_person_takes_the_place_of_the_one_that_waits() -> None:
    with people(1) as crowd:
        crowd.ask("a")
        older = crowd.ask("b1", person="b")
        crowd.ask("c")
        before = crowd.slots.waiting
        newer = crowd._pool.submit(_turn, crowd, "b2", "b")
        with pytest.raises(Cancelled, match="newer request"):
            older.result(timeout=10)
        assert crowd.slots.waiting == before
        crowd.let_go("a", "c")
        newer.result(timeout=10)
        until(lambda: len(crowd.served) == 3)
        assert crowd.served == ["a", "b2", "c"]  # in the place of the first click


def _turn(crowd: People, name: str, person: str) -> None:
    with crowd.slots.turn(person):
        crowd.served.append(name)


def test_a_person_has_a_second_slot_only_while_nobody_else_waits() -> None:
    with people(2) as crowd:
        crowd.ask("a1", person="a")
        crowd.ask("b1", person="b")
        crowd.ask("a2", person="a")
        crowd.ask("c")
        crowd.let_go("b1")
        until(lambda: "c" in crowd.served)
        assert "a2" not in crowd.served
        crowd.let_go("c")
        until(lambda: "a2" in crowd.served)
        assert crowd.slots.running == 2


@pytest.mark.parametrize("count", [1, 2, 4])
def test_slow_work_never_holds_up_quick_work(count: int) -> None:
    with people(count) as crowd:
        slow = [f"slow {number}" for number in range(5)]
        for name in slow:
            crowd.ask(name, is_slow=True)
        assert crowd.slots.running == max(1, count - 1)
        for name in ("x", "y"):
            crowd.ask(name)
            until(lambda name=name: name in crowd.served)  # type: ignore[misc]
            crowd.let_go(name)
        assert crowd.slots.running <= max(count, 2)
        for name in slow:
            crowd.let_go(name)
        until(lambda: crowd.slots.running == crowd.slots.waiting == 0)
        assert set(slow) <= set(crowd.served)


def test_a_full_line_refuses_in_one_sentence() -> None:
    with people(1, most_waiting=2) as crowd:
        for name in "abc":
            crowd.ask(name)
        with (
            pytest.raises(ResourceError, match="busy: 2 others are waiting") as refusal,
            crowd.slots.turn("d"),
        ):
            pass
        assert refusal.value.hint
        assert crowd.slots.waiting == 2
        again = crowd._pool.submit(_turn, crowd, "b again", "b")  # whoever has a place may click again
        crowd.let_go("a", "c")
        again.result(timeout=10)
        until(lambda: len(crowd.served) == 3)
        assert crowd.served == ["a", "b again", "c"]


class Stopped(BaseException):
    """As Streamlit stops a run."""


@pytest.mark.parametrize("error", [Stopped, RuntimeError])
def test_a_wait_that_is_given_up_leaves_no_place_behind(error: type[BaseException]) -> None:
    def stop(_ahead: int) -> None:
        raise error

    with people(1) as crowd:
        crowd.ask("a")
        with pytest.raises(error), crowd.slots.turn("b", waiting=stop):
            pass
        assert crowd.slots.waiting == 0
        crowd.ask("c")
        crowd.let_go("a")
        until(lambda: "c" in crowd.served)


def test_work_that_fails_gives_its_slot_back() -> None:
    slots = ComputeQueue(1, most_waiting=0)
    for error in (Stopped, RuntimeError):
        with pytest.raises(error), slots.turn("a"):
            raise error
    with slots.turn("b"):
        assert slots.running == 1


def test_who_is_patient_waits_in_a_line_that_is_full() -> None:
    slots, ahead = ComputeQueue(1, most_waiting=0), []
    with slots.turn("other"):
        with pytest.raises(ResourceError), slots.turn("impatient"):
            pass

        def give_up(count: int) -> None:
            ahead.append(count)
            raise Cancelled("enough")

        with pytest.raises(Cancelled), slots.turn("patient", waiting=give_up, is_patient=True):
            pass
    assert ahead == [0]
    assert (slots.running, slots.waiting) == (0, 0)
