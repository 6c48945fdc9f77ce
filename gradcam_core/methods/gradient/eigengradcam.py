"""EigenGrad-CAM: what varies most in activation times gradient."""

import numpy as np

from gradcam_core.methods.base import CamMethod
from gradcam_core.methods.projection import first_component


def _weigh(activation: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    return first_component(gradient * activation)


METHOD = CamMethod(
    slug="eigengradcam",
    title="EigenGrad-CAM",
    sentence="Shows what varies most in activation times gradient: Eigen-CAM made to depend on the class.",
    paper="grad-cam library",
    weigh=_weigh,
)
