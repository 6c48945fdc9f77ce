"""Deletion, insertion, symmetric relevance gain, average drop: against closed forms and other implementations."""

import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradcam_core.engine import Explainer
from gradcam_core.metrics.average_drop import averaged, confidence_change
from gradcam_core.metrics.deletion import deletion
from gradcam_core.metrics.fills import filled
from gradcam_core.metrics.insertion import insertion
from gradcam_core.metrics.laying import laid, layout_of
from gradcam_core.metrics.region import Region
from gradcam_core.metrics.removal import removed
from gradcam_core.metrics.subject import Subject
from gradcam_core.metrics.symmetric_relevance_gain import symmetric_relevance_gain
from gradcam_core.models import LoadedModel
from gradcam_core.samples import load_sample
from gradcam_core.scoring.function import score_function

REGION = Region(top=1, left=2, height=4, width=5)
WEIGHTS = (
    np.random.default_rng(0).permutation(np.arange(1.0, 21.0)).reshape(4, 5)
)  # a share of the probability for each pixel
ZEROS = np.zeros((3, 4, 5), dtype=np.float32)


def linear(inputs: np.ndarray | Tensor) -> np.ndarray:
    """The probability is what the pixels of the region that are left weigh, as a share: logits of two classes."""
    share = (np.asarray(inputs)[:, 0, 1:5, 2:7] * WEIGHTS).sum(axis=(1, 2)) / WEIGHTS.sum()
    share = np.clip(share, 1e-9, 1 - 1e-9)
    return np.stack([np.log(share), np.log(1 - share)], axis=1)


def never(inputs: np.ndarray | Tensor) -> np.ndarray:
    raise AssertionError("The network was asked.")


@pytest.fixture
def subject() -> Subject:
    """Ones in the region of a wider input, and what lies beside it must never change."""
    return Subject(linear, np.ones((3, 7, 9), dtype=np.float32), REGION, 0)


SHARES = tuple(count / 20 for count in range(21))
FALLING = np.sort(WEIGHTS.ravel())[::-1]


def test_deletion_of_a_linear_score_by_its_own_weights_is_what_is_left(subject: Subject) -> None:
    curve = deletion(subject, WEIGHTS, fill=ZEROS)
    left = 1 - np.concatenate([[0], np.cumsum(FALLING)]) / WEIGHTS.sum()
    assert np.allclose(curve.values, left, atol=1e-6)
    assert curve.area == pytest.approx((left[:-1] + left[1:]).sum() / 2 / 20, abs=1e-6)


def test_insertion_is_what_has_come_back_and_the_gain_the_area_between_both_orders(subject: Subject) -> None:
    one, other = deletion(subject, WEIGHTS, fill=ZEROS), insertion(subject, WEIGHTS, fill=ZEROS)
    assert np.allclose(other.values, np.concatenate([[0], np.cumsum(FALLING)]) / WEIGHTS.sum(), atol=1e-6)
    least_first = deletion(subject, -WEIGHTS, fill=ZEROS)
    gain = symmetric_relevance_gain(one, other)
    assert gain == pytest.approx(least_first.area - one.area, abs=1e-9)
    assert gain > 0.3
    opposite = symmetric_relevance_gain(least_first, insertion(subject, -WEIGHTS, fill=ZEROS))
    assert opposite == pytest.approx(-gain, abs=1e-9)


def test_random_maps_gain_nothing_in_the_mean(subject: Subject) -> None:
    rng = np.random.default_rng(1)
    maps = [rng.random((4, 5)) for _ in range(300)]
    gains = [
        symmetric_relevance_gain(deletion(subject, heat, fill=ZEROS), insertion(subject, heat, fill=ZEROS))
        for heat in maps
    ]
    assert abs(np.mean(gains)) < 0.02


