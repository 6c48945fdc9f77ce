"""Maps and images made by hand, for tests of what is drawn and written."""

from typing import Any

import numpy as np

from gradcam_core.cam import Cam, Prediction, ResultKey, unusable_because
from gradcam_core.geometry import InputGeometry, Window
from gradcam_core.loaded_image import LoadedImage


def made_image(width: int, height: int) -> LoadedImage:
    """Noise, seeded."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return LoadedImage(pixels, (2 * width, 2 * height), "ab" * 32, (), "noise.png")


def made_cam(
    values: Any,
    image: LoadedImage,
    *,
    window: tuple[float, float, float, float] | None = None,
    label: str = "dog",
    is_signed: bool = False,
) -> Cam:
    """A map of these raw values over the whole image, or over this window of it."""
    array = np.array(values, dtype=np.float32)
    geometry = InputGeometry(image.size, (8, 8), Window(*(window or (0, 0, *image.size))))
    seen = geometry.cells_seen((array.shape[0], array.shape[1]))
    note = unusable_because(array, seen=seen, evidence_is_finite=True)
    key = ResultKey(image.sha256, "net", "blocks.5", "gradcam", 3, "trained")
    return Cam(
        array, Prediction(3, label, 2.5, 0.75), key, geometry, "Grad-CAM", "Net (3 things)", note, is_signed=is_signed
    )
