"""Grad-CAM++: channels weighted by higher-order gradients."""

from gradcam_core.methods.base import EVIDENCE, CamMethod, Family, Need, Sign
from gradcam_core.methods.library import from_library

METHOD = CamMethod(
    slug="gradcam++",
    title="Grad-CAM++",
    sentence="Weighs positive gradients by their higher orders: covers several things of one class more evenly.",
    paper="Chattopadhay et al. 2018, WACV, equation 19",
    family=Family.GRADIENT,
    needs=frozenset({Need.ACTIVATION, Need.GRADIENT}),
    sign=Sign.POSITIVE,
    phrase=EVIDENCE,
    compute=from_library("GradCAMPlusPlus"),
)
