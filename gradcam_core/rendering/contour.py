"""Which pixels hold a share of the evidence, and what does the line round them look like?

A viewer elsewhere must draw the same line pixel for pixel, so every step is in whole numbers.
"""

import numpy as np

_OUTER, _INNER = 255, 18  # white without and nearly black within: one of them shows on any ground


def outlined(picture: np.ndarray, steps: np.ndarray, share: float) -> np.ndarray:
    """The picture with a line round the `smallest_area` that holds a share of the evidence; as it was if that is 0.

    The line lies inside them: a white one at the border, and a dark one of the same width within it.

    Args:
        picture: (h, w, 3) uint8.
        steps: as for `smallest_area`.
    """
    if not share:
        return picture
    width = max(1, (max(steps.shape) + 160) // 320)  # as wide on screen for a large image as for a small one
    inside = smallest_area(steps, share)
    within = eroded(inside, width)
    drawn = picture.copy()
    drawn[inside & ~within] = _OUTER
    drawn[within & ~eroded(within, width)] = _INNER  # twice by the width is once by twice the width
    return drawn


def smallest_area(steps: np.ndarray, share: float) -> np.ndarray:
    """The fewest pixels that hold at least this share of all evidence; of equal ones all are taken.

    Args:
        steps: (h, w) whole numbers: the evidence counted in steps from 0, negative where nothing was seen.
        share: above 0, at most 1.

    Returns:
        (h, w) bool: everything from one step on, the highest that takes in enough, and never step 0.
    """
    counts = np.bincount(steps[steps >= 0].ravel(), minlength=2)
    held = (counts * np.arange(len(counts)))[::-1].cumsum()[::-1]  # evidence in the pixels from this step on
    level = np.count_nonzero(held[1:] >= share * held[0])
    return np.asarray(steps >= max(level, 1))


def eroded(mask: np.ndarray, radius: int) -> np.ndarray:
    """Which pixels have the whole square of side 2 x radius + 1 round them in the mask; beyond the edge nothing is."""
    return _column_eroded(_column_eroded(mask, radius).T, radius).T


def _column_eroded(mask: np.ndarray, radius: int) -> np.ndarray:
    side = 2 * radius + 1
    counted = np.pad(mask, ((radius + 1, radius), (0, 0))).cumsum(axis=0, dtype=np.int32)  # (h, w) → (h + side, w)
    return np.asarray(counted[side:] - counted[:-side] == side)
