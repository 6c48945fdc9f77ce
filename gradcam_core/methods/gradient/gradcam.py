"""Grad-CAM: channels weighted by their mean gradient."""

from gradcam_core.methods.base import EVIDENCE, CamMethod, Family, Need, Sign
from gradcam_core.methods.forms import products_if_even
from gradcam_core.methods.library import from_library

METHOD = CamMethod(
    slug="gradcam",
    title="Grad-CAM",
    sentence="The standard: weighs each channel by its mean gradient. Exact before pooling and one linear layer.",
    paper="Selvaraju et al. 2017, ICCV, section 3",
    family=Family.GRADIENT,
    needs=frozenset({Need.ACTIVATION, Need.GRADIENT}),
    sign=Sign.EVIDENCE,
    phrase=EVIDENCE,
    compute=from_library("GradCAM"),
    form=products_if_even,
)
