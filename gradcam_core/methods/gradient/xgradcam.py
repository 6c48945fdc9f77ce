"""XGrad-CAM: gradients weighted by the activation's share."""

from gradcam_core.methods.base import EVIDENCE, CamMethod, Family, Need, Sign
from gradcam_core.methods.forms import products_if_even
from gradcam_core.methods.library import from_library

METHOD = CamMethod(
    slug="xgradcam",
    title="XGrad-CAM",
    sentence="Weighs each gradient by its cell's share of the channel: two axioms that Grad-CAM meets only roughly.",
    paper="Fu et al. 2020, BMVC",
    family=Family.GRADIENT,
    needs=frozenset({Need.ACTIVATION, Need.GRADIENT}),
    sign=Sign.EVIDENCE,
    phrase=EVIDENCE,
    compute=from_library("XGradCAM"),
    form=products_if_even,
)
