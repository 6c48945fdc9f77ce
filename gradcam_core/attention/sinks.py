"""Which cells of a transformer's layer stand out by their size, as where it keeps what belongs to no place?

Darcet et al., Vision Transformers Need Registers, ICLR 2024, section 2: such tokens lie in places of little
information, and gather attention.
"""

from collections.abc import Sequence

import numpy as np
from torch import Tensor

from gradcam_core.attention.blocks import AttentionBlock
from gradcam_core.config import settings
from gradcam_core.layers.blocks import holders
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.models import LoadedModel
from gradcam_core.recording import record

MADS = 6.0  # from the median; ours: the paper cuts at a norm of one network
TIMES = 3.0  # the median; without sinks the largest cell is up to 1.8 times as long (ViT-S), 2.3 in tinyvit's scenes


def outlying_cells(activation: np.ndarray, mads: float = MADS, *, times: float = TIMES) -> np.ndarray:
    """(h, w) bool: where a cell's vector is longer than the median by so many median absolute deviations.

    Args:
        activation: (channels, h, w), of the last block but one as a rule.
        times: it is also at least so many times as long as the median: sizes that vary little have a small deviation.
    """
    sizes = np.linalg.norm(np.asarray(activation, dtype=np.float64), axis=0)
    median = np.median(sizes)
    deviation = np.median(np.abs(sizes - median))
    return np.asarray((sizes > median + mads * deviation) & (sizes > times * median))


def sink_layer(blocks: Sequence[AttentionBlock], layers: Sequence[TargetLayer]) -> str:
    """The layer to ask: the innermost that holds the last attention but one, or the only one; "" where none does."""
    names = {layer.name for layer in layers}
    return next((part for block in blocks[-2:][:1] for part in holders(block.name) if part in names), "")


def sinks_in(model: LoadedModel, input_tensor: Tensor, layer: str) -> np.ndarray:
    """`outlying_cells` of a layer, with the limits of the settings; one forward pass.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    activation = record(model, input_tensor, [layer]).activation(layer)
    return outlying_cells(activation, settings().sink_mads, times=settings().sink_times)
