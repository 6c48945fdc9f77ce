"""How do the features of cells, as colours, lie over an image?"""

import numpy as np

from gradcam_core.geometry import InputGeometry
from gradcam_core.loaded_image import LoadedImage

_DARKEST = 0.55  # of a colour over black: its things can be told, and so can the colours
_LUMA = np.array((77, 150, 29)) / 145_000  # of red, green and blue, so that white is 0.45: attention/script/features.js
_UNSEEN_GREY = 96


def colours_alone(colours: np.ndarray, geometry: InputGeometry) -> np.ndarray:
    """(height, width, 3) uint8 over the whole image, between cells bilinear; grey where the model saw nothing.

    Args:
        colours: (h, w, 3) uint8.
    """
    laid = _laid(colours, geometry)
    return np.asarray(np.rint(np.where(np.isnan(laid), _UNSEEN_GREY, laid)), dtype=np.uint8)


def colours_overlay(image: LoadedImage, colours: np.ndarray, geometry: InputGeometry) -> np.ndarray:
    """Likewise, darker where the image is dark; the image itself where the model saw nothing."""
    laid = _laid(colours, geometry) * (_DARKEST + image.pixels @ _LUMA)[..., None]
    return np.asarray(np.rint(np.where(np.isnan(laid), image.pixels, laid)), dtype=np.uint8)


def _laid(colours: np.ndarray, geometry: InputGeometry) -> np.ndarray:
    """(height, width, 3) float32, NaN where the model saw nothing."""
    return np.stack([geometry.to_original(colours[..., one].astype(np.float32)) for one in range(3)], axis=-1)
