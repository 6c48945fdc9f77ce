"""The score function: the same logits as one forward pass after another, within a bound of memory."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import pytest
import torch
from torch import nn

from gradcam_core.engine import Explainer
from gradcam_core.errors import Cancelled, ResourceError
from gradcam_core.hooks import recording
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel
from gradcam_core.resources.queue import ComputeQueue
from gradcam_core.scoring.activation_memory import activation_bytes
from gradcam_core.scoring.function import score_function
from tests.support import calibrated, loaded

SIDE = 32
Batches = list[tuple[int, str]]


@pytest.fixture
def small(small_net: nn.Module) -> LoadedModel:
    return measured(loaded(small_net, side=SIDE))


@pytest.fixture(scope="module")
def resnet18() -> LoadedModel:
    return measured(loaded(calibrated("resnet18", side=64), side=64))


def measured(model: LoadedModel) -> LoadedModel:
    """Its activations are measured already, so that a test sees the batches alone."""
    score_function(model)(noise(1, model.input_spec.size[0]))
    return model


@pytest.fixture
def two_slots(monkeypatch: pytest.MonkeyPatch) -> ComputeQueue:
    """A queue of two slots, and the settings agree."""
    monkeypatch.setenv("HEATPROOF_SLOTS", "2")
    return ComputeQueue(2, most_waiting=5)


def noise(count: int, side: int = SIDE, *, seed: int = 0) -> torch.Tensor:
    return torch.randn(count, 3, side, side, generator=torch.Generator().manual_seed(seed))


@contextmanager
def batches_seen(model: LoadedModel) -> Iterator[Batches]:
    """The size of every batch that the network is given, and the thread."""
    seen: Batches = []

    def note(_module: nn.Module, inputs: tuple[torch.Tensor]) -> None:
        seen.append((len(inputs[0]), threading.current_thread().name))

    handle = model.module.register_forward_pre_hook(note)
    try:
        yield seen
    finally:
        handle.remove()


@contextmanager
def two_threads_must_meet(model: LoadedModel, *, batches: int) -> Iterator[None]:
    """Each of the next batches waits within the network for one of another thread."""
    barrier, left, lock = threading.Barrier(2), [batches], threading.Lock()

    def meet(_module: nn.Module, _inputs: object) -> None:
        with lock:
            left[0] -= 1
            waits = left[0] >= 0
        if waits:
            barrier.wait(30)

    handle = model.module.register_forward_pre_hook(meet)
    try:
        yield
    finally:
        handle.remove()


@pytest.mark.parametrize("name", ["tinynet", "resnet18"])
@pytest.mark.parametrize("count", [1, 2, 7])
def test_logits_are_those_of_the_forward_pass(
    request: pytest.FixtureRequest, make_image: Callable[..., LoadedImage], name: str, count: int
) -> None:
    model: LoadedModel = request.getfixturevalue(name)
    forwards = [Explainer(model).forward(make_image(seed=seed)) for seed in range(count)]
    scores = score_function(model)(torch.cat([forward.input_tensor for forward in forwards]))
    expected = np.stack([forward.logits for forward in forwards])
    assert scores.shape == expected.shape
    assert scores.dtype == np.float32
    assert np.abs(expected).max() > 0.1
    assert np.abs(scores - expected).max() <= 1e-5 * max(1.0, float(np.abs(expected).max()))


def test_a_binary_network_gives_both_signs(make_image: Callable[..., LoadedImage]) -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 1))
    model = loaded(net, side=SIDE, activation="binary", labels=("no", "yes"))
    forward = Explainer(model).forward(make_image())
    scores = score_function(model)(forward.input_tensor.repeat(5, 1, 1, 1))
    assert scores.shape == (5, 2)
    assert np.array_equal(scores[:, 0], -scores[:, 1])
    assert np.allclose(scores[:, 1], float(net(forward.input_tensor)), atol=1e-6)
    assert np.allclose(scores, forward.logits, atol=1e-6)


def test_no_input_gives_no_scores(small: LoadedModel) -> None:
    assert score_function(small)(noise(0)).shape == (0, 3)


@pytest.mark.parametrize(
    "inputs",
    [
        noise(1)[0],
        noise(2)[:, :1],
        noise(2, SIDE + 1),
        noise(2).to(torch.uint8),
        noise(2).numpy().astype(np.int64),
        noise(2).permute(0, 2, 3, 1),
    ],
    ids=["one image", "one channel", "another side", "bytes", "integers", "channels last"],
)
def test_other_inputs_are_refused_and_the_error_names_what_is_taken(
    small: LoadedModel, inputs: np.ndarray | torch.Tensor
) -> None:
    with pytest.raises(ValueError, match=rf"of shape \(n, 3, {SIDE}, {SIDE}\)") as caught:
        score_function(small)(inputs)
    assert str(tuple(inputs.shape)) in str(caught.value)
    assert str(inputs.dtype) in str(caught.value)


def test_arrays_tensors_and_any_layout_in_memory_give_the_same_bits(resnet18: LoadedModel) -> None:
    inputs, score = noise(3, 64), score_function(resnet18)
    expected = score(inputs)
    read_only = inputs.numpy().copy()
    read_only.setflags(write=False)
    for same in (
        read_only,
        read_only.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2),  # channels last in memory
        inputs.to(memory_format=torch.channels_last),
        inputs.double(),
        inputs.clone().requires_grad_(),
    ):
        assert np.array_equal(score(same), expected)


def test_inputs_stay_as_they_are_and_nothing_keeps_a_graph(make_image: Callable[..., LoadedImage]) -> None:
    net = nn.Sequential(nn.ReLU(inplace=True), nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    model, seen = loaded(net, side=SIDE), list[torch.Tensor]()
    model.module.register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    inputs = noise(3).requires_grad_()
    before = inputs.detach().clone()
    with torch.inference_mode(), torch.autocast("cpu"):
        score_function(model)(inputs)
    assert torch.equal(inputs, before)
    assert [(tensor.requires_grad, tensor.is_inference(), tensor.dtype) for tensor in seen] == [
        (False, False, torch.float32)
    ] * len(seen)


def test_what_is_not_finite_passes_through_and_spoils_no_other_input(small: LoadedModel) -> None:
    inputs = noise(3)
    clean = score_function(small)(inputs)
    inputs[1, 0, 5, 5] = torch.nan
    scores = score_function(small)(inputs)
    assert np.isnan(scores[1]).all()
    assert np.array_equal(scores[[0, 2]], clean[[0, 2]])


def test_a_record_of_the_same_thread_is_left_alone(small: LoadedModel) -> None:
    with recording([small.default_layer]) as record:
        small.module(noise(1, seed=1))
        kept = record[small.default_layer]
        assert kept is not None
        score_function(small)(noise(2))
        assert record[small.default_layer] is kept


def test_batches_hold_to_the_bound_of_memory_and_to_the_best_size(small: LoadedModel) -> None:
    each = activation_bytes(small.module, small.input_spec.shape, small.device)
    for memory, largest in ((1, 1), (2 * each, 1), (4 * each, 2), (7 * each, 3), (8 * each, 4), (10**9, 4)):
        with batches_seen(small) as seen:
            score_function(small, memory_bytes=memory)(noise(9))
        sizes = [size for size, _ in seen]
        assert (max(sizes), sum(sizes)) == (largest, 9)


def test_the_setting_bounds_where_the_call_does_not(small: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "HEATPROOF_SCORING_BYTES", str(4 * activation_bytes(small.module, small.input_spec.shape, small.device))
    )
    with batches_seen(small) as seen:
        score_function(small)(noise(5))
    assert [size for size, _ in seen] == [2, 2, 1]


def test_activation_memory_counts_what_lives_at_the_same_time() -> None:
    class Skip(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, inputs: torch.Tensor) -> torch.Tensor:
            kept = inputs.view(inputs.shape)  # a view takes no memory
            for _ in range(5):
                inputs = self.conv(inputs).relu_()  # the one before is let go
            return inputs + kept

    image, module = 3 * 16 * 16 * 4, Skip()
    with torch.no_grad():
        assert activation_bytes(module, (3, 16, 16), torch.device("cpu")) == 3 * image  # kept, the last two
        assert activation_bytes(module, (3, 32, 32), torch.device("cpu")) == 4 * 3 * image


def test_activation_memory_leaves_out_the_weights() -> None:
    head = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 500))
    with torch.no_grad():
        assert activation_bytes(head, (3, 8, 8), torch.device("cpu")) == (3 * 8 * 8 + 500) * 4


def test_without_a_turn_one_thread_computes(small: LoadedModel) -> None:
    with batches_seen(small) as seen:
        score_function(small)(noise(20))
    assert {thread for _, thread in seen} == {threading.current_thread().name}


def test_an_idle_slot_is_used_and_the_bits_are_the_same(resnet18: LoadedModel, two_slots: ComputeQueue) -> None:
    inputs = noise(19, 64)
    alone = score_function(resnet18)(inputs)
    with two_slots.turn("a", is_slow=True) as turn, batches_seen(resnet18) as seen:
        with two_threads_must_meet(resnet18, batches=4):
            together = score_function(resnet18, turn=turn)(inputs)
        assert two_slots.running == 1
    assert len({thread for _, thread in seen}) == 2
    assert sorted(size for size, _ in seen) == [3, 4, 4, 4, 4]
    assert np.array_equal(together, alone)


def test_all_threads_together_hold_to_the_bound(
    small: LoadedModel, two_slots: ComputeQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gradcam_core.scoring.function._FEWEST_THREADS", 1)  # so that one batch fills the memory
    each = activation_bytes(small.module, small.input_spec.shape, small.device)
    with two_slots.turn("a", is_slow=True) as turn, batches_seen(small) as seen:
        score_function(small, turn=turn, memory_bytes=4 * each)(noise(40))
    assert len({thread for _, thread in seen}) == 1


def test_progress_is_told_between_batches_in_the_calling_thread(small: LoadedModel) -> None:
    told: list[tuple[int, int, str]] = []
    score = score_function(
        small, between=lambda done, total: told.append((done, total, threading.current_thread().name))
    )
    score(noise(10))
    own = threading.current_thread().name
    assert told == [(4, 10, own), (8, 10, own), (10, 10, own)]


def test_progress_ends_with_everything_done_where_another_thread_is_the_last(
    small: LoadedModel, two_slots: ComputeQueue
) -> None:
    told: list[int] = []
    caller, own_is_told = threading.current_thread(), threading.Event()

    def come_last(_module: nn.Module, _inputs: object) -> None:
        if threading.current_thread() is not caller:
            assert own_is_told.wait(30)

    def between(done: int, total: int) -> None:
        told.append(done)
        own_is_told.set()

    with two_slots.turn("a", is_slow=True) as turn, two_threads_must_meet(small, batches=2):
        small.module.register_forward_pre_hook(come_last)  # after they have met
        score_function(small, turn=turn, between=between)(noise(8))
    assert told == [4, 8]


@pytest.mark.parametrize("has_turn", [False, True])
def test_a_cancel_between_batches_drops_the_rest(small: LoadedModel, two_slots: ComputeQueue, has_turn: bool) -> None:
    def cancel(done: int, total: int) -> None:
        raise Cancelled(f"After {done}.")

    with two_slots.turn("a", is_slow=True) as turn, batches_seen(small) as seen:
        with pytest.raises(Cancelled), two_threads_must_meet(small, batches=2 if has_turn else 0):
            score_function(small, turn=turn if has_turn else None, between=cancel)(noise(400))
        assert two_slots.running == 1
    assert sum(size for size, _ in seen) < 400


def test_memory_that_runs_out_in_another_thread_is_a_resource_error(
    small: LoadedModel, two_slots: ComputeQueue
) -> None:
    caller, has_failed = threading.current_thread(), threading.Event()

    def fail(_module: nn.Module, _inputs: object) -> None:
        if threading.current_thread() is caller:
            assert has_failed.wait(30)
        else:
            has_failed.set()
            raise MemoryError

    small.module.register_forward_pre_hook(fail)
    with two_slots.turn("a", is_slow=True) as turn, pytest.raises(ResourceError, match="not enough memory"):
        score_function(small, turn=turn)(noise(40))


def test_a_quick_question_overtakes_a_sweep(small: LoadedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    """One computes, and a second one waits: it has its turn before the sweep's next batch."""
    monkeypatch.setenv("HEATPROOF_SLOTS", "1")
    slots, order, futures = ComputeQueue(2, most_waiting=5), list[str](), list[Future[None]]()
    may_end = {"first": threading.Event(), "second": threading.Event()}

    def quick(name: str) -> None:
        with slots.turn(name):
            order.append(name)
            assert may_end[name].wait(30)

    def between(done: int, total: int) -> None:
        order.append(f"sweep {done}")
        if done == 4:
            futures.extend(pool.submit(quick, name) for name in may_end)
            while slots.waiting == 0 or len(order) < 2:
                time.sleep(0.001)
            may_end[{"first": "second", "second": "first"}[order[-1]]].set()  # the one who waits is quick, indeed

    with ThreadPoolExecutor(2) as pool, slots.turn("sweep", is_slow=True) as turn:
        score_function(small, turn=turn, between=between)(noise(12))
        for event in may_end.values():
            event.set()
    assert order[0] == "sweep 4"
    assert {*order[1:3]} == {"first", "second"}
    assert order[3:] == ["sweep 8", "sweep 12"]


@pytest.mark.slow
def test_eight_threads_score_and_explain_one_model_without_a_wrong_number(
    resnet18: LoadedModel, make_image: Callable[..., LoadedImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATPROOF_SLOTS", "4")
    slots, image = ComputeQueue(4, most_waiting=50), make_image(100, 80)

    def score(seed: int) -> np.ndarray:
        with slots.turn(f"sweep {seed}", is_slow=True) as turn:
            return score_function(resnet18, turn=turn)(noise(9, 64, seed=seed))

    def explain(seed: int) -> np.ndarray:
        with slots.turn(f"click {seed}"):
            return Explainer(resnet18).forward(image).cam(seed % 50).values

    asked = [(score if seed % 2 else explain, seed) for seed in range(24)]
    alone = [work(seed) for work, seed in asked]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda work_and_seed: work_and_seed[0](work_and_seed[1]), asked))
    assert [np.array_equal(one, other) for one, other in zip(alone, together, strict=True)] == [True] * len(asked)
    assert (slots.running, slots.waiting) == (0, 0)
