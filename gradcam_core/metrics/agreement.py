"""Does what a map marks strongly matter more? The agreement between heat and effect over many hidden parts.

Definition: Spearman's correlation, over random parts, between the share of the map's positive heat that a part hides
and the fall of the class's log-odds when it is hidden. Range -1 to 1; 0 in the mean for a map that knows nothing.
Smooth random maps scatter by ± 0.3 with 64 parts, so that agreement alone does not decide. No pictures of its own.
Undefined (NaN) where every part hides the same heat, or costs the same.
Faithfulness correlation: Bhatt et al. 2020, "Evaluating and Aggregating Feature-based Model Explanations", under
faithfulness, here with smooth parts of one size and with ranks.
"""

import numpy as np

_DECIMALS = 4  # of shares and log-odds before they are ranked: the number of threads changes what lies below


def agreements(covered: np.ndarray, drops: np.ndarray) -> np.ndarray:
    """The agreement of many maps with many effects.

    Args:
        covered: (maps, parts), the share of each map's heat that a part hides, as `heat_shares` gives it.
        drops: (effects, parts), the log-odds of the whole image minus those with the part hidden.

    Returns:
        (maps, effects) float64; NaN where it is undefined.
    """
    one, other = _centred_ranks(covered), _centred_ranks(drops)
    scale = np.sqrt(np.outer((one**2).sum(axis=1), (other**2).sum(axis=1)))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(scale > 0, one @ other.T / np.where(scale > 0, scale, 1), np.nan))


def heat_shares(maps: np.ndarray, shares: np.ndarray, areas: np.ndarray) -> np.ndarray:
    """The share of each map's heat that each part hides.

    Args:
        maps: (maps, h, w), signed; what is negative is no heat.
        shares: (parts, h, w), how much of each cell a part hides, as `cell_shares` gives it.
        areas: (h, w), how much there is of each cell, as `cell_areas` gives it.

    Returns:
        (maps, parts) float64; NaN where a map has no heat, or values that are not finite.
    """
    heat = np.maximum(maps, 0).reshape(len(maps), -1).astype(np.float64)
    heat = heat / _largest(heat)  # the sums of large values stay finite
    with np.errstate(all="ignore"):
        total = (heat @ areas.ravel())[:, None]
        covered = heat @ shares.reshape(len(shares), areas.size).T
        return np.asarray(covered / np.where(total > 0, total, np.nan))


def rounded(values: np.ndarray) -> np.ndarray:
    """To 1e-4, as before everything that is ranked."""
    return np.asarray(np.round(values, _DECIMALS))


def _largest(heat: np.ndarray) -> np.ndarray:
    top = heat.max(axis=1, keepdims=True)
    return np.where(top > 0, top, 1)


def _centred_ranks(values: np.ndarray) -> np.ndarray:
    """(n, m) → the rank of each value in its row, the mean rank for equal ones, minus the row's mean rank.

    For many short rows: comparing all pairs is a quarter quicker than the sorting that `similarity` does of long ones.
    """
    values = rounded(values)
    bigger = (values[:, :, None] > values[:, None, :]).sum(axis=2)
    smaller = (values[:, :, None] < values[:, None, :]).sum(axis=2)
    ranks = (bigger - smaller) / 2
    return np.where(np.isfinite(values).all(axis=1, keepdims=True), ranks, np.nan)
