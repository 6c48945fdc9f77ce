"""When is a heatmap supported? The one rule, its thresholds, and its text.

Calibration: the thresholds were chosen on 160 drawn scenes and are shown on others, judged with tinynet: 2,000, and 600
for a network with a planted shortcut (`tests/benchmarks/planted_truth.py`). Supported were 87.8 % of Grad-CAM's maps
of a thing that is there, 0.0 % of its maps of another thing and of a class that is not there, 4.0 % of random blobs,
1.6 % of smooth noise, 0.3 % of white cells, 0.0 % of centred blobs and of edge maps, 6.3 % of maps of another scene
and 1.3 % of a random network's; of the shortcut network's own maps 91.7 %, and 4.2 % of the honest network's. The edge
maps at the map's own grid and the least likely class's map were added on 120 further scenes: they put to 0 % edge maps
at early layers (9 to 12 % before) and LayerCAM of the least likely class (8 to 16 % before). The parts were made to
hide every place about equally often after a first run over these 600 (82 %), and that was tried on others.
"""

from enum import StrEnum

from gradcam_core.metrics.baselines import CENTRE
from gradcam_core.trust.numbers import FifthHidden, Provisional

SURE_ENOUGH = 0.05  # the class's probability; 1/classes where that is smaller
LEAST_SPREAD = 0.1  # of the log-odds over the parts: a network with random weights stays below
NO_AGREEMENT, NO_PLACEMENT = 0.3, 0.2  # smooth random maps scatter by ± 0.3
AGREEMENT, PLACEMENT, RANK = 0.4, 0.05, 0.9

HOW = (
    "Cannot tell: the map is flat, has nothing above zero, or it or the network's numbers are not finite; the class's "
    f"probability is below 1/classes or below {SURE_ENOUGH * 100:.0f} %, whichever is smaller; there is "
    f"only one class; hiding changes hardly anything (standard deviation of the log-odds over the 64 parts below "
    f"{LEAST_SPREAD} under either fill); the picture is too small for the parts.",
    f"Not supported: under both fills placement p > {NO_PLACEMENT} and agreement < {NO_AGREEMENT}.",
    f"Supported: under both fills agreement ≥ {AGREEMENT}, placement p ≤ {PLACEMENT}, rank ≥ {RANK}; and the lower "
    "agreement is above every baseline's and, where the method depends on the class, above that of the least likely "
    "class's map.",
    "Mixed: the rest, always with the condition that failed.",
)
"""The rule as it is shown under "How this was judged", word for word."""


class Verdict(StrEnum):
    """What the evidence says of a heatmap."""

    SUPPORTED = "supported"
    MIXED = "mixed"
    NOT_SUPPORTED = "not supported"
    CANNOT_TELL = "cannot tell"


class Condition(StrEnum):
    """A condition that failed."""

    USABLE = "the map is usable"
    FINITE = "the network's numbers are finite"
    CLASSES = "there is another class"
    SIZE = "the image is large enough for the parts"
    SURE = "the network gives the class enough probability"
    SPREAD = "hiding changes something"
    DEFINED = "agreement and placement are defined"
    BOTH_FILLS = "it holds under both fills"
    AGREEMENT = "agreement"
    PLACEMENT = "placement"
    RANK = "rank"
    CENTRE = "above a blob in the centre"
    EDGES = "above edge maps"
    OTHER_CLASS = "above the map of the least likely class"


def cannot_tell_because(numbers: Provisional) -> Condition | None:
    """The first condition for judging at all that fails."""
    least = min(SURE_ENOUGH, 1 / numbers.classes)
    met = {
        Condition.SIZE: numbers.is_large_enough,
        Condition.FINITE: numbers.is_finite,
        Condition.CLASSES: numbers.classes > 1,
        Condition.USABLE: not numbers.unusable,
        Condition.SURE: numbers.probability >= least,
        Condition.SPREAD: numbers.spread.lower >= LEAST_SPREAD,
        Condition.DEFINED: not (numbers.agreement.is_undefined or numbers.placement.is_undefined),
    }
    return next((condition for condition, is_met in met.items() if not is_met), None)


def verdict_of(numbers: Provisional, fifth: FifthHidden | None) -> tuple[Verdict, tuple[Condition, ...]]:
    """The verdict, and the conditions that failed, the one that tells most first; none where it is supported.

    Args:
        fifth: None only where nothing can be told without it.
    """
    if reason := cannot_tell_because(numbers):
        return Verdict.CANNOT_TELL, (reason,)
    if fifth is None:
        raise ValueError("A map that can be judged needs its own four pictures.")
    if numbers.placement.lower > NO_PLACEMENT and numbers.agreement.higher < NO_AGREEMENT:
        return Verdict.NOT_SUPPORTED, (Condition.AGREEMENT, Condition.PLACEMENT)
    failed = (*_failed_by_fill(numbers, fifth), *_failed_beside_others(numbers))
    return (Verdict.MIXED, failed) if failed else (Verdict.SUPPORTED, ())


def _failed_by_fill(numbers: Provisional, fifth: FifthHidden) -> tuple[Condition, ...]:
    """Which of the three thresholds is missed; under one fill alone, that is said instead."""
    rows = zip(numbers.agreement, numbers.placement, fifth.rank, strict=True)
    missed = [_missed(agreement, placement, rank) for agreement, placement, rank in rows]
    if all(missed):
        return tuple(dict.fromkeys(condition for each in missed for condition in each))
    return (Condition.BOTH_FILLS,) if any(missed) else ()


def _missed(agreement: float, placement: float, rank: float) -> list[Condition]:
    met = {
        Condition.PLACEMENT: placement <= PLACEMENT,
        Condition.AGREEMENT: agreement >= AGREEMENT,
        Condition.RANK: rank >= RANK,
    }
    return [condition for condition, is_met in met.items() if not is_met]


def _failed_beside_others(numbers: Provisional) -> tuple[Condition, ...]:
    """Which maps that know nothing of the class do as well; an undefined one does not."""
    own = numbers.agreement.lower
    as_good = [name for name, agreement in numbers.baselines.items() if agreement >= own]
    failed = {
        Condition.CENTRE: CENTRE in as_good,
        Condition.EDGES: any(name != CENTRE for name in as_good),
        Condition.OTHER_CLASS: numbers.least_likely is not None and numbers.least_likely >= own,
    }
    return tuple(condition for condition, has_failed in failed.items() if has_failed)
