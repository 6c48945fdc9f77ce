"""The first principal component over a layer's channels, as the Eigen methods use it."""

import numpy as np


def first_component(channels: np.ndarray) -> np.ndarray:
    """Project every cell on the direction in which the cells differ most.

    The grad-cam library takes the full decomposition: 13 seconds and 2.4 GB at 112 x 112 x 64. The economy one
    has the same first direction, with the same sign, for milliseconds.

    Args:
        channels: (channels, h, w).

    Returns:
        (h, w) float32, centred: it always has both signs, and which side is "evidence" is not determined. NaN
        where the numbers are too large to be decomposed.
    """
    cells = channels.reshape(len(channels), -1).T  # (C, h, w) → (h * w, C)
    centred = cells - cells.mean(axis=0)
    if not np.isfinite(np.square(centred).sum()):  # LAPACK would complain on the terminal
        return np.full(channels.shape[1:], np.nan, dtype=np.float32)
    directions = np.linalg.svd(centred, full_matrices=False)[2]
    return np.asarray(centred @ directions[0], dtype=np.float32).reshape(channels.shape[1:])
