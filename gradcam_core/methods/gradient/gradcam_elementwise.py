"""GradCAMElementWise: activation times gradient, only the positive products."""

from gradcam_core.methods.base import EVIDENCE, CamMethod, Family, Need, Sign
from gradcam_core.methods.forms import positive_products
from gradcam_core.methods.library import from_library

METHOD = CamMethod(
    slug="gradcamelementwise",
    title="GradCAMElementWise",
    sentence="Like HiResCAM, but leaves out every product that speaks against the class before it sums.",
    paper="grad-cam library",
    family=Family.GRADIENT,
    needs=frozenset({Need.ACTIVATION, Need.GRADIENT}),
    sign=Sign.POSITIVE,
    phrase=EVIDENCE,
    compute=from_library("GradCAMElementWise"),
    form=positive_products,
)