def test_what_lies_beside_the_image_is_never_hidden() -> None:
    seen: list[np.ndarray] = []

    def watched(inputs: np.ndarray | Tensor) -> np.ndarray:
        seen.append(np.asarray(inputs))
        return linear(inputs)

    picture = np.random.default_rng(2).random((3, 7, 9), dtype=np.float32)
    one = Subject(watched, picture, REGION, 0)
    deletion(one, WEIGHTS, fill=ZEROS)
    insertion(one, WEIGHTS, fill=ZEROS)
    confidence_change(one, WEIGHTS, fill=ZEROS)
    beside = np.ones((7, 9), dtype=bool)
    beside[1:5, 2:7] = False
    for inputs in seen:
        assert (inputs[:, :, beside] == picture[:, beside]).all()
        assert (inputs[:, :, ~beside] != picture[:, ~beside]).any()


@pytest.mark.parametrize("values", [np.zeros((4, 5)), np.full((4, 5), 3.0), np.where(WEIGHTS > 5, math.nan, 1)])
def test_a_map_without_an_order_has_no_area_and_asks_nothing(values: np.ndarray) -> None:
    one = Subject(never, np.ones((3, 7, 9), dtype=np.float32), REGION, 0)
    curves = deletion(one, values, fill=ZEROS), insertion(one, values, fill=ZEROS)
    assert all(math.isnan(curve.area) for curve in curves)
    assert math.isnan(symmetric_relevance_gain(*curves))


@pytest.mark.parametrize("values", [np.zeros((4, 5)), -WEIGHTS, np.where(WEIGHTS > 5, math.inf, 1)])
def test_without_evidence_there_is_no_drop(values: np.ndarray) -> None:
    one = Subject(never, np.ones((3, 7, 9), dtype=np.float32), REGION, 0)
    change = confidence_change(one, values, fill=ZEROS)
    assert all(math.isnan(value) for value in (change.drop, change.increase, change.share_left))
    whole = confidence_change(Subject(linear, one.picture, REGION, 0), WEIGHTS, fill=ZEROS)
    assert averaged([change, whole]) == whole
    assert math.isnan(averaged([]).drop)


def test_the_drop_of_a_linear_score_is_what_the_map_dims(subject: Subject) -> None:
    change = confidence_change(subject, WEIGHTS - 5, fill=ZEROS)
    left = np.maximum(WEIGHTS - 5, 0) / 15
    assert change.drop == pytest.approx(1 - (left * WEIGHTS).sum() / WEIGHTS.sum(), abs=1e-6)
    assert change.increase == 0
    assert change.share_left == pytest.approx(left.mean())


def test_where_the_probability_rises_there_is_an_increase_and_no_drop(subject: Subject) -> None:
    other = Subject(subject.score, subject.picture, REGION, 1)  # the class that gains what the first one loses
    change = confidence_change(other, WEIGHTS - 5, fill=ZEROS)
    assert (change.drop, change.increase) == (0, 1)


def test_equal_values_go_in_an_order_that_the_seed_decides_not_their_place() -> None:
    heat = np.zeros((40, 40))
    heat[20, 20] = 1
    first, again, other = (removed(heat, [0.5], seed=seed) for seed in (0, 0, 1))
    assert first is not None
    assert again is not None
    assert other is not None
    assert (first == again).all()
    assert (first != other).any()
    assert first[0, 20, 20]
    assert first.sum() == 800
    assert 320 < first[0, :20].sum() < 480  # half of each half; by position all of the upper one would go


def test_curves_of_two_images_have_no_gain(subject: Subject) -> None:
    darker = Subject(linear, 0.5 * subject.picture, REGION, 0)
    with pytest.raises(ValueError, match="not of one image"):
        symmetric_relevance_gain(deletion(subject, WEIGHTS, fill=ZEROS), insertion(darker, WEIGHTS, fill=ZEROS))


