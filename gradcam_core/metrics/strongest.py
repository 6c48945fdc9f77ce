"""Which fifth of the image does a map mark most strongly?"""

import numpy as np

from gradcam_core.metrics.parts import SHARE, highest

_DECIMALS = 7  # of the heat as a share of its largest value: what the number of threads changes lies below


def strongest_fifth(heat: np.ndarray) -> np.ndarray:
    """(height, width) bool: exactly a fifth of the pixels, rounded, those with the most heat.

    Of pixels that are equal, those nearest to a hotter one; so a map whose heat covers less than a fifth is widened.

    Args:
        heat: (height, width), not negative, not zero everywhere.
    """
    count = round(SHARE * heat.size)
    heat = np.round(heat / heat.max(), _DECIMALS)
    threshold = np.partition(heat.ravel(), heat.size - count)[heat.size - count]
    hotter, equal = heat > threshold, heat == threshold
    if not hotter.any() or equal.sum() + hotter.sum() == count:
        return highest(heat, count)
    near = np.where(equal, -_squared_distance(hotter), -np.inf)
    return np.asarray(hotter | highest(near, count - int(hotter.sum())))


def _squared_distance(there: np.ndarray) -> np.ndarray:
    """(height, width): from each pixel to the nearest one that is True, squared; at least one is."""
    squares = _to_nearest_in_column(there) ** 2
    best = squares.copy()
    for apart in range(1, there.shape[1]):
        best[:, apart:] = np.minimum(best[:, apart:], squares[:, :-apart] + apart**2)
        best[:, :-apart] = np.minimum(best[:, :-apart], squares[:, apart:] + apart**2)
    return best


def _to_nearest_in_column(there: np.ndarray) -> np.ndarray:
    """(height, width) float64: how many rows away the nearest True of the same column is; inf where there is none."""
    rows = np.arange(len(there), dtype=np.float64)[:, None]
    above = np.maximum.accumulate(np.where(there, rows, -np.inf), axis=0)
    below = np.minimum.accumulate(np.where(there, rows, np.inf)[::-1], axis=0)[::-1]
    return np.asarray(np.minimum(rows - above, below - rows))
