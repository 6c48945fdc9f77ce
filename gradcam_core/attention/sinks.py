"""Which cells of a transformer's layer stand out by their size, as where it keeps what belongs to no place?

Darcet et al., Vision Transformers Need Registers, ICLR 2024, section 2: such tokens lie in places of little
information, and gather attention.
"""

import numpy as np

MADS = 6.0  # from the median; ours: the paper cuts at a norm of one network
_ROUNDING = 1e-4  # of the median: where the sizes of most cells are equal, their deviation is rounding


def outlying_cells(activation: np.ndarray, mads: float = MADS) -> np.ndarray:
    """(h, w) bool: where the length of a cell's vector is above the median by so many median absolute deviations.

    Args:
        activation: (channels, h, w), of the last block but one as a rule.
    """
    sizes = np.linalg.norm(np.asarray(activation, dtype=np.float64), axis=0)
    median = np.median(sizes)
    deviation = max(np.median(np.abs(sizes - median)), _ROUNDING * median)
    return np.asarray(sizes > median + mads * deviation)
