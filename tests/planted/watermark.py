"""A small watermark near a corner of a picture: what the network with a planted shortcut goes by."""

import numpy as np

SIDE = 18  # pixels: 2 % of a picture of 128 x 128
_MAGENTA = (235, 20, 190)
_STRENGTH = 0.9  # the rest of each pixel is the picture


def watermarked(pixels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A copy of a picture with the watermark near one of its corners, and where that lies.

    Args:
        pixels: (h, w, 3) uint8.

    Returns:
        (h, w, 3) uint8, and (h, w) bool: the square that the watermark fills.
    """
    top, left = (_near_an_end(length, rng) for length in pixels.shape[:2])
    square = np.s_[top : top + SIDE, left : left + SIDE]
    marked = pixels.astype(np.float32)
    marked[square] += (np.array(_MAGENTA) - marked[square]) * (_STRENGTH * _ring_with_a_cross())[..., None]
    where = np.zeros(pixels.shape[:2], dtype=bool)
    where[square] = True
    return marked.round().astype(np.uint8), where


def _near_an_end(length: int, rng: np.random.Generator) -> int:
    """Where the square begins on one axis: 3 to 13 pixels from either end."""
    distance = int(rng.integers(3, 14))
    return distance if rng.random() < 0.5 else length - SIDE - distance


def _ring_with_a_cross() -> np.ndarray:
    """(SIDE, SIDE) float32, 0 or 1; the same when it is mirrored."""
    at = np.arange(SIDE) - (SIDE - 1) / 2
    radius = np.hypot(at[:, None], at[None, :])
    ring = (radius > 5.4) & (radius < 8.6)
    cross = (np.minimum(np.abs(at[:, None]), np.abs(at[None, :])) < 1.6) & (radius < 5.4)
    return np.asarray(ring | cross, dtype=np.float32)
