"""Eigen-CAM: what varies most at the layer, whatever the class."""

import numpy as np

from gradcam_core.methods.base import CamMethod, Evidence, Family, Need, Phrase, Sign
from gradcam_core.methods.projection import first_component


def _compute(evidence: Evidence) -> np.ndarray:
    return first_component(evidence.activation)


METHOD = CamMethod(
    slug="eigencam",
    title="Eigen-CAM",
    sentence="Shows what varies most at this layer: the same map for every class.",
    paper="Muhammad and Yeasin 2020, IJCNN",
    family=Family.GRADIENT,
    needs=frozenset({Need.ACTIVATION}),
    sign=Sign.CONVENTION,
    phrase=Phrase("what varies most", "what varies most, whatever class is asked for"),
    sign_rule="Its sign is a convention: the side where the layer is more active counts as evidence.",
    compute=_compute,
    depends_on_class=False,
)
