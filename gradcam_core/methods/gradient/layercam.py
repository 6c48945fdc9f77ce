"""LayerCAM: every cell weighted by its own positive gradient."""

from gradcam_core.methods.base import EVIDENCE, CamMethod, Family, Need, Sign
from gradcam_core.methods.forms import positive_products_if_rectified
from gradcam_core.methods.library import from_library

METHOD = CamMethod(
    slug="layercam",
    title="LayerCAM",
    sentence="Weighs each cell by its own positive gradient: finer at early layers.",
    paper="Jiang et al. 2021, IEEE TIP",
    family=Family.GRADIENT,
    needs=frozenset({Need.ACTIVATION, Need.GRADIENT}),
    sign=Sign.POSITIVE,
    phrase=EVIDENCE,
    compute=from_library("LayerCAM"),
    form=positive_products_if_rectified,
)
