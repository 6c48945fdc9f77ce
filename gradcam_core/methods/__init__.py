"""Which CAM methods are there? One file each, in the folder of its family, and one line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

import numpy as np

from gradcam_core.errors import MethodError
from gradcam_core.methods.base import CamMethod, Need

if TYPE_CHECKING:  # the pages list the methods before torch is imported
    from gradcam_core.attention.facts import AttentionFacts
    from gradcam_core.layers.finding import TargetLayer
    from gradcam_core.models import LoadedModel

__all__ = [
    "DEFAULT_METHOD",
    "DEFAULT_WITH_PREFIX",
    "METHODS",
    "CamMethod",
    "default_method",
    "get_method",
    "remark_on",
    "same_map_by",
    "why_default",
    "why_unfit",
]

_FILES = (  # in the order in which they are offered
    "gradient.gradcam",
    "gradient.hirescam",
    "gradient.gradcam_elementwise",
    "gradient.gradcam_plusplus",
    "gradient.xgradcam",
    "gradient.layercam",
    "gradient.eigencam",
    "gradient.eigengradcam",
    "attention.rollout",
    "attention.gradient_rollout",
    "attention.chefer",
    "attention.legrad",
)
METHODS: dict[str, CamMethod] = {
    method.slug: method for method in (import_module(f"{__name__}.{file}").METHOD for file in _FILES)
}
DEFAULT_METHOD = "gradcam"
DEFAULT_WITH_PREFIX = "hirescam"
"""At layers with tokens that stand for no place, such as a class token."""


def default_method(layer: TargetLayer) -> str:
    """The slug of the method that is used at a layer where nobody has chosen one.

    What a class token reads reached it by attention, so each cell has a gradient of its own. A mean over cells, as
    Grad-CAM takes it, then also marks cells that were hardly attended to. Where the gradient is the same in every
    cell, both methods give the same map.
    """
    return DEFAULT_WITH_PREFIX if layer.layout.prefix else DEFAULT_METHOD


def why_default(layer: TargetLayer) -> str:
    """Why another method than the usual one is the default at a layer, in one sentence; empty where it is not."""
    method, usual = METHODS[default_method(layer)], METHODS[DEFAULT_METHOD]
    if method is usual:
        return ""
    return (
        f"{method.title} is the default at this layer: tokens beside its cells, such as a class token, may take more "
        f"from one cell than from another, and the mean over all cells, as in {usual.title}, can mark the background."
    )


def why_unfit(method: CamMethod, model: LoadedModel) -> str:
    """Why a method can't explain any layer of a model, as a sentence; empty if it can.

    The first question about a model's attention takes one forward pass.

    Raises:
        ResourceError: if the memory does not suffice for it.
    """
    return method.unfit_because(_attention_of(model)) if Need.ATTENTION in method.needs else ""


def remark_on(method: CamMethod, model: LoadedModel) -> str:
    """What must be known of all maps of a method and a model, as a sentence; empty as a rule. Else as `why_unfit`."""
    return method.remark(_attention_of(model)) if Need.ATTENTION in method.needs else ""


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


def same_map_by(method: CamMethod, activation: np.ndarray, gradient: np.ndarray) -> tuple[tuple[str, ...], str]:
    """The slugs of other methods that give the same map here, and a sentence on it; both empty where none is known.

    Args:
        activation: (channels, h, w), of the layer.
        gradient: likewise, of the class.
    """
    form = method.form(activation, gradient)
    if form is None:
        return (), ""
    forms = {find: find(activation, gradient) for find in {one.form for one in METHODS.values()} - {method.form}}
    alike = [one for one in METHODS.values() if forms.get(one.form, form) is form]
    if len(alike) < 2:
        return (), ""
    *titles, last = [one.title for one in alike]
    sentence = f"{', '.join(titles)} and {last} give the same map here: {form}."
    return tuple(one.slug for one in alike if one is not method), sentence


def _attention_of(model: LoadedModel) -> AttentionFacts:
    from gradcam_core.attention.facts import attention_facts  # imports torch

    return attention_facts(model)


def _plain(name: str) -> str:
    spelled = name.lower().replace("+", "plus")
    return "".join(letter for letter in spelled if letter.isalnum())
