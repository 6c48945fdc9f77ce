"""Where the truth is known: how often each method finds the thing at each layer of tinynet, on drawn scenes.

The table comes with the program; `python -m tests.benchmarks.make_finding_table` makes it anew.
"""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "assets" / "finding.json"


@dataclass(frozen=True)
class Found:
    """How often one method found the thing at one layer.

    Attributes:
        layer, method: their name and slug.
        usable: the share of the maps in which there is anything to see; the other numbers are of these.
        pointing: the share whose strongest pixel lies on the thing (the pointing game).
        energy: the mean share of the heat that lies on the thing (the energy pointing game).
        agreement: the median agreement with what hiding parts costs, the lower of the two fills; 0 is chance.
    """

    layer: str
    method: str
    usable: float
    pointing: float
    energy: float
    agreement: float


@dataclass(frozen=True)
class FindingTable:
    """Every method at every layer, over the same scenes and things.

    Attributes:
        model: its name.
        weights_sha256: of the weights that were asked; another network's numbers would differ.
        scenes: how many; in each, one thing chosen by chance is asked for.
        first_seed: of the scenes, whose seeds follow each other.
        chance: the thing's mean share of the picture: what a pixel at random hits and an even map has on it.
    """

    model: str
    weights_sha256: str
    scenes: int
    first_seed: int
    chance: float
    rows: tuple[Found, ...]


@cache
def finding_table() -> FindingTable:
    """The table that comes with the program."""
    told = json.loads(FILE.read_text(encoding="utf-8"))
    return FindingTable(**{**told, "rows": tuple(Found(**row) for row in told["rows"])})
