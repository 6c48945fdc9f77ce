"""Eigen-CAM: what varies most at the layer, whatever the class."""

import numpy as np

from gradcam_core.methods.base import CamMethod
from gradcam_core.methods.projection import first_component


def _weigh(activation: np.ndarray, _gradient: np.ndarray) -> np.ndarray:
    return first_component(activation)


METHOD = CamMethod(
    slug="eigencam",
    title="Eigen-CAM",
    sentence="Shows what varies most at this layer: the same map for every class.",
    paper="Muhammad and Yeasin 2020, IJCNN",
    weigh=_weigh,
    depends_on_class=False,
    needs_gradient=False,
)
