"""Trays outside the sessions: who gets which, for how long, and how many bytes count."""

import pytest

from gradcam_core.errors import ResourceError
from pages._ui.session.kept_trays import KeptTrays, TrayItem
from pages._ui.session.question import ImageInfo

PICTURE = ImageInfo("0" * 64, (8, 6), (8, 6), "a.png", (), "upload-000000000000", False, "a.png")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def item(count: int) -> TrayItem:
    return TrayItem(PICTURE, bytes(count), "")


def test_a_tray_is_found_under_its_token_alone() -> None:
    trays, one = KeptTrays(100), item(10)
    token = trays.keep("", {"a": one}, session="s")
    assert len(token) >= 43  # 256 bits
    assert trays.items(token) == {"a": one}
    assert trays.items("") == trays.items("x" * 43) == {}
    assert trays.copy("x" * 43, session="t") is None
    assert trays.keep(token, {"a": one, "b": item(5)}, session="s") == token
    assert trays.nbytes == 15


def test_a_token_that_nobody_gave_out_is_replaced() -> None:
    trays = KeptTrays(100)
    assert trays.keep("mine", {"a": item(1)}, session="s") != "mine"
    assert trays.items("mine") == {}


def test_a_copy_is_its_own_and_its_bytes_count_once() -> None:
    trays, one = KeptTrays(100), item(60)
    first = trays.keep("", {"a": one}, session="s")
    second = trays.copy(first, session="t")
    assert second not in (None, first)
    assert trays.nbytes == 60
    trays.keep(str(second), {"a": one, "b": item(30)}, session="t")
    assert trays.items(first) == {"a": one}
    assert trays.nbytes == 90


def test_who_has_an_old_token_sees_nothing_of_what_came_after_it_was_shown() -> None:
    trays, one = KeptTrays(100), item(1)
    old = trays.keep("", {"a": one}, session="s")
    trays.copy(old, session="t")
    new = trays.keep(old, {"a": one, "b": item(2)}, session="s")
    assert new != old
    assert trays.keep(new, {"a": one, "c": item(3)}, session="s") == new
    assert list(trays.items(old)) == ["a"]
    assert list(trays.items(new)) == ["a", "c"]


def test_a_tray_goes_a_quarter_of_an_hour_after_its_session() -> None:
    clock, connected = Clock(), {"s", "t"}
    trays = KeptTrays(100, seconds=900, clock=clock)
    staying, leaving = (trays.keep("", {"a": item(10)}, session=name) for name in "st")
    for _ in range(60):
        clock.now += 20
        trays.forget_old(connected.__contains__)
    assert len(trays) == 2
    connected.remove("t")
    clock.now += 899
    trays.forget_old(connected.__contains__)
    assert len(trays) == 2
    clock.now += 2
    assert trays.copy(leaving, session="u") is None
    trays.forget_old(connected.__contains__)
    assert trays.items(leaving) == {}
    assert list(trays.items(staying)) == ["a"]
    assert trays.nbytes == 10


def test_the_tray_that_was_shown_goes_though_its_session_stays() -> None:
    clock = Clock()
    trays = KeptTrays(100, seconds=900, clock=clock)
    old = trays.keep("", {"a": item(10)}, session="s")
    trays.copy(old, session="t")
    new = trays.keep(old, {"b": item(20)}, session="s")
    clock.now += 901
    trays.forget_old(lambda session: session == "s")
    assert trays.items(old) == {}
    assert list(trays.items(new)) == ["b"]
    assert trays.nbytes == 20


def test_those_who_left_make_room_the_longest_gone_first_and_those_who_are_there_do_not() -> None:
    clock = Clock()
    trays = KeptTrays(100, clock=clock)
    first = trays.keep("", {"a": item(40)}, session="s")
    clock.now += 10
    second = trays.keep("", {"a": item(40)}, session="t")
    clock.now += 55  # the first has been gone for more than a minute
    third = trays.keep("", {"a": item(40)}, session="u")
    assert [len(trays.items(token)) for token in (first, second, third)] == [0, 1, 1]
    with pytest.raises(ResourceError, match="as many pictures") as refusal:
        trays.keep("", {"a": item(40)}, session="v")
    assert refusal.value.hint
    assert [len(trays.items(token)) for token in (second, third)] == [1, 1]


def test_what_leaves_a_tray_gives_its_bytes_back_at_once() -> None:
    trays = KeptTrays(100)
    token = trays.keep("", {"a": item(90)}, session="s")
    trays.keep(token, {"b": item(95)}, session="s")
    assert trays.nbytes == 95
    with pytest.raises(ResourceError):
        trays.keep(token, {"b": item(101)}, session="s")
    assert list(trays.items(token)) == ["b"]


def test_reloads_without_end_leave_a_bounded_number_of_trays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages._ui.session.kept_trays._MOST", 5)
    clock = Clock()
    trays = KeptTrays(100, clock=clock)
    token: str | None = trays.keep("", {"a": item(10)}, session="s")
    for number in range(20):
        clock.now += 30
        token = trays.copy(str(token), session=f"s{number}")
    assert len(trays) == 5
    assert list(trays.items(str(token))) == ["a"]
