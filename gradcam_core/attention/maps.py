"""Which cells of the image reach the tokens that are read, by the attention of all blocks? Maps of one image."""

import numpy as np

from gradcam_core.attention import flow
from gradcam_core.attention.flow import Fusion
from gradcam_core.attention.passes import AttentionPass
from gradcam_core.errors import MethodError
from gradcam_core.targets import Target


def rollout_map(
    attention: AttentionPass, target: Target, *, fusion: Fusion = Fusion.MEAN, discard: float = 0.0
) -> np.ndarray:
    """(h, w) by `flow.rollout`, the same for every class: the target only tells which tokens are read.

    All 0 where it depends on no attention of the last block, and so none is read.

    Args:
        attention: a pass with gradients.

    Raises:
        MethodError: if attention can't be followed through the network.
    """
    weights = followed_weights(attention)
    return _cells(attention, _readers(attention, target), flow.rollout(weights, fusion=fusion, discard=discard))


def gradient_rollout_map(attention: AttentionPass, target: Target, *, discard: float = 0.0) -> np.ndarray:
    """(h, w) by `flow.gradient_rollout`; otherwise as `rollout_map`, and about the target.

    Where cells are read themselves, what each has of itself by the residual connections alone is left out: it is nearly
    the same for all, and nearly all that is read, for attention times its gradient is small.
    """
    weights = followed_weights(attention)
    taken = flow.gradient_rollout(weights, attention.gradients(target), discard=discard, keeps=False)
    return _cells(attention, _readers(attention, target), taken)


def chefer_map(attention: AttentionPass, target: Target) -> np.ndarray:
    """(h, w) by `flow.chefer`; otherwise as `rollout_map`, and about the target.

    Where cells are read themselves, what each keeps of itself is left out: it is the same for all.
    """
    weights = followed_weights(attention)
    relevance = flow.chefer(weights, attention.gradients(target))
    return _cells(attention, _readers(attention, target), relevance - np.eye(len(relevance)))


def followed_weights(attention: AttentionPass) -> list[np.ndarray]:
    """(heads, tokens, tokens) of every block, the first one first.

    Raises:
        MethodError: if attention can't be followed through the network.
    """
    if reason := attention.why_not_followed:
        raise MethodError(reason, hint="Choose a method that needs no attention, such as Grad-CAM or HiResCAM.")
    return [attention.weights(index) for index in range(len(attention.blocks))]


def _readers(attention: AttentionPass, target: Target) -> np.ndarray:
    """`AttentionPass.readers`; all 0 where no token is read."""
    try:
        return attention.readers(target)
    except MethodError:
        return np.zeros(attention.blocks[-1].shape[-1], dtype=np.float32)


def _cells(attention: AttentionPass, readers: np.ndarray, taken: np.ndarray) -> np.ndarray:
    """(h, w) float32 of what the tokens that are read take from each cell."""
    layout = attention.blocks[-1].layout
    if layout is None:
        raise ValueError("Attention that can be followed has cells.")
    row = readers @ taken
    return np.asarray(row[layout.prefix :].reshape(layout.grid), dtype=np.float32)
