"""What is put in the place of hidden pixels?

Both fills keep what is around: the image itself blurred beyond recognition, and its own mean colour.
"""

import math

import numpy as np

from gradcam_core.metrics.region import Region

FILLS = ("blur", "mean")
BLUR = 0.1  # the blur's sigma, as a share of the region's side


def filled(picture: np.ndarray, region: Region) -> dict[str, np.ndarray]:
    """What each fill puts in the place of the region's pixels, by the fill's name: (3, height, width) float32.

    Args:
        picture: (3, h, w) float32, normalised: the model's input. Only the region of it is looked at.
    """
    seen = region.crop(picture).astype(np.float64)
    mean = np.broadcast_to(seen.mean(axis=(1, 2), keepdims=True), seen.shape)
    return {"blur": _blurred(seen, BLUR * region.side).astype(np.float32), "mean": mean.astype(np.float32)}


def with_hidden(picture: np.ndarray, region: Region, masks: np.ndarray, fill: np.ndarray) -> np.ndarray:
    """Copies of a picture, (n, 3, h, w): in each, one mask's pixels are those of the fill.

    Args:
        masks: (n, height, width) bool, of the region; True is hidden.
        fill: (3, height, width), as `filled` gives it.
    """
    hidden = np.repeat(picture[None], len(masks), axis=0)
    np.copyto(region.crop(hidden), fill, where=masks[:, None])
    return hidden


def blurring(length: int, sigma: float) -> np.ndarray:
    """(length, length): what each pixel takes from which, along one axis; beyond the border it is mirrored."""
    radius = math.ceil(3 * sigma)
    apart = np.arange(-radius, radius + 1)
    kernel = np.exp(-(apart**2) / (2 * sigma**2)) if sigma > 0 else np.ones(1)
    period = max(2 * (length - 1), 1)
    sources = np.abs((np.arange(length)[:, None] + apart + length - 1) % period - (length - 1)) % length
    matrix = np.zeros((length, length))
    np.add.at(matrix, (np.arange(length)[:, None], sources), kernel / kernel.sum())
    return matrix


def _blurred(picture: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur with mirrored borders; (3, h, w)."""
    down, across = (blurring(length, sigma) for length in picture.shape[1:])
    return np.asarray(down @ picture @ across.T)
