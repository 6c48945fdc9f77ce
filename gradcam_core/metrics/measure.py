"""What is there to know of a measure, as data? The pages and the command line show it beside the number."""

import math
from dataclasses import dataclass
from enum import StrEnum

UNDEFINED = math.nan
"""What a measure gives where it is not defined; never 0, which would be a value."""


class Better(StrEnum):
    """Which values speak for a map."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True)
class Measure:
    """Facts about one measure; a file of this package has one of them beside the function.

    Attributes:
        definition: what is measured, in one sentence.
        lowest, highest: the ends of its range.
        chance: what a map that knows nothing gets, in one sentence.
        cost: how many images the network is asked about for one map, in words.
        pitfalls: when the number misleads.
        paper: who defined it, and where in the paper.
        needs_mask: whether it can be computed only where the place of the thing is known.
    """

    slug: str
    title: str
    definition: str
    lowest: float
    highest: float
    better: Better
    chance: str
    cost: str
    pitfalls: str
    paper: str
    needs_mask: bool = False


@dataclass(frozen=True)
class AgainstChance:
    """A measured value beside what a map that knows nothing gets here; both NaN where that is undefined."""

    value: float
    chance: float
