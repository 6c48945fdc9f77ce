"""Is a model loaded once for all, kept while it is used, and let go when the room is needed?"""

import gc
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch

from gradcam_core.errors import ModelError, ResourceError
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.models.cache import ModelCache, model_cache_bytes

WritePair = Callable[..., Path]
THREADS = 10


class CountingLoad:
    """Loads for real and notes which names were asked for."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def __call__(self, name: str, *, device: str | None = None) -> LoadedModel:
        self.names.append(name)
        return load_model(name, device=device)


@pytest.fixture
def nbytes(folder: Path, write_pair: WritePair) -> int:
    """The size of each of the models a, b, c and d."""
    for name in "abcd":
        write_pair(name)
    return load_model("a", device="cpu").nbytes


def borrowed(shelf: ModelCache, *names: str) -> None:
    for name in names:
        with shelf.borrow(name, "cpu") as model:
            assert model.spec.name == name


def at_once(task: Callable[[], object]) -> list[object]:
    """What ten threads that start together get; an exception is a result too."""
    barrier = threading.Barrier(THREADS)

    def run() -> object:
        barrier.wait(timeout=30)
        try:
            return task()
        except ModelError as error:
            return error

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run) for _ in range(THREADS)]]


def test_ten_threads_at_once_load_a_model_once(nbytes: int) -> None:
    load = CountingLoad()
    shelf = ModelCache(10 * nbytes, load=load)

    def borrow() -> LoadedModel:
        with shelf.borrow("a", "cpu") as model:
            return model

    models = at_once(borrow)
    assert len({id(model) for model in models}) == 1
    assert load.names == ["a"]


def test_least_recently_used_leaves_first(nbytes: int) -> None:
    shelf = ModelCache(2 * nbytes)
    borrowed(shelf, "a", "b", "a", "c")
    assert shelf.names() == ("a", "c")
    assert shelf.nbytes == 2 * nbytes


def test_model_in_use_never_leaves(nbytes: int) -> None:
    load = CountingLoad()
    shelf = ModelCache(nbytes, load=load)
    with shelf.borrow("a", "cpu") as first:
        borrowed(shelf, "b", "c")
        assert shelf.names() == ("a", "c")
        with shelf.borrow("a", "cpu") as again:
            assert again is first
    assert shelf.names() == ("a",)
    assert load.names == ["a", "b", "c"]


def test_room_is_made_when_the_last_user_leaves(nbytes: int) -> None:
    shelf = ModelCache(2 * nbytes)
    with shelf.borrow("a", "cpu"), shelf.borrow("b", "cpu"), shelf.borrow("c", "cpu"):
        assert shelf.nbytes == 3 * nbytes
    assert shelf.nbytes == 2 * nbytes


def test_latest_stays_although_it_alone_is_too_large(nbytes: int) -> None:
    load = CountingLoad()
    shelf = ModelCache(nbytes // 2, load=load)
    borrowed(shelf, "a", "a", "a")
    assert (shelf.names(), load.names) == (("a",), ["a"])
    borrowed(shelf, "b")
    assert shelf.names() == ("b",)


def test_shelf_never_holds_more_than_its_bytes_and_one_model(nbytes: int) -> None:
    shelf = ModelCache(2 * nbytes)
    most = 0
    for name in "abcdabcd":
        with shelf.borrow(name, "cpu"):
            most = max(most, shelf.nbytes)
    assert most <= 3 * nbytes


def test_model_that_left_is_freed(nbytes: int) -> None:
    shelf = ModelCache(nbytes)
    with shelf.borrow("a", "cpu") as model:
        weight = weakref.ref(model.module.get_parameter("head.weight"))
    del model
    borrowed(shelf, "b")
    gc.collect()
    assert weight() is None


def test_failed_load_does_not_poison_the_name(folder: Path, write_pair: WritePair) -> None:
    shelf = ModelCache(10**9)
    write_pair("a").write_bytes(b"")
    with pytest.raises(ModelError), shelf.borrow("a", "cpu"):
        pass
    assert (shelf.names(), shelf.nbytes) == ((), 0)
    write_pair("a")
    borrowed(shelf, "a")
    assert shelf.names() == ("a",)


def test_failed_load_is_told_to_all_who_wait(folder: Path, write_pair: WritePair) -> None:
    shelf = ModelCache(10**9)
    write_pair("a").write_bytes(b"")

    def borrow() -> None:
        with shelf.borrow("a", "cpu"):
            pass

    assert all(isinstance(result, ModelError) for result in at_once(borrow))
    assert shelf.names() == ()


def test_exception_of_the_borrower_gives_the_model_back(nbytes: int) -> None:
    shelf = ModelCache(nbytes)
    with pytest.raises(KeyboardInterrupt), shelf.borrow("a", "cpu"):
        raise KeyboardInterrupt
    borrowed(shelf, "b")
    assert shelf.names() == ("b",)


def test_device_that_is_not_there_takes_no_place(nbytes: int) -> None:
    shelf = ModelCache(nbytes)
    with pytest.raises(ModelError, match="no device"), shelf.borrow("a", "cuda:99"):
        pass
    assert shelf.names() == ()


def test_no_device_is_the_same_as_the_settings_device(nbytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_DEVICE", "cpu")
    shelf = ModelCache(10 * nbytes)
    with shelf.borrow("a") as one, shelf.borrow("a", "cpu") as other:
        assert one is other


def test_a_model_that_loads_slowly_holds_up_nobody_who_uses_another(nbytes: int) -> None:
    started, may_go_on = threading.Event(), threading.Event()

    def load(name: str, *, device: str | None = None) -> LoadedModel:
        if name == "a":
            started.set()
            assert may_go_on.wait(timeout=30)
        return load_model(name, device=device)

    shelf = ModelCache(10 * nbytes, load=load)
    borrowed(shelf, "b")
    slow = threading.Thread(target=borrowed, args=(shelf, "a"))
    slow.start()
    assert started.wait(timeout=30)
    borrowed(shelf, "b")
    assert shelf.names() == ("b",)
    may_go_on.set()
    slow.join(timeout=30)
    assert set(shelf.names()) == {"a", "b"}


def test_models_are_loaded_one_after_the_other_and_never_exceed_the_shelf_by_more_than_one(nbytes: int) -> None:
    loading, most, held = 0, 0, []

    def load(name: str, *, device: str | None = None) -> LoadedModel:
        nonlocal loading, most
        loading += 1
        most = max(most, loading)
        model = load_model(name, device=device)
        held.append(shelf.nbytes + model.nbytes)
        loading -= 1
        return model

    shelf = ModelCache(2 * nbytes, load=load)
    names = iter("abcdabcdab")
    at_once(lambda: borrowed(shelf, next(names)))
    for name in "abcd":
        borrowed(shelf, name)
    assert most == 1
    assert shelf.nbytes <= 2 * nbytes
    with shelf.borrow("a", "cpu"):
        for name in "bcdbcd":
            borrowed(shelf, name)
        assert "a" in shelf.names()
    assert max(held[-6:]) <= 3 * nbytes


def test_what_refuses_before_loading_loads_nothing(nbytes: int) -> None:
    def refuse() -> None:
        raise ResourceError("There is too little memory.")

    shelf = ModelCache(nbytes, before_loading=refuse)
    with pytest.raises(ResourceError, match="too little"), shelf.borrow("a", "cpu"):
        pass
    assert shelf.names() == ()


def test_a_shelf_takes_two_fifths_of_the_memory_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_MAX_MEMORY_BYTES", "1000000000")
    assert model_cache_bytes() == 400_000_000
    monkeypatch.setenv("HEATPROOF_SHELF_BYTES", "300")
    assert model_cache_bytes() == 300


def test_many_threads_and_models_on_a_shelf_that_is_too_small(nbytes: int) -> None:
    shelf = ModelCache(2 * nbytes)
    noise = torch.rand(1, 3, 32, 32)

    def borrow(seed: int) -> None:
        for step in range(8):
            name = "abcd"[(seed + step * (1 + seed % 3)) % 4]
            with shelf.borrow(name, "cpu") as model:
                assert model.spec.name == name
                assert model.module(noise).shape == (1, 3)
                assert name in shelf.names()

    with ThreadPoolExecutor(8) as pool:
        for future in [pool.submit(borrow, seed) for seed in range(8)]:
            future.result(timeout=60)
    assert shelf.nbytes <= 2 * nbytes
