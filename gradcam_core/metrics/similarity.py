"""How alike are two maps? Spearman's correlation of their cells, with and without sign."""

import numpy as np

from gradcam_core.metrics.heat import has_order
from gradcam_core.metrics.measure import UNDEFINED


def spearman(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's rank correlation of two arrays of one shape, equal values with their mean rank: -1 to 1.

    0 in the mean for unrelated maps; smooth ones of few cells scatter widely about it. Costs no image. Give both maps
    without sign (`np.abs`) to ask whether the same places matter, whatever they speak for.

    Returns:
        NaN where one of them is the same everywhere or not finite.

    Raises:
        ValueError: if the shapes differ.
    """
    if one.shape != other.shape:
        raise ValueError(f"The maps have the shapes {one.shape} and {other.shape}: they must be alike.")
    if not has_order(one) or not has_order(other):
        return UNDEFINED
    first, second = (_centred_ranks(values.ravel()) for values in (one, other))
    return float(first @ second / np.sqrt((first @ first) * (second @ second)))


def _centred_ranks(values: np.ndarray) -> np.ndarray:
    """(n,) float64: each value's rank, the mean rank for equal ones, less the mean of all."""
    _, groups, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts + 1) / 2)[groups]
    return np.asarray(ranks - (values.size - 1) / 2)
