"""What is kept, and for how long?"""

from concurrent.futures import ThreadPoolExecutor

from gradcam_core.resources.store import LruStore


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_least_recently_used_values_go_first_and_the_bytes_are_bounded() -> None:
    store: LruStore[str] = LruStore(100)
    for key in "abc":
        store.put(key, key.upper(), 30)
    assert store.get("a") == "A"
    store.put("d", "D", 40)
    assert [store.get(key) for key in "abcd"] == ["A", None, "C", "D"]
    assert store.nbytes == 100


def test_what_came_last_stays_even_where_it_is_too_large() -> None:
    store: LruStore[str] = LruStore(100)
    store.put("a", "A", 30)
    assert store.put("b", "B", 1000) == "B"
    assert store.get("b") == "B"
    assert len(store) == 1


def test_of_two_who_make_the_same_value_both_hold_the_first() -> None:
    store: LruStore[list[int]] = LruStore(100)
    first, second = [1], [1]
    assert store.put("a", first, 1) is first
    assert store.put("a", second, 1) is first


def test_what_nobody_asked_for_is_forgotten() -> None:
    clock = Clock()
    store: LruStore[str] = LruStore(100, seconds=10, clock=clock)
    store.put("a", "A", 1)
    store.put("b", "B", 1)
    clock.now += 8
    assert store.get("a") == "A"
    clock.now += 4
    assert len(store) == 2
    store.forget_old()
    assert len(store) == 1
    assert store.get("a") == "A"
    clock.now += 11
    assert store.get("a") is None
    store.put("a", "new", 1)
    assert store.get("a") == "new"


def test_a_store_can_be_emptied() -> None:
    store: LruStore[str] = LruStore(100)
    store.put("a", "A", 1)
    store.clear()
    assert (store.get("a"), store.nbytes, len(store)) == (None, 0, 0)


def test_many_threads_keep_to_the_bytes() -> None:
    store: LruStore[int] = LruStore(1000)

    def use(seed: int) -> None:
        for step in range(300):
            key = (seed * 7 + step * 3) % 50
            found = store.get(key)
            assert found in (None, key)
            store.put(key, key, 90)
            assert store.nbytes <= 1000

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, range(8)))
