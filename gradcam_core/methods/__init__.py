"""Which CAM methods are there? One file each, and one line here."""

from gradcam_core.errors import MethodError
from gradcam_core.methods.base import CamMethod
from gradcam_core.methods.gradient import (
    eigencam,
    eigengradcam,
    gradcam,
    gradcam_elementwise,
    gradcam_plusplus,
    hirescam,
    layercam,
    xgradcam,
)

__all__ = ["DEFAULT_METHOD", "METHODS", "CamMethod", "get_method"]

METHODS: dict[str, CamMethod] = {
    module.METHOD.slug: module.METHOD
    for module in (
        gradcam,
        hirescam,
        gradcam_elementwise,
        gradcam_plusplus,
        xgradcam,
        layercam,
        eigencam,
        eigengradcam,
    )
}
DEFAULT_METHOD = "gradcam"


def get_method(name: str) -> CamMethod:
    """The method of this name, however it is written: "Grad-CAM++", "gradcam++" and "GradCAMPlusPlus" are one.

    Raises:
        MethodError: if there is none.
    """
    wanted = _plain(name)
    for method in METHODS.values():
        if wanted == _plain(method.slug):
            return method
    raise MethodError(f"{name[:80]!r} is not a method.", hint=f"Choose one of {', '.join(METHODS)}.")


def _plain(name: str) -> str:
    spelled = name.lower().replace("+", "plus")
    return "".join(letter for letter in spelled if letter.isalnum())
