"""Pointing game: does the map's strongest pixel lie on the thing?"""

import numpy as np

from gradcam_core.metrics.heat import evidence_in, on_thing
from gradcam_core.metrics.measure import UNDEFINED, AgainstChance, Better, Measure

MEASURE = Measure(
    slug="pointing-game",
    title="Pointing game",
    definition="Whether the map's strongest pixel lies on the thing.",
    lowest=0.0,
    highest=1.0,
    better=Better.HIGHER,
    chance="The share of the image that counts as the thing, which a pixel at random hits.",
    cost="none",
    pitfalls="The middle of the image does well wherever things are in the middle. "
    "One image gives a hit or a miss: it takes many to tell maps apart.",
    paper="Zhang et al., Top-Down Neural Attention by Excitation Backprop, IJCV 2018, under the pointing game",
    needs_mask=True,
)


def pointing_game(heat: np.ndarray, mask: np.ndarray, *, tolerance: float = 0) -> AgainstChance:
    """Zhang 2018: 1 where a pixel of the mask lies within `tolerance` of the strongest pixel, else 0.

    Where several pixels share the maximum, the share of them that hit. Range 0 to 1, higher is better; chance is the
    share of the pixels that hit. Costs no image. Undefined without a mask, without evidence for the class, and where
    the map is not finite.

    Args:
        heat: (h, w), the map laid over the image, or over what the network saw of it.
        mask: (h, w) bool, the thing in the same pixels.
        tolerance: in pixels, from centre to centre; theirs is 15 at about 500 x 400.

    Raises:
        ValueError: if the sizes differ.
    """
    thing, evidence = on_thing(heat, mask), evidence_in(heat)
    if evidence is None or not thing.any():
        return AgainstChance(UNDEFINED, UNDEFINED)
    hits = _widened(thing, tolerance)
    return AgainstChance(float(hits[evidence == 1].mean()), float(hits.mean()))


def _widened(mask: np.ndarray, reach: float) -> np.ndarray:
    """The pixels within `reach` of one of the mask: the mask moved everywhere within a disc."""
    height, width = mask.shape
    wide = mask.copy()
    whole = int(reach)
    for down in range(-whole, whole + 1):
        for right in range(-whole, whole + 1):
            if down**2 + right**2 <= reach**2:
                rows, from_rows = _overlap(down, height)
                columns, from_columns = _overlap(right, width)
                wide[rows, columns] |= mask[from_rows, from_columns]
    return wide


def _overlap(moved: int, length: int) -> tuple[slice, slice]:
    """Where a row of this length that is moved lies, and which part of it that is."""
    return slice(max(moved, 0), max(length + min(moved, 0), 0)), slice(max(-moved, 0), max(length - max(moved, 0), 0))
