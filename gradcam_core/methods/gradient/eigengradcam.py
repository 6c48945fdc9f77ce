"""EigenGrad-CAM: what varies most in activation times gradient."""

import numpy as np

from gradcam_core.methods.base import CamMethod, Evidence, Family, Need, Phrase, Sign
from gradcam_core.methods.projection import first_component


def _compute(evidence: Evidence) -> np.ndarray:
    return first_component(evidence.gradient * evidence.activation)


METHOD = CamMethod(
    slug="eigengradcam",
    title="EigenGrad-CAM",
    sentence="Shows what varies most in activation times gradient: Eigen-CAM made to depend on the class.",
    paper="grad-cam library",
    family=Family.GRADIENT,
    needs=frozenset({Need.ACTIVATION, Need.GRADIENT}),
    sign=Sign.CONVENTION,
    phrase=Phrase("what varies most for this class", "what varies most in activation times gradient"),
    sign_rule="Its sign is a convention: the side with more activation times gradient counts as evidence.",
    compute=_compute,
)
