"""Networks whose true map is known, as score functions; and maps laid over their input."""

from collections.abc import Callable

import numpy as np
from torch import Tensor

from gradcam_core.cam import Cam, Prediction, ResultKey, unusable_because
from gradcam_core.geometry import InputGeometry, Window
from gradcam_core.metrics.laying import laid, layout_of
from gradcam_core.metrics.region import Region

Ask = Callable[[np.ndarray], np.ndarray]


def truth(shape: tuple[int, int]) -> np.ndarray:
    """A blob off the centre, and a smaller one."""
    rows, columns = ((np.arange(n) + 0.5) / n for n in shape)
    first = np.exp(-((rows[:, None] - 0.25) ** 2 + (columns - 0.3) ** 2) / 0.02)
    second = np.exp(-((rows[:, None] - 0.7) ** 2 + (columns - 0.85) ** 2) / 0.008)
    return np.asarray(first + 0.5 * second, dtype=np.float32)


def checkers(shape: tuple[int, int]) -> np.ndarray:
    """(3, h, w): a chessboard of single pixels, of which neither fill leaves anything, nor edges see any."""
    rows, columns = np.indices(shape)
    return np.repeat(np.where((rows + columns) % 2, -1.0, 1.0)[None], 3, axis=0).astype(np.float32)


def linear(values: np.ndarray, region: Region, shape: tuple[int, int], *, strength: float = 4.0) -> Ask:
    """z of each picture: the map's heat where the chessboard still is, `strength` in the whole picture."""
    weight = np.zeros(shape)
    region.crop(weight)[...] = laid(np.maximum(values, 0), layout_of(region, values.shape[:2], shape))
    weight *= strength / weight.sum() * checkers(shape)[0]
    return lambda pictures: (np.asarray(pictures[:, 0], dtype=np.float64) * weight).sum(axis=(1, 2))


def asked(z: Ask, *, outputs: str = "softmax") -> Callable[[np.ndarray | Tensor], np.ndarray]:
    """A score function: class 1 has the evidence z, however the network tells it."""

    def score(inputs: np.ndarray | Tensor, /) -> np.ndarray:
        logit = z(np.asarray(inputs))
        other = -logit if outputs == "binary" else np.zeros_like(logit)
        return np.stack([other, logit], axis=1).astype(np.float32)

    return score


def cam_of(
    values: np.ndarray, shape: tuple[int, int], *, image: tuple[int, int] | None = None, class_index: int = 1
) -> Cam:
    """A map over an input of (height, width) pixels, in whose middle an image of (width, height) lies, or fills it."""
    height, width = shape
    across, down = image or (width, height)
    left, top = (across - width) / 2, (down - height) / 2
    window = Window(left, top, left + width, top + height)
    geometry = InputGeometry((across, down), (width, height), window)
    array = np.asarray(values, dtype=np.float32)
    note = unusable_because(array, seen=geometry.cells_seen((array.shape[0], array.shape[1])), evidence_is_finite=True)
    key = ResultKey("ab" * 32, "net", "layer", "gradcam", class_index, "trained")
    return Cam(array, Prediction(class_index, "dog", 4.0, 0.98), key, geometry, "Grad-CAM", "Net", note)
