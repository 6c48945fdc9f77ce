"""In which order does a map have pixels removed, and which are gone after each share?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcam_core.metrics.heat import has_order
from gradcam_core.metrics.measure import UNDEFINED

SHARES: tuple[float, ...] = tuple(step / 20 for step in range(21))
"""Of the image's pixels: nothing, 5 %, and so on to everything."""


@dataclass(frozen=True, eq=False)
class Curve:
    """A class's probability over the share of the pixels that was removed, or put back.

    Attributes:
        shares: (n,) float64, rising from 0 to 1.
        values: (n,) float64; NaN throughout where the map gives no order.
    """

    shares: np.ndarray
    values: np.ndarray

    @property
    def area(self) -> float:
        """Under the curve, by the trapezoid rule: 0 to 1; NaN where the map gives no order."""
        return float(np.trapezoid(self.values, self.shares))


def removed(heat: np.ndarray, shares: Sequence[float] = SHARES, *, seed: int = 0) -> np.ndarray | None:
    """Which pixels are gone after each share, the strongest first.

    Equal values go in a drawn order: by position a rectified map, half of which is 0, would be removed from the top of
    the image down.

    Args:
        heat: (height, width), signed or not; only its order counts.
        shares: 0 to 1; each is rounded to whole pixels.

    Returns:
        (n, height, width) bool; None where the map is flat or not finite: it has no order.
    """
    if not has_order(heat):
        return None
    drawn = np.random.default_rng(seed).permutation(heat.size)
    turns = np.empty(heat.size, dtype=np.int64)
    turns[np.lexsort((drawn, -heat.ravel().astype(np.float64)))] = np.arange(heat.size)
    counts = np.floor(np.array(shares, dtype=np.float64) * heat.size + 0.5)
    return np.asarray(turns.reshape(heat.shape) < counts[:, None, None])


def curve(shares: Sequence[float], values: np.ndarray | None = None) -> Curve:
    """The curve of these values; without any, that of a map without an order."""
    known = np.full(len(shares), UNDEFINED) if values is None else values
    return Curve(np.array(shares, dtype=np.float64), known)
