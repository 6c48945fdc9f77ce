"""Where does hiding cost most? The sweep as a picture, which knows nothing of any heatmap."""

import numpy as np

from gradcam_core.cam import Cam
from gradcam_core.geometry import InputGeometry, Window
from gradcam_core.metrics.parts import part_means
from gradcam_core.trust.sweep import Sweep

UNIT = "log-odds more than hiding an average part"
_CELLS = 32  # to a side: the parts are no finer


def fall_map(sweep: Sweep, cam: Cam) -> Cam:
    """For each place, the mean fall of the class's log-odds over the parts that hide it, minus that over all parts.

    Both fills together. A place lies in about 13 of 64 parts, each a fifth of the image: what is beside the thing falls
    too where parts reach over both, so the map is blurred, and no proof of any single place.

    Args:
        cam: of the sweep's image and class; the fall map lies over the same image in its stead.
    """
    region = sweep.region
    if sweep.silent_because:
        return _laid_over(cam, sweep, np.zeros(region.grid(_CELLS), dtype=np.float32), sweep.silent_because)
    falls = sweep.drops(cam.prediction.class_index).mean(axis=0)
    hidden = part_means(sweep.parts, region.grid(_CELLS)).astype(np.float64)
    values = np.tensordot(falls - falls.mean(), hidden, axes=1) / np.maximum(hidden.sum(axis=0), 1e-9)
    note = "" if values.max() > 0 else "Hiding costs the same everywhere."
    return _laid_over(cam, sweep, values.astype(np.float32), note)


def _laid_over(cam: Cam, sweep: Sweep, values: np.ndarray, note: str) -> Cam:
    """The values as a map over the sweep's region."""
    region, (height, width) = sweep.region, sweep.picture.shape[1:]
    window = cam.geometry.window
    across, down = (window.right - window.left) / width, (window.bottom - window.top) / height
    left, top = window.left + across * region.left, window.top + down * region.top
    right, bottom = left + across * region.width, top + down * region.height
    geometry = InputGeometry(cam.geometry.image_size, (region.width, region.height), Window(left, top, right, bottom))
    return Cam(values, cam.prediction, cam.key, geometry, "What hiding costs", cam.model_title, note=note)
