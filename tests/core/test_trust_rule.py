"""The rule: every threshold from both sides, and the text that is shown."""

from dataclasses import replace

import numpy as np
import pytest

from gradcam_core.metrics.baselines import CENTRE, EDGES_16, EDGES_CENTRE, EDGES_OWN, EDGES_PIXEL
from gradcam_core.trust.numbers import ByFill, FifthHidden, Provisional
from gradcam_core.trust.rule import HOW, Condition, Verdict, cannot_tell_because, verdict_of
from gradcam_core.trust.words import reason
from tests.core.made_networks import cam_of

GOOD = Provisional(
    class_index=1,
    classes=12,
    unusable="",
    is_finite=True,
    is_large_enough=True,
    log_odds=1.0,
    probability=0.73,
    spread=ByFill(1, 1),
    agreement=ByFill(0.4, 0.6),
    placement=ByFill(0.05, 0.01),
    baselines={CENTRE: 0.1, EDGES_16: 0.2, EDGES_OWN: float("nan"), EDGES_PIXEL: 0.39, EDGES_CENTRE: 0.3},
    least_likely=0.39,
)
FIFTH = FifthHidden(ByFill(-2, -2), ByFill(1, 1), ByFill(0.9, 1), ByFill(0.6, 0.6), ByFill(0.5, 0.5))


def test_all_thresholds_met_is_supported() -> None:
    assert verdict_of(GOOD, FIFTH) == (Verdict.SUPPORTED, ())


@pytest.mark.parametrize(
    ("numbers", "failed"),
    [
        ({"agreement": ByFill(0.395, 0.6)}, Condition.BOTH_FILLS),
        ({"agreement": ByFill(0.395, 0.399)}, Condition.AGREEMENT),
        ({"placement": ByFill(0.055, 0.01)}, Condition.BOTH_FILLS),
        ({"placement": ByFill(0.055, 0.06)}, Condition.PLACEMENT),
        ({"least_likely": 0.4}, Condition.OTHER_CLASS),
        *(({"baselines": {**GOOD.baselines, name: 0.4}}, Condition.EDGES) for name in GOOD.baselines if name != CENTRE),
        ({"baselines": {**GOOD.baselines, CENTRE: 0.4}}, Condition.CENTRE),
    ],
)
def test_one_condition_missed_is_mixed_and_named(numbers: dict[str, object], failed: Condition) -> None:
    made = replace(GOOD, **numbers)  # type: ignore[arg-type]
    assert verdict_of(made, FIFTH) == (Verdict.MIXED, (failed,))


@pytest.mark.parametrize(("rank", "failed"), [((0.89, 0.89), Condition.RANK), ((1, 0.89), Condition.BOTH_FILLS)])
def test_a_rank_below_nine_tenths_is_mixed(rank: tuple[float, float], failed: Condition) -> None:
    assert verdict_of(GOOD, replace(FIFTH, rank=ByFill(*rank))) == (Verdict.MIXED, (failed,))


def test_where_the_method_knows_no_class_the_least_likely_one_is_no_condition() -> None:
    assert verdict_of(replace(GOOD, least_likely=None), FIFTH)[0] is Verdict.SUPPORTED


def test_not_supported_needs_both_numbers_under_both_fills() -> None:
    bad = replace(GOOD, agreement=ByFill(0.29, -0.5), placement=ByFill(0.21, 0.9))
    assert verdict_of(bad, FIFTH)[0] is Verdict.NOT_SUPPORTED
    for better in ({"agreement": ByFill(0.3, -0.5)}, {"placement": ByFill(0.2, 0.9)}):
        assert verdict_of(replace(bad, **better), FIFTH)[0] is Verdict.MIXED  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("numbers", "condition"),
    [
        ({"is_large_enough": False, "is_finite": False}, Condition.SIZE),
        ({"is_finite": False}, Condition.FINITE),
        ({"classes": 1}, Condition.CLASSES),
        ({"unusable": "The map is flat."}, Condition.USABLE),
        ({"probability": 0.049}, Condition.SURE),
        ({"probability": 0.00099, "classes": 1000}, Condition.SURE),
        ({"probability": float("nan")}, Condition.SURE),
        ({"spread": ByFill(0.099, 1)}, Condition.SPREAD),
        ({"agreement": ByFill(0.5, float("nan"))}, Condition.DEFINED),
        ({"placement": ByFill(float("nan"), 0.01)}, Condition.DEFINED),
        ({"probability": 0.05}, None),
        ({"probability": 0.001, "classes": 1000}, None),
        ({"spread": ByFill(0.1, 0.1)}, None),
    ],
)
def test_nothing_can_be_told_below_these_limits(numbers: dict[str, object], condition: Condition | None) -> None:
    made = replace(GOOD, **numbers)  # type: ignore[arg-type]
    assert cannot_tell_because(made) == condition
    if condition:
        assert verdict_of(made, None) == (Verdict.CANNOT_TELL, (condition,))


def test_every_condition_has_its_sentence() -> None:
    told = [reason(each, replace(GOOD, unusable="It is flat."), FIFTH, cam_of(np.eye(4), (8, 8))) for each in Condition]
    assert len(set(told)) == len(told)
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in told)


def test_the_verdicts_and_the_rule_are_the_words_that_are_shown() -> None:
    assert [verdict.value for verdict in Verdict] == ["supported", "mixed", "not supported", "cannot tell"]
    text = " ".join(HOW)
    for threshold in ("5 %", "below 0.1", "p > 0.2", "agreement < 0.3", "≥ 0.4", "p ≤ 0.05", "rank ≥ 0.9"):
        assert threshold in text
