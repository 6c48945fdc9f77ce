"""The mathematics of the methods, as the grad-cam library has it, without its hooks and its model.

A method of the library that is built with no target layers installs no hooks, and its `get_cam_image` is a pure
function of the arrays given. Its constructor wants a model with a parameter: it gets a stub, never the shared one.
"""

from functools import cache
from typing import Any

import numpy as np

from gradcam_core.methods.base import Compute, Evidence


def from_library(class_name: str) -> Compute:
    """The map of `pytorch_grad_cam.<class_name>`; the library is imported when it is first used."""

    def compute(evidence: Evidence) -> np.ndarray:
        method, activation = _method(class_name), evidence.activation
        gradient = evidence.gradient if method.uses_gradients else np.zeros_like(activation)
        image = method.get_cam_image(None, None, None, activation[None], gradient[None], False)
        return np.asarray(image[0], dtype=np.float32)

    return compute


@cache
def _method(class_name: str) -> Any:
    import pytorch_grad_cam
    from torch import nn

    return getattr(pytorch_grad_cam, class_name)(model=nn.Linear(1, 1), target_layers=[])
