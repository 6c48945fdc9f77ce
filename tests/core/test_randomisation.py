"""Is a copy destroyed from the output down while the shared network stays as it is, bit for bit?"""

import math
import threading
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradcam_core.engine import Explainer
from gradcam_core.errors import Cancelled, ModelError
from gradcam_core.metrics.similarity import spearman
from gradcam_core.models import LoadedModel
from gradcam_core.samples import load_sample
from gradcam_core.scoring.function import score_function
from gradcam_core.trust.randomisation import Step, cascade, destroyed_whole, parts_from_the_output, similarity
from tests.support import calibrated, loaded

FROM_THE_OUTPUT = ["head", *(f"blocks.{index}" for index in (5, 4, 3, 2, 1, 0))]


def weights(module: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


@pytest.fixture(scope="module")
def inputs(tinynet: LoadedModel) -> Tensor:
    return torch.cat([Explainer(tinynet).forward(load_sample(name)).input_tensor for name in ("meadow", "desert")])


def test_every_step_destroys_one_part_more_from_the_output_down(tinynet: LoadedModel, inputs: Tensor) -> None:
    before, done = weights(tinynet.module), 0
    for done, step in enumerate(cascade(tinynet, inputs), start=1):
        assert list(step.destroyed) == FROM_THE_OUTPUT[:done]
        for name, tensor in step.model.module.state_dict().items():
            is_destroyed = name.startswith(tuple(f"{part}." for part in step.destroyed))
            assert torch.equal(tensor, before[name]) != is_destroyed, name
    assert done == len(FROM_THE_OUTPUT)


def test_weights_keep_their_values_and_lose_their_places(tinynet: LoadedModel, inputs: Tensor) -> None:
    destroyed = dict(destroyed_whole(tinynet, inputs).model.module.named_parameters())
    for name, weight in tinynet.module.named_parameters():
        assert torch.equal(weight.flatten().sort().values, destroyed[name].flatten().sort().values)
        assert (weight != destroyed[name]).float().mean() > 0.5


def test_the_shared_network_is_untouched_while_others_explain_it(tinynet: LoadedModel, inputs: Tensor) -> None:
    before, ask = weights(tinynet.module), score_function(tinynet)
    expected, stop = ask(inputs), threading.Event()
    seen: list[np.ndarray] = []

    def others() -> None:
        while not stop.is_set():
            seen.append(ask(inputs))

    thread = threading.Thread(target=others)
    thread.start()
    try:
        steps = sum(1 for _ in cascade(tinynet, inputs))
    finally:
        stop.set()
        thread.join()
    assert steps == 7
    assert seen
    assert all(np.array_equal(scores, expected) for scores in seen)
    after = tinynet.module.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert not any(module.training for module in tinynet.module.modules())


def test_the_same_seed_destroys_alike_and_the_last_step_is_the_whole(tinynet: LoadedModel, inputs: Tensor) -> None:
    *_, last = cascade(tinynet, inputs)
    one, other = (destroyed_whole(tinynet, inputs, seed=seed) for seed in (0, 1))
    last_weights = last.model.module.state_dict()
    assert all(torch.equal(last_weights[name], tensor) for name, tensor in one.model.module.state_dict().items())
    assert one.model.weights_sha256 == last.model.weights_sha256 != other.model.weights_sha256
    assert not torch.equal(
        one.model.module.get_parameter("head.weight"), other.model.module.get_parameter("head.weight")
    )


def test_a_step_is_explained_as_any_model_and_its_maps_fall_away(tinynet: LoadedModel, inputs: Tensor) -> None:
    image = load_sample("meadow")
    forward = Explainer(tinynet).forward(image)
    intact = forward.cam(forward.top(1)[0].class_index)
    found = []
    for step in cascade(tinynet, inputs):
        cam = Explainer(step.model).forward(image).cam(intact.prediction.class_index)
        assert cam.key.model != intact.key.model
        assert cam.key.layer == intact.key.layer
        found.append(similarity(intact.values, cam.values))
    assert all(math.isfinite(one.signed) for one in found)
    assert min(abs(one.signed) for one in found) < 0.5
    again = Explainer(tinynet).forward(image).cam(intact.prediction.class_index)
    assert np.array_equal(again.values, intact.values)


def test_without_new_statistics_a_destroyed_network_would_be_nearly_constant(
    tinynet: LoadedModel, inputs: Tensor
) -> None:
    step = destroyed_whole(tinynet, inputs)
    spread = score_function(step.model)(inputs).std(axis=1).min()
    assert spread > 0.05
    assert not any(module.training for module in step.model.module.modules())
    for name, module in step.model.module.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.momentum == tinynet.module.get_submodule(name).momentum


def test_cancelled_passes_through_and_leaves_the_model(tinynet: LoadedModel, inputs: Tensor) -> None:
    before, told = weights(tinynet.module), []

    def stop_at_2(done: int, total: int) -> None:
        told.append((done, total))
        if done == 2:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        _exhaust(cascade(tinynet, inputs, progress=stop_at_2))
    assert told == [(0, 7), (1, 7), (2, 7)]
    after = tinynet.module.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def _exhaust(steps: Iterator[Step]) -> None:
    for _ in steps:
        pass


@pytest.mark.parametrize(
    ("name", "first", "last"), [("resnet18", "fc", "conv1"), ("squeezenet1_1", "classifier", "features.0")]
)
def test_large_networks_have_at_most_20_parts_that_hold_every_weight_once(name: str, first: str, last: str) -> None:
    model = loaded(calibrated(name, side=64), side=64)
    parts = parts_from_the_output(model, torch.rand(1, 3, 64, 64))
    assert len(parts) <= 20
    assert (parts[0].name, parts[-1].name) == (first, last)
    layers = [layer for part in parts for layer in part.layers]
    held = [name for name, child in model.module.named_modules() if list(child.parameters(recurse=False))]
    assert sorted(layers) == sorted(held)


class _Reversed(nn.Module):
    """The output is registered first, lends its weight without being called, and the network has one of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(4, 3)
        self.features = nn.Conv2d(3, 4, 3)
        self.scale = nn.Parameter(torch.rand(3))

    def forward(self, images: Tensor) -> Tensor:
        pooled = self.features(images * self.scale.view(1, 3, 1, 1)).mean((2, 3))
        logits: Tensor = self.head(pooled)
        return logits


def test_the_order_is_that_of_the_forward_pass_not_of_registration() -> None:
    model = loaded(_Reversed(), side=16)
    assert [part.name for part in parts_from_the_output(model, torch.rand(1, 3, 16, 16))] == ["head", "features", ""]
    assert [step.destroyed[-1] for step in cascade(model, torch.rand(1, 3, 16, 16))] == ["head", "features", ""]


def test_a_network_that_cannot_be_copied_is_refused_in_words() -> None:
    net = _Reversed()
    net.lock = threading.Lock()  # type: ignore[assignment]
    with pytest.raises(ModelError, match="can't be copied"):
        destroyed_whole(loaded(net, side=16), torch.rand(1, 3, 16, 16))


def test_spearman_is_the_correlation_of_ranks() -> None:
    one = np.array([[1.0, 2, 3], [4, 5, 6]])
    assert spearman(one, np.exp(one)) == pytest.approx(1)
    assert spearman(one, -(one**3)) == pytest.approx(-1)
    assert spearman(one, np.array([[1.0, 2, 3], [4, 6, 5]])) == pytest.approx(1 - 6 * 2 / (6 * 35))
    signed = np.array([[-3.0, -2, -1], [1.5, 2.5, 3.5]])
    assert similarity(signed, -signed).signed == pytest.approx(-1)
    assert similarity(signed, -signed).unsigned == pytest.approx(1)


def test_spearman_with_ties_is_scipys() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    for _ in range(20):
        one, other = rng.integers(0, 5, (2, 7, 9)).astype(float)
        assert spearman(one, other) == pytest.approx(stats.spearmanr(one.ravel(), other.ravel()).statistic)


@pytest.mark.parametrize("flat", [np.zeros((2, 3)), np.full((2, 3), math.nan)])
def test_a_flat_map_is_like_nothing_and_the_answer_is_not_0(flat: np.ndarray) -> None:
    assert math.isnan(spearman(flat, np.arange(6.0).reshape(2, 3)))
