"""Is there anything in a map that a measure can use?"""

import numpy as np


def evidence_in(heat: np.ndarray) -> np.ndarray | None:
    """A map's evidence for the class as shares of its maximum, 0 to 1, float64; what is negative is none.

    None where nothing is above zero, or a value is not finite.
    """
    if not np.isfinite(heat).all() or not (heat > 0).any():
        return None
    evidence = np.maximum(heat, 0).astype(np.float64)
    return np.asarray(evidence / evidence.max())


def has_order(heat: np.ndarray) -> bool:
    """Whether a map puts some pixels before others: it is finite and not the same everywhere."""
    return bool(np.isfinite(heat).all() and (heat != heat.flat[0]).any())


def on_thing(heat: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """The mask as bool, once it is known to fit.

    Raises:
        ValueError: if it has another size than the map.
    """
    if heat.ndim != 2 or heat.shape != mask.shape:
        raise ValueError(f"The map has the shape {heat.shape} and the mask {mask.shape}: they must be one (h, w).")
    return np.asarray(mask, dtype=bool)
