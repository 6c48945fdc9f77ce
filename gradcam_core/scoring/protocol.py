"""How whatever perturbs an image asks the model: through this type, so that it need not know models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


class ScoreFunction(Protocol):
    """Gives the logits of all classes; `score_function` makes one of a model."""

    def __call__(self, inputs: np.ndarray | Tensor, /) -> np.ndarray:
        """Ask the model about many inputs; they are not changed.

        Args:
            inputs: (n, channels, height, width) floating point, normalised, as `ForwardPass.input_tensor`; n may be 0.

        Returns:
            (n, classes) float32; for a binary model (-z, z).
        """
