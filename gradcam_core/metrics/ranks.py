"""Ranks, for Spearman's correlations."""

import numpy as np


def centred_ranks(values: np.ndarray) -> np.ndarray:
    """(n,) float64: each value's rank, the mean rank for equal ones, less the mean of all."""
    _, groups, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts + 1) / 2)[groups]
    return np.asarray(ranks - (values.size - 1) / 2)