@pytest.mark.parametrize(("activation", "expected"), [("softmax", 0.119203), ("sigmoid", 0.880797)])
def test_the_probability_is_the_networks_own(subject: Subject, activation: str, expected: float) -> None:
    one = Subject(lambda inputs: np.array([[2.0, 4.0]] * len(inputs)), subject.picture, REGION, 0, activation)
    assert one.probabilities(subject.picture[None]) == pytest.approx([expected], abs=1e-6)


class _Given:
    """A map that was made elsewhere, as torchcam's metrics take it."""

    def __init__(self, model: nn.Module, heat: np.ndarray) -> None:
        self.model, self._heat = model, torch.from_numpy(heat).float()[None]

    def __call__(self, *_: Any, **__: Any) -> list[Tensor]:
        return [self._heat]

    def fuse_cams(self, cams: list[Tensor]) -> Tensor:
        return cams[0]

    def _hooks_off(self) -> AbstractContextManager[None]:
        return nullcontext()


@pytest.fixture(scope="module")
def explained(tinynet: LoadedModel) -> tuple[Subject, np.ndarray]:
    """The embedded network's view of a sample, and its map laid over the input: without ties but at zero."""
    forward = Explainer(tinynet).forward(load_sample("meadow"))
    cam = forward.cam(forward.top(1)[0].class_index)
    picture, region = forward.input_tensor[0].numpy(), Region.of(forward.geometry)
    subject = Subject(score_function(tinynet), picture, region, cam.prediction.class_index)
    return subject, laid(cam.values, layout_of(region, cam.shape, (128, 128)))


def test_areas_are_torchcams(tinynet: LoadedModel, explained: tuple[Subject, np.ndarray]) -> None:
    metrics = pytest.importorskip("torchcam.metrics")
    subject, heat = explained
    heat = heat.astype(np.float32)
    softmax = torch.nn.Softmax(dim=-1)
    for fill in filled(subject.picture, subject.region).values():
        theirs = metrics.DeletionInsertionMetric(
            _Given(tinynet.module, heat), softmax, steps=16, baseline=torch.from_numpy(fill)
        )
        theirs.update(torch.from_numpy(subject.picture)[None], subject.class_index)
        shares = [step / 16 for step in range(17)]
        ours = [measure(subject, heat, fill=fill, shares=shares).area for measure in (deletion, insertion)]
        assert ours == pytest.approx(list(theirs.summary().values()), abs=1e-5)


def test_drops_are_torchcams(tinynet: LoadedModel, explained: tuple[Subject, np.ndarray]) -> None:
    metrics = pytest.importorskip("torchcam.metrics")
    subject, heat = explained
    shares = np.maximum(heat, 0) / heat.max()
    theirs = metrics.ClassificationMetric(_Given(tinynet.module, shares), torch.nn.Softmax(dim=-1))
    theirs.update(torch.from_numpy(subject.picture)[None], subject.class_index)
    ours = confidence_change(subject, heat, fill=np.zeros_like(subject.picture))
    assert [ours.drop, ours.increase] == pytest.approx(list(theirs.summary().values()), abs=1e-5)


def test_the_change_of_confidence_is_that_of_the_cam_library(
    tinynet: LoadedModel, explained: tuple[Subject, np.ndarray]
) -> None:
    from pytorch_grad_cam.metrics.cam_mult_image import CamMultImageConfidenceChange
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputSoftmaxTarget

    subject, heat = explained
    shares = (np.maximum(heat, 0) / heat.max()).astype(np.float32)
    picture, targets = torch.from_numpy(subject.picture)[None], [ClassifierOutputSoftmaxTarget(subject.class_index)]
    (theirs,) = CamMultImageConfidenceChange()(picture, shares[None], targets, tinynet.module)
    before = subject.probabilities(subject.picture[None])[0]
    ours = confidence_change(subject, heat, fill=np.zeros_like(subject.picture))
    assert ours.drop == pytest.approx(max(0, -theirs) / before, abs=1e-5)
    assert abs(theirs) > 0.001
