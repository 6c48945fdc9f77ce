"""Agreement, placement, log-odds and the maps that know nothing: closed forms and invariants."""

import math

import numpy as np
import pytest

from gradcam_core.metrics.agreement import agreements, heat_shares
from gradcam_core.metrics.baselines import centred_blob, edge_map, edges_on, own_grid
from gradcam_core.metrics.log_odds import log_odds, probability
from gradcam_core.metrics.parts import Parts, part_means
from gradcam_core.metrics.placement import PLACEMENTS, placement_p, placements
from gradcam_core.metrics.region import Region

RNG = np.random.default_rng(0)


def test_log_odds_do_not_end_where_the_probability_is_one() -> None:
    logits = np.array([120, 1, 1], dtype=np.float32)
    assert log_odds(logits, 0, "softmax") == pytest.approx(119 - math.log(2), abs=1e-9)
    assert log_odds(logits, 1, "softmax") == pytest.approx(-119, abs=1e-9)
    assert float(probability(119)) == 1


def test_log_odds_are_those_of_the_softmax() -> None:
    logits = RNG.standard_normal((4, 6)) * 3
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert log_odds(logits, 2, "softmax") == pytest.approx(np.log(p[:, 2] / (1 - p[:, 2])))
    assert probability(log_odds(logits, 2, "softmax")) == pytest.approx(p[:, 2])


@pytest.mark.parametrize("activation", ["sigmoid", "binary"])
def test_a_sigmoid_s_and_a_binary_network_s_log_odds_are_the_class_s_own_logit(activation: str) -> None:
    assert log_odds(np.array([[-3.5, 3.5]]), 1, activation) == [3.5]
    assert log_odds(np.array([[-3.5, 3.5]]), 0, activation) == [-3.5]


def test_one_class_alone_is_certain_and_what_is_not_finite_stays_so() -> None:
    assert log_odds(np.array([2.0]), 0, "softmax") == np.inf
    assert np.isnan(log_odds(np.array([1.0, np.nan]), 0, "softmax"))
    assert log_odds(np.array([1.0, np.inf]), 0, "softmax") == -np.inf


def test_agreement_is_spearman_s_with_mean_ranks_for_ties() -> None:
    covered, drops = RNG.integers(0, 6, (5, 30)) / 8, RNG.integers(0, 9, (2, 30)) / 4

    def ranks(values: np.ndarray) -> np.ndarray:
        return np.array([np.flatnonzero(np.sort(values) == value).mean() for value in values])

    direct = [[np.corrcoef(ranks(one), ranks(other))[0, 1] for other in drops] for one in covered]
    assert agreements(covered, drops) == pytest.approx(np.array(direct))


def test_agreement_ends_at_one_and_turns_round_with_the_effect() -> None:
    drops = RNG.permutation(64)[None] / 10
    assert agreements(drops / 100, drops)[0, 0] == pytest.approx(1)
    assert agreements(drops / 100, -drops)[0, 0] == pytest.approx(-1)


def test_agreement_is_undefined_where_every_part_hides_or_costs_the_same() -> None:
    varied, same = RNG.random((1, 8)), np.full((1, 8), 0.25)
    assert np.isnan(agreements(same, varied)).all()
    assert np.isnan(agreements(varied, same + 1e-6 * varied)).all()
    assert np.isnan(agreements(np.full((1, 8), np.nan), varied)).all()


def test_differences_that_the_number_of_threads_makes_change_no_rank() -> None:
    covered, drops = np.round(RNG.random((3, 64)), 4), np.round(RNG.random((2, 64)) * 5, 4)
    noise = 1e-6 * RNG.standard_normal(64)
    assert np.array_equal(agreements(covered, drops), agreements(covered + noise, drops - noise))


def test_heat_shares_are_of_the_positive_heat_and_add_up() -> None:
    maps, masks = RNG.standard_normal((2, 4, 6)), RNG.random((3, 4, 6)) < 0.5
    shares = heat_shares(maps, np.concatenate([masks, ~masks]), np.ones((4, 6)))
    heat = np.maximum(maps, 0)
    assert shares[1, 2] == pytest.approx(heat[1][masks[2]].sum() / heat[1].sum())
    assert shares[:, :3] + shares[:, 3:] == pytest.approx(np.ones((2, 3)))
    assert np.isnan(heat_shares(-np.ones((1, 4, 6)), masks, np.ones((4, 6)))).all()
    huge = heat_shares(maps * 1e38, masks, np.ones((4, 6)))
    assert huge == pytest.approx(shares[:, :3])


