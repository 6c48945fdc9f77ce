"""Why is a map blank, or misleading at a glance? One sentence for each condition, and one that says what helps."""

from dataclasses import dataclass

import numpy as np

from gradcam_core.cam import BESIDE, BLANK, FLAT, NEGATIVE, Cam

_CERTAIN = 0.9995  # from here a probability is written 1.000
_BORDER = 4  # how many times as strong as within the outermost cells are where a map sticks to them
_EACH_SIDE = 0.1  # of the heat, on two opposite sides: a thing at one side of the image is no fault
_FEWEST_CELLS = 5  # to a side: with fewer, most cells lie at the border


@dataclass(frozen=True)
class Condition:
    """What is the matter with a map.

    Attributes:
        sentence: for people.
        remedy: what helps, in one sentence.
    """

    slug: str
    sentence: str
    remedy: str


_ANOTHER = "Choose a layer nearer to the output, or another method."
_BY_NOTE = {
    BLANK: ("zero", _ANOTHER),
    FLAT: ("flat", _ANOTHER),
    NEGATIVE: ("negative", "Show the evidence against the class, or explain the likeliest class."),
    BESIDE: ("beside", "Choose a preprocessing that does not pad."),
}
_CANCELS = ("cancels", "Choose the normalisation after this layer, or another method.")
_NOT_FINITE = ("not finite", "Choose another method or layer; if none helps, the weights or the image are damaged.")

SATURATED = Condition(
    "saturated",
    "The network is certain (probability 1.000): the number hardly moves whatever is hidden.",
    "Look at the odds instead, or compare with the second likeliest class.",
)
BORDER_STUCK = Condition(
    "border-stuck",
    "The heat sticks to the border of the image on opposite sides, as where a network reacts to its own padding.",
    _ANOTHER,
)


def conditions(cam: Cam) -> tuple[Condition, ...]:
    """What is the matter with this map, the worst first; nothing in most cases."""
    if cam.note:
        slug, remedy = _CANCELS if cam.cancels else _BY_NOTE.get(cam.note, _NOT_FINITE)
        return (Condition(slug, cam.note, remedy),)
    stuck = (BORDER_STUCK,) if sticks_to_border(cam) else ()
    return (*stuck, SATURATED) if cam.prediction.probability >= _CERTAIN else stuck


def sticks_to_border(cam: Cam) -> bool:
    """Whether the evidence lies in the outermost cells over the image, and on two opposite sides.

    A corner alone is not found out: a thing may stand there.
    """
    seen = cam.geometry.cells_seen(cam.shape)
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    heat = np.maximum(cam.values[np.ix_(rows, columns)], 0).astype(np.float64)
    if not cam.usable or min(heat.shape) < _FEWEST_CELLS:
        return False
    heat /= heat.sum()
    inner = heat[1:-1, 1:-1]
    per_border_cell = (1 - inner.sum()) / (heat.size - inner.size)
    sides = [side.sum() >= _EACH_SIDE for side in (heat[0, 1:-1], heat[-1, 1:-1], heat[1:-1, 0], heat[1:-1, -1])]
    is_opposite = (sides[0] and sides[1]) or (sides[2] and sides[3])
    return bool(is_opposite and per_border_cell >= _BORDER * inner.mean())
