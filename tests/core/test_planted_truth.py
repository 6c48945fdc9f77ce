"""The rule where the truth is planted: a small run of `tests/benchmarks/planted_truth.py`, and its counting."""

import math
from dataclasses import replace

import pytest

from gradcam_core.trust.rule import Verdict
from tests.benchmarks.planted_truth import FIRST_SCENE, FIRST_SHORTCUT
from tests.planted.judged import Judged, judge_scene, judge_shortcut
from tests.planted.table import LIMITS, SHORTCUT_LIMITS, lines_of, luck, outcomes, saying_beside
from tests.planted.wilson import interval, may_be_at_least, may_be_at_most


@pytest.fixture(scope="module")
def of_scenes() -> list[Judged]:
    return [judged for seed in range(FIRST_SCENE, FIRST_SCENE + 4) for judged in judge_scene(seed)]


@pytest.fixture(scope="module")
def of_shortcut() -> list[Judged]:
    return [judged for seed in range(FIRST_SHORTCUT, FIRST_SHORTCUT + 6) for judged in judge_shortcut(seed)]


@pytest.mark.slow
def test_the_rule_holds_its_limits_on_scenes(of_scenes: list[Judged]) -> None:
    found = outcomes(LIMITS, of_scenes)
    assert all(outcome.count for outcome in found)
    assert [str(outcome) for outcome in found if not outcome.holds] == []


@pytest.mark.slow
def test_the_rule_knows_the_shortcut_and_says_that_it_lies_beside_the_thing(of_shortcut: list[Judged]) -> None:
    found = [*outcomes(SHORTCUT_LIMITS, of_shortcut), saying_beside(of_shortcut)]
    assert all(outcome.count for outcome in found)
    assert [str(outcome) for outcome in found if not outcome.holds] == []
    own = [judged for judged in of_shortcut if judged.row == "shortcut: its map"]
    assert all(judged.covered > 0.9 for judged in own)  # of the watermark


@pytest.mark.slow
def test_a_map_of_something_else_is_not_supported_where_the_thing_s_own_is(of_scenes: list[Judged]) -> None:
    own, other, absent = (
        [judged for judged in of_scenes if judged.row == row]
        for row in ("Grad-CAM of a thing that is there", "its map for another thing", "a class that is not there")
    )
    assert min(judged.agreement for judged in own) > max(judged.agreement for judged in other)
    assert {judged.verdict for judged in other} == {Verdict.NOT_SUPPORTED}
    assert {judged.verdict for judged in absent} == {Verdict.CANNOT_TELL}


@pytest.mark.slow
def test_a_rule_that_supports_everything_misses_its_limits(of_scenes: list[Judged]) -> None:
    generous = [replace(judged, verdict=Verdict.SUPPORTED) for judged in of_scenes] * 10
    missed = {outcome.limit.row for outcome in outcomes(LIMITS, generous) if not outcome.holds}
    assert missed == {limit.row for limit in LIMITS} - {"Grad-CAM of a thing that is there"}
    assert not any(outcome.holds for outcome in luck(generous) if outcome.count and outcome.limit.share < 1)


@pytest.mark.slow
def test_the_table_has_a_line_for_each_row_in_the_order_of_the_limits(of_scenes: list[Judged]) -> None:
    header, first, *others = lines_of(of_scenes)
    assert "cannot tell" in header
    assert first.startswith("Grad-CAM of a thing that is there")
    assert len(others) + 1 == len({judged.row for judged in of_scenes})


def test_the_interval_is_wilson_s() -> None:
    square = 1.959964**2
    assert interval(0, 20) == pytest.approx((0.0, square / (20 + square)))  # with no hits its upper end is this
    low, high = interval(15, 20)
    assert (low, high) == pytest.approx((0.531, 0.888), abs=1e-3)
    for end in (low, high):  # where the score test's statistic is just at its limit
        assert abs(15 / 20 - end) / math.sqrt(end * (1 - end) / 20) == pytest.approx(1.959964)


def test_a_limit_is_missed_only_where_the_interval_lies_beyond_it() -> None:
    assert may_be_at_most(0.06, 126, 2_000)  # 6.3 %: 5.3 to 7.5
    assert not may_be_at_most(0.06, 150, 2_000)
    assert may_be_at_least(0.9, 535, 600)  # 89.2 %: 86.4 to 91.4
    assert not may_be_at_least(0.9, 500, 600)
