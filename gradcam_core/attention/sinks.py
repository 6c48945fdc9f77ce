"""Which cells of a transformer's layer stand out by their size, as where it keeps what belongs to no place?

Darcet et al., Vision Transformers Need Registers, ICLR 2024, section 2: such tokens lie in places of little
information, and gather attention.
"""

import numpy as np

MADS = 6.0  # from the median; ours: the paper cuts at a norm of one network
TIMES = 3.0  # the median; without sinks the largest cell is 1.4 to 1.8 times as long (ViT-S), 2.2 in tinyvit's scenes


def outlying_cells(activation: np.ndarray, mads: float = MADS, *, times: float = TIMES) -> np.ndarray:
    """(h, w) bool: where a cell's vector is longer than the median by so many median absolute deviations.

    Args:
        activation: (channels, h, w), of the last block but one as a rule.
        times: it is also at least so many times as long as the median: sizes that vary little have a small deviation.
    """
    sizes = np.linalg.norm(np.asarray(activation, dtype=np.float64), axis=0)
    median = np.median(sizes)
    deviation = np.median(np.abs(sizes - median))
    return np.asarray((sizes > median + mads * deviation) & (sizes > times * median))
