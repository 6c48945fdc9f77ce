"""Who may fetch now: the bound for all visitors, and each visitor's own."""

import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from PIL import Image

from gradcam_core.config import Settings
from gradcam_core.decoding.decode import decode_image
from gradcam_core.download import Allowance, fetch_image
from gradcam_core.download import fetch as fetch_module
from gradcam_core.download import resolver as lookup_module
from gradcam_core.errors import HeatproofError, ImageError, ResourceError
from tests.core.loopback import PNG, Server, fetch_from, http, together

_MANY = "Too many pictures are being fetched"


@pytest.fixture
def loris(server: Server) -> Iterator[list[threading.Thread]]:
    """Eight fetches that hang until the test is over; the server gives /b at once."""
    over = threading.Event()

    def hang(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        over.wait(20)

    def fetch() -> None:
        with suppress(ImageError):
            fetch_from(server, "/a", seconds=20)

    server.answers |= {"/a": hang, "/b": http(PNG)}
    threads = [threading.Thread(target=fetch, daemon=True) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(500):
        if len(server.requests) == len(threads):
            break
        time.sleep(0.01)
    yield threads
    over.set()
    for thread in threads:
        thread.join()


def test_slow_servers_hold_up_neither_uploads_nor_refusals(loris: list[threading.Thread]) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (6, 4)).save(buffer, "PNG")
    assert decode_image(buffer.getvalue(), name="cat.png").size == (6, 4)
    for url in ("ftp://img.test/a", "http://127.1/", "http://img.test:22/"):
        with pytest.raises(ImageError):
            fetch_image(url)
    assert all(thread.is_alive() for thread in loris)


def test_ninth_fetch_waits_a_moment_and_is_refused(
    server: Server, loris: list[threading.Thread], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetch_module, "_WAIT_SECONDS", 0.05)
    with pytest.raises(ResourceError, match=_MANY) as refusal:
        fetch_from(server, "/b")
    assert refusal.value.hint
    assert all(thread.is_alive() for thread in loris)
    monkeypatch.setenv("HEATPROOF_FETCHES_AT_ONCE", "9")
    assert fetch_from(server, "/b") == PNG


def test_nine_quick_fetches_at_once_all_come_through(server: Server) -> None:
    server.answers["/a"] = http(PNG)
    bodies: list[bytes] = []
    together(9, lambda: bodies.append(fetch_from(server, "/a")))
    assert bodies == [PNG] * 9


def test_failed_fetches_give_their_turns_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_FETCHES_AT_ONCE", "1")
    for _ in range(3):
        with pytest.raises(ImageError, match="404"):
            fetch_from(server, "/a")


@pytest.mark.slow
def test_time_spent_waiting_counts(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_FETCHES_AT_ONCE", "1")
    server.answers["/a"] = lambda _: time.sleep(3)
    ended: list[float] = []

    def fetch() -> None:
        with suppress(HeatproofError):
            fetch_from(server, "/a", seconds=2)
        ended.append(time.monotonic())

    start = time.monotonic()
    first = threading.Thread(target=fetch)
    first.start()
    time.sleep(0.5)
    fetch()
    first.join()
    assert ended[1] - start < 3.5  # 4.0 if the second one's two seconds began with its turn


def test_lookups_that_hang_are_bounded_and_said_to_be_many(monkeypatch: pytest.MonkeyPatch) -> None:
    slots = threading.BoundedSemaphore(1)
    monkeypatch.setattr(lookup_module, "_lookups", slots)
    hanging = threading.Event()

    def resolver(_: str) -> list[str]:
        return [str(hanging.wait(5))]

    assert lookup_module.looked_up("img.test", resolver, seconds=0.05) == []
    with pytest.raises(ResourceError, match=_MANY):
        fetch_image("http://img.test/", resolver=resolver)
    hanging.set()
    assert slots.acquire(timeout=5)  # given back


# One visitor


class _Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def _asked(allowance: Allowance, limits: Settings, address: str = "a") -> str:
    """A fetch that gives its own address at once."""
    return allowance.fetch(address, lambda: address, limits)


def _refusal(allowance: Allowance, limits: Settings) -> tuple[str, str]:
    with pytest.raises(ResourceError) as refusal:
        _asked(allowance, limits)
    return refusal.value.message, refusal.value.hint


def test_a_visitor_has_so_many_in_a_minute_and_is_told_when_to_come_back() -> None:
    clock, limits = _Clock(), Settings()
    allowance = Allowance(clock=clock)
    for number in range(20):
        assert _asked(allowance, limits, str(number)) == str(number)
        clock.now += 1
    clock.now += 27.5
    assert _refusal(allowance, limits) == ("You have asked for 20 pictures in a minute.", "Try again in 13 seconds.")
    clock.now += 12.5
    assert _asked(allowance, limits) == "a"
    assert _refusal(allowance, limits)[1] == "Try again in 1 second."
    assert _asked(Allowance(clock=clock), limits) == "a"  # another visitor


def test_refusals_do_not_count_and_failed_fetches_do() -> None:
    clock, limits = _Clock(), Settings(fetches_a_minute=1)
    allowance = Allowance(clock=clock)

    def fail() -> str:
        raise ImageError("No picture.")

    with pytest.raises(ImageError, match="No picture"):
        allowance.fetch("a", fail, limits)
    for _ in range(5):
        clock.now += 10
        assert _refusal(allowance, limits)[0] == "You have asked for 1 picture in a minute."
    clock.now += 10
    assert _asked(allowance, limits) == "a"


class _CutOff(BaseException):
    """As Streamlit ends a run."""


def test_who_is_cut_off_and_asks_again_gets_what_was_being_fetched() -> None:
    allowance, limits, times = Allowance(), Settings(), []
    may_end = threading.Event()

    def work() -> bytes:
        times.append(1)
        assert may_end.wait(timeout=30)
        return PNG

    def cut_off() -> None:
        raise _CutOff

    for _ in range(3):
        with pytest.raises(_CutOff):
            allowance.fetch("a", work, limits, waiting=cut_off)
    may_end.set()
    assert allowance.fetch("a", work, limits) == PNG
    assert times == [1]
    assert allowance.fetch("a", work, limits) == PNG
    assert times == [1, 1]


def test_a_visitor_fetches_one_at_a_time_and_the_newest_address_counts() -> None:
    allowance, limits = Allowance(), Settings()
    inside: list[str] = []

    def work(address: str) -> str:
        inside.append(address)
        time.sleep(0.02)
        assert inside == [address]
        inside.pop()
        return address

    def cut_off() -> None:
        raise _CutOff

    with suppress(_CutOff):
        allowance.fetch("old", lambda: work("old"), limits, waiting=cut_off)
    found: list[str] = []
    together(3, lambda: found.append(allowance.fetch("new", lambda: work("new"), limits)))
    assert found == ["new"] * 3
    assert inside == []
