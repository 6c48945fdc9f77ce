"""What is measured of one map: values, without a word of judgement."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class ByFill(NamedTuple):
    """One number under each fill; NaN where it is undefined."""

    blur: float
    mean: float

    @classmethod
    def of(cls, values: np.ndarray) -> "ByFill":
        """Of an array in the order of `FILLS`."""
        return cls(*map(float, values))

    @property
    def lower(self) -> float:
        """NaN if one of them is."""
        return float("nan") if self.is_undefined else min(self)

    @property
    def higher(self) -> float:
        """NaN if one of them is."""
        return float("nan") if self.is_undefined else max(self)

    @property
    def is_undefined(self) -> bool:
        """Whether one of them is NaN."""
        return any(value != value for value in self)  # noqa: PLR0124 - NaN alone differs from itself


@dataclass(frozen=True)
class Provisional:
    """What a sweep says of one map, without the network.

    Attributes:
        unusable: why the map points nowhere, in one sentence; empty if it can be judged.
        is_finite: whether all that the network said is.
        is_large_enough: whether the image is, in the model's input, for parts to be hidden in it.
        log_odds: of the class, for the whole image.
        spread: the standard deviation of the log-odds over the hidden parts.
        agreement: from -1 to 1, as `metrics.agreement` defines it.
        placement: the p-value, 1/201 to 1, as `metrics.placement` defines it.
        baselines: the lower agreement of each map that knows nothing of the network; NaN where it is undefined.
        least_likely: the lower agreement of the same method's map of the least likely other class; None where the
            method does not depend on the class, NaN where that map says nothing.
    """

    class_index: int
    classes: int
    unusable: str
    is_finite: bool
    is_large_enough: bool
    log_odds: float
    probability: float
    spread: ByFill
    agreement: ByFill
    placement: ByFill
    baselines: Mapping[str, float]
    least_likely: float | None


@dataclass(frozen=True)
class FifthHidden:
    """What four more pictures say of one map: its strongest fifth hidden, and all but it.

    Attributes:
        hidden: the class's log-odds with the fifth hidden.
        kept: its log-odds with all but the fifth hidden.
        rank: the share of the random parts, each as large, that cost less than the fifth; 0 to 1.
        elsewhere: the class's mean probability with a random part hidden.
        elsewhere_log_odds: its mean log-odds then.
    """

    hidden: ByFill
    kept: ByFill
    rank: ByFill
    elsewhere: ByFill
    elsewhere_log_odds: ByFill
