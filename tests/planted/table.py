"""How often is which kind of map supported, and does what must hold hold? Counting and printing."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from tests.planted.judged import LAYERS, Judged
from tests.planted.wilson import interval, may_be_at_least, may_be_at_most

VERDICTS = ("supported", "mixed", "not supported", "cannot tell")
BY_LUCK = ("random blobs", "smooth field", "white cells", "map of another scene", "map of a random network")


@dataclass(frozen=True)
class Limit:
    """What must hold of one row: the share of a verdict, 0 to 1, at least or at most."""

    row: str
    verdict: str
    share: float
    holds: Callable[[float, int, int], bool]

    def __str__(self) -> str:
        sign = "≥" if self.holds is may_be_at_least else "≤"
        return f"{self.verdict} {sign} {self.share:.0%}"


@dataclass(frozen=True)
class Outcome:
    """A limit, and what was counted against it: `hits` of `count`."""

    limit: Limit
    hits: int
    count: int

    @property
    def holds(self) -> bool:
        """Whether the 95 % interval does not lie beyond the limit."""
        return self.limit.holds(self.limit.share, self.hits, self.count)

    def __str__(self) -> str:
        low, high = interval(self.hits, self.count)
        sure = f"{self.hits / max(self.count, 1):.1%} of {self.count:,}, 95 %: {low:.1%} to {high:.1%}"
        return f"{'holds ' if self.holds else 'MISSED'} {self.limit.row}: {self.limit} ({sure})"


LIMITS = (
    Limit("Grad-CAM of a thing that is there", "supported", 0.85, may_be_at_least),
    Limit("Grad-CAM of a thing that is there", "not supported", 0.01, may_be_at_most),
    Limit("its map for another thing", "supported", 0.01, may_be_at_most),
    Limit("a class that is not there", "supported", 0.01, may_be_at_most),
    Limit("random blobs", "supported", 0.05, may_be_at_most),
    Limit("smooth field", "supported", 0.05, may_be_at_most),
    Limit("white cells", "supported", 0.05, may_be_at_most),
    Limit("centre", "supported", 0.05, may_be_at_most),
    Limit("edge map, by cell", "supported", 0.05, may_be_at_most),
    Limit("edge map, by pixel", "supported", 0.05, may_be_at_most),
    Limit("map of another scene", "supported", 0.06, may_be_at_most),
    Limit("map of a random network", "supported", 0.05, may_be_at_most),
    Limit("a random network's map, on itself", "cannot tell", 0.95, may_be_at_least),
)
SHORTCUT_LIMITS = (
    Limit("shortcut: its map", "supported", 0.90, may_be_at_least),
    Limit("shortcut: the honest network's map", "supported", 0.15, may_be_at_most),
)
LAYER_LIMITS = tuple(
    Limit(f"{name} at {layer}", "supported", 0.05, may_be_at_most)
    for name in (
        "Grad-CAM of the least likely class",
        "LayerCAM of the least likely class",
        "edges",
        "edges × centre",
        "blobs",
    )
    for layer in LAYERS
)
_LUCK = {(0.0, 0.25): 0.005, (0.25, 0.5): 0.03, (0.5, 0.75): None, (0.75, 1.01): None}  # share covered: at most


def lines_of(judged: Sequence[Judged]) -> list[str]:
    """The table: a line for each row, per cent of each verdict."""
    rows = sorted({each.row for each in judged}, key=_place_of)
    lines = [f"{'':<45}{'maps':>7}" + "".join(f"{verdict:>15}" for verdict in VERDICTS)]
    for row in rows:
        verdicts = [each.verdict for each in judged if each.row == row]
        shares = (f"{verdicts.count(verdict) / len(verdicts):>15.1%}" for verdict in VERDICTS)
        lines.append(f"{row:<45}{len(verdicts):>7,}" + "".join(shares))
    return lines


def outcomes(limits: Iterable[Limit], judged: Sequence[Judged]) -> list[Outcome]:
    """Each limit with what was counted."""
    found = []
    for limit in limits:
        verdicts = [each.verdict for each in judged if each.row == limit.row]
        found.append(Outcome(limit, verdicts.count(limit.verdict), len(verdicts)))
    return found


def luck(judged: Sequence[Judged]) -> list[Outcome]:
    """What is supported among random maps, by the share of the thing that their strongest fifth covers by luck."""
    random = [each for each in judged if each.row in BY_LUCK]
    found = []
    for (low, high), limit in _LUCK.items():
        verdicts = [each.verdict for each in random if low <= each.covered < high]
        row = f"random maps that cover {low:.0%} to {min(high, 1):.0%} of the thing"
        at_most = Limit(row, "supported", 1.0 if limit is None else limit, may_be_at_most)
        found.append(Outcome(at_most, verdicts.count("supported"), len(verdicts)))
    return found


def saying_beside(judged: Sequence[Judged]) -> Outcome:
    """Of the shortcut network's supported maps, those whose card says that the evidence lies beside the thing."""
    supported = [each for each in judged if each.row == "shortcut: its map" and each.verdict == "supported"]
    limit = Limit("shortcut: its supported maps, said to lie beside the thing", "said", 0.95, may_be_at_least)
    return Outcome(limit, sum(each.is_beside for each in supported), len(supported))


def _place_of(row: str) -> tuple[int, str]:
    """Rows with a limit in the order of the limits; the others after them, by name."""
    limited = [limit.row for limit in (*LIMITS, *SHORTCUT_LIMITS)]
    return (limited.index(row), "") if row in limited else (len(limited), row)