def test_placements_keep_the_heat_and_take_every_turn_and_mirror_of_a_square() -> None:
    heat = np.zeros((6, 6))
    heat[0, :3], heat[1, 0] = (1, 2, 3), 4  # like no mirror or turn of itself
    placed = placements(heat, 400, np.random.default_rng(0))
    assert np.allclose(placed.sum(axis=(1, 2)), heat.sum())
    assert np.allclose(np.sort(placed.reshape(400, -1)), np.sort(heat.ravel()))
    centred = {_rolled_to_start(one).tobytes() for one in placed}
    expected = {_rolled_to_start(np.rot90(one, k)).tobytes() for one in (heat, heat[::-1]) for k in range(4)}
    assert centred == expected


def test_placements_of_what_is_not_square_are_not_turned_by_quarters() -> None:
    heat = np.zeros((4, 7))
    heat[0, :3], heat[1, 0] = (1, 2, 3), 4
    placed = placements(heat, 200, np.random.default_rng(0))
    expected = {_rolled_to_start(heat[::down, ::right]).tobytes() for down in (1, -1) for right in (1, -1)}
    assert {_rolled_to_start(one).tobytes() for one in placed} == expected


def _rolled_to_start(heat: np.ndarray) -> np.ndarray:
    """Moved round so that its largest cell is the first one."""
    row, column = np.unravel_index(np.argmax(heat), heat.shape)
    return np.ascontiguousarray(np.roll(heat, (-int(row), -int(column)), axis=(0, 1)))


def test_a_map_that_explains_everything_does_better_than_all_its_placements() -> None:
    heat, means = RNG.random((16, 16)) ** 4, part_means(Parts((32, 32)), (16, 16))
    drops = (means * heat).sum(axis=(1, 2))[None]
    assert placement_p(heat, means, drops, seed=0) == pytest.approx([1 / 201])
    assert placement_p(heat, means, -drops, seed=0) == pytest.approx([1])


def test_a_map_that_knows_nothing_passes_as_often_as_the_p_value_says() -> None:
    means = part_means(Parts((32, 32)), (16, 16))
    drops = RNG.standard_normal((1, 64))
    p = np.array([placement_p(RNG.random((16, 16)) ** 4, means, drops, seed=at)[0] for at in range(40)])
    assert 0.3 < p.mean() < 0.7
    assert (p <= 0.05).mean() < 0.15


def test_an_undefined_placement_is_drawn_again() -> None:
    means = np.zeros((64, 8, 8), dtype=np.float32)
    means[:, :4] = part_means(Parts((16, 32)), (4, 8))  # no part hides anything of the lower half
    heat = np.zeros((8, 8))
    heat[1, 1:3] = 1
    (p,) = placement_p(heat, means, (means * heat).sum(axis=(1, 2))[None], seed=0)
    undefined = [np.ptp(heat_shares(one[None], means, np.ones((8, 8)))) == 0 for one in _drawn(heat)]
    assert 50 < sum(undefined) < 150
    assert 0 < p < 0.2  # of 200 placements that have an agreement


def _drawn(heat: np.ndarray) -> np.ndarray:
    return placements(heat, PLACEMENTS, np.random.default_rng(0))


def test_placement_is_undefined_where_hardly_any_place_has_an_agreement() -> None:
    means, heat = np.zeros((64, 40, 40), dtype=np.float32), np.zeros((40, 40))
    means[:, 3, 3], heat[3, 3] = RNG.random(64), 1
    assert np.isnan(placement_p(heat, means, means[:, 3, 3][None], seed=0)).all()
    assert np.isnan(placement_p(np.ones((40, 40)), means * 0, RNG.random((1, 64)), seed=0)).all()


def test_the_blob_is_in_the_middle_and_as_wide_along_both_axes() -> None:
    blob = centred_blob((40, 20), Region(0, 12, 80, 40))
    assert np.argwhere(blob >= blob.max() * (1 - 1e-9)).mean(axis=0).tolist() == [19.5, 9.5]
    assert blob[20 + 6, 10] == pytest.approx(blob[20, 10 + 6], rel=1e-9)


def test_edges_are_those_of_the_image_not_of_its_padding() -> None:
    picture = np.full((3, 32, 32), 5.0, dtype=np.float32)
    picture[:, :8], picture[:, 24:] = 0, 0
    region = Region(8, 0, 16, 32)
    assert not edge_map(picture, region).any()
    picture[:, :, 16:] = 7
    edges = edge_map(picture, region)
    assert set(np.nonzero(edges)[1]) == {15, 16}
    assert edges[:, 15] == pytest.approx(np.full(16, 8.0))  # Sobel's (1 + 2 + 1) times a step of 2
    assert edges_on(edges, (4, 8)).mean() == pytest.approx(edges.mean())


def test_grids_over_a_region_have_nearly_square_cells() -> None:
    assert Region(0, 0, 128, 128).grid(16) == (16, 16)
    assert Region(0, 0, 200, 50).grid(16) == (32, 8)
    assert Region(0, 0, 300, 3).grid(16) == (160, 2)
    assert own_grid(Region(8, 0, 16, 32), (14, 14), (32, 32)) == (7, 14)
