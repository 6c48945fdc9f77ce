"""Maps that know nothing of the image or of the network: what belief in one of them would be worth is luck."""

from collections.abc import Callable, Mapping

import numpy as np

NullMap = Callable[[np.random.Generator, int], np.ndarray]
"""(chance, side) → (side, side) float32."""


def blobs(rng: np.random.Generator, side: int) -> np.ndarray:
    """One to three round blobs anywhere, as wide as those of a Grad-CAM."""
    rows, columns = np.mgrid[:side, :side] + 0.5
    total = np.zeros((side, side))
    for _ in range(rng.integers(1, 4)):
        (y, x), width = rng.uniform(0, side, 2), rng.uniform(0.08, 0.18) * side
        total += rng.uniform(0.5, 1) * np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * width**2))
    return total.astype(np.float32)


def field(rng: np.random.Generator, side: int) -> np.ndarray:
    """Noise, smoothed by a Gaussian of a tenth of the side round the torus, so that every place is alike."""
    frequency = np.fft.fftfreq(side)
    gain = np.exp(-2 * (np.pi * 0.1 * side * frequency) ** 2)  # of a Gaussian, along one axis
    smooth = np.fft.ifft2(np.fft.fft2(rng.standard_normal((side, side))) * np.outer(gain, gain)).real
    return np.asarray(smooth, dtype=np.float32)


def cells(rng: np.random.Generator, side: int) -> np.ndarray:
    """Noise, every cell for itself."""
    return rng.standard_normal((side, side)).astype(np.float32)


NULL_MAPS: Mapping[str, NullMap] = {"random blobs": blobs, "smooth field": field, "white cells": cells}
