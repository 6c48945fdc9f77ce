"""How well does a map lie on a thing whose place is known? Four measures, each beside its chance level."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from gradcam_core.metrics.box_overlap import Box, bounding_box, box_iou, largest_patch
from gradcam_core.metrics.energy_pointing_game import energy_pointing_game
from gradcam_core.metrics.measure import AgainstChance
from gradcam_core.metrics.pointing_game import pointing_game
from gradcam_core.metrics.rank_accuracy import rank_accuracy
from gradcam_core.metrics.registry import MEASURES

Localisation = Callable[[np.ndarray, np.ndarray], AgainstChance]
ALL: tuple[Localisation, ...] = (pointing_game, energy_pointing_game, rank_accuracy, box_iou)
THING = np.zeros((6, 10), dtype=bool)
THING[1:4, 2:6] = True  # 12 of 60 pixels


def test_a_map_that_is_the_thing_gets_1_and_the_chance_is_its_share() -> None:
    assert [measure(THING.astype(float), THING).value for measure in ALL] == [1, 1, 1, 1]
    assert [measure(THING.astype(float), THING).chance for measure in ALL[:3]] == [0.2, 0.2, 0.2]


def test_a_map_beside_the_thing_gets_0() -> None:
    beside = np.zeros(THING.shape)
    beside[4:, 7:] = 1
    heat = beside + 0.1 * np.linspace(0, 1, 60).reshape(THING.shape) * ~THING  # 12 pixels are hotter than the thing
    assert [measure(heat, THING).value for measure in ALL] == [0, 0, 0, 0]


@pytest.mark.parametrize("measure", ALL)
@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_map_without_evidence_is_undefined_and_not_0(measure: Localisation, value: float) -> None:
    heat = np.full(THING.shape, min(value, 0.0))
    heat[0, 0] = value
    found = measure(heat, THING)
    if value == -1.0 and measure is rank_accuracy:
        heat[:] = -1.0  # it asks for an order alone: only a flat map has none
        found = measure(heat, THING)
    assert math.isnan(found.value)
    assert math.isnan(found.chance)


@pytest.mark.parametrize("measure", ALL)
def test_an_empty_mask_is_undefined_and_one_of_another_size_refused(measure: Localisation) -> None:
    heat = np.random.default_rng(0).random(THING.shape)
    assert math.isnan(measure(heat, np.zeros(THING.shape, dtype=bool)).value)
    with pytest.raises(ValueError, match=r"\(6, 10\).*\(10, 6\)"):
        measure(heat, THING.T)


def test_pointing_hits_within_the_tolerance_and_its_chance_grows_with_it() -> None:
    heat = np.zeros(THING.shape)
    heat[5, 7] = 1  # two down and two right of the nearest pixel of the thing: 2.83
    assert pointing_game(heat, THING, tolerance=2.8).value == 0
    assert pointing_game(heat, THING, tolerance=2.9).value == 1
    rows, columns = np.nonzero(THING)
    apart = [((rows - row) ** 2 + (columns - column) ** 2).min() for row in range(6) for column in range(10)]
    assert pointing_game(heat, THING, tolerance=2.9).chance == np.mean(np.array(apart) <= 2.9**2)


def test_of_pixels_that_share_the_maximum_the_share_that_hits_counts() -> None:
    heat = np.zeros(THING.shape)
    heat[[1, 2, 3, 5], [2, 2, 2, 0]] = 7
    assert pointing_game(heat, THING).value == 0.75


def test_energy_is_the_share_of_the_positive_heat() -> None:
    heat = np.full(THING.shape, -5.0)
    heat[1, 2], heat[0, 0] = 3, 1
    assert energy_pointing_game(heat, THING).value == 0.75
    assert energy_pointing_game(heat * 1e300 * 1e7, THING).value == 0.75  # whose sum overflows in float32


def test_a_uniform_map_gets_the_chance_level_of_energy() -> None:
    found = energy_pointing_game(np.ones(THING.shape), THING)
    assert found.value == pytest.approx(found.chance)


def test_rank_accuracy_counts_the_strongest_and_shares_out_what_is_equal() -> None:
    heat = np.zeros(THING.shape)
    heat[1, 2:6] = -np.arange(4) + 9  # 4 of the 12 strongest, on the thing; 8 more of 56 equal ones, 8 of them on it
    assert rank_accuracy(heat, THING).value == pytest.approx((4 + 8 * 8 / 56) / 12)


def test_random_maps_get_the_chance_levels_in_the_mean() -> None:
    rng = np.random.default_rng(0)
    maps = [rng.random(THING.shape) for _ in range(2_000)]
    for measure in ALL[:3]:
        assert np.mean([measure(heat, THING).value for heat in maps]) == pytest.approx(0.2, abs=0.03)


def test_a_box_has_the_iou_of_two_rectangles_and_the_mean_over_all_places_as_chance() -> None:
    heat = np.zeros(THING.shape)
    heat[2:5, 3:7] = 1  # moved down and right by one: 6 common pixels of 12 + 12
    found = box_iou(heat, THING)
    assert found.value == 6 / 18
    ious = []
    for top in range(6 - 3 + 1):
        for left in range(10 - 4 + 1):
            moved = np.zeros(THING.shape, dtype=bool)
            moved[top : top + 3, left : left + 4] = True
            ious.append((moved & THING).sum() / (moved | THING).sum())
    assert found.chance == pytest.approx(np.mean(ious))


def test_a_pixel_below_15_percent_is_outside_the_box_and_a_smaller_patch_too() -> None:
    heat = np.zeros(THING.shape)
    heat[1:4, 2:6] = 0.15
    heat[2, 3] = 1
    heat[2, 6] = 0.1499
    heat[5, 8:] = 0.9
    assert box_iou(heat, THING).value == 1


def test_the_largest_patch_is_scipys() -> None:
    measure = pytest.importorskip("scipy.ndimage")
    rng = np.random.default_rng(1)
    for share in (0.2, 0.35, 0.5):
        mask = rng.random((23, 31)) < share
        patches, _ = measure.label(mask, structure=np.ones((3, 3)))
        largest = np.bincount(patches.ravel())[1:].argmax() + 1
        assert np.array_equal(largest_patch(mask), patches == largest)


def test_a_patch_holds_together_by_a_corner_and_by_a_later_row() -> None:
    mask = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 0]], dtype=bool)
    assert bounding_box(largest_patch(mask)) == Box(0, 0, 4, 3)


def test_every_measure_says_what_it_is() -> None:
    assert [slug for slug, measure in MEASURES.items() if measure.needs_mask] == [
        "pointing-game",
        "energy-pointing-game",
        "rank-accuracy",
        "box-iou",
    ]
    for measure in MEASURES.values():
        assert measure.lowest < measure.highest
        for told in (measure.title, measure.definition, measure.chance, measure.cost, measure.pitfalls, measure.paper):
            assert told
        assert measure.definition.endswith(".")
