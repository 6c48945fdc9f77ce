"""HiResCAM: activation times gradient, cell by cell."""

from gradcam_core.methods.base import EVIDENCE, CamMethod, Family, Need, Sign
from gradcam_core.methods.forms import products
from gradcam_core.methods.library import from_library

METHOD = CamMethod(
    slug="hirescam",
    title="HiResCAM",
    sentence="Multiplies activation and gradient cell by cell: only cells that raised the score light up.",
    paper="Draelos and Carin 2020, arXiv:2011.08891",
    family=Family.GRADIENT,
    needs=frozenset({Need.ACTIVATION, Need.GRADIENT}),
    sign=Sign.EVIDENCE,
    phrase=EVIDENCE,
    compute=from_library("HiResCAM"),
    form=products,
)
