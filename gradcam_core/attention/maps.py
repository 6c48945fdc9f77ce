"""Which cells of the image reach the tokens that are read, by the attention of all blocks? Maps of one image."""

from collections.abc import Sequence

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


def rollout_maps(
    attention: AttentionPass, target: Target, *, fusion: Fusion = Fusion.MEAN, discard: float = 0.0
) -> np.ndarray:
    """(blocks, h, w), `rollout_map` after each block; the last one is that map.

    Until a class token that is read has joined it has taken from no cell: zeros.
    """
    weights, readers = followed_weights(attention), attention.readers(target)
    return np.stack(
        [_cells(attention, readers, taken) for taken in flow.rollouts(weights, fusion=fusion, discard=discard)]
    )


def gradient_rollout_map(attention: AttentionPass, target: Target, *, discard: float = 0.0) -> np.ndarray:
    """(h, w) by `flow.gradient_rollout`; otherwise as `rollout_map`, and about the target.

    Where cells are read themselves, what each has of itself by the residual connections alone is left out: it is nearly
    the same for all, and nearly all that is read, for attention times its gradient is small.
    """
    weights = followed_weights(attention)
    slopes = _of_all_tokens(attention.gradients(target))
    taken = flow.gradient_rollout(weights, slopes, discard=discard, keeps=False)
    return _cells(attention, _readers(attention, target), taken)


def chefer_map(attention: AttentionPass, target: Target) -> np.ndarray:
    """(h, w) by `flow.chefer`; otherwise as `rollout_map`, and about the target.

    Where cells are read themselves, what each keeps of itself is left out: it is the same for all.
    """
    weights = followed_weights(attention)
    relevance = flow.chefer(weights, _of_all_tokens(attention.gradients(target)))
    return _cells(attention, _readers(attention, target), relevance - np.eye(len(relevance)))


def followed_weights(attention: AttentionPass) -> list[np.ndarray]:
    """(heads, tokens, tokens) of every block, among all tokens of the last one.

    Raises:
        MethodError: if attention can't be followed through the network.
    """
    if reason := attention.why_not_followed:
        raise MethodError(reason, hint="Choose a method that needs no attention, such as Grad-CAM or HiResCAM.")
    return _of_all_tokens([attention.weights(index) for index in range(len(attention.blocks))])


def _of_all_tokens(blocks: Sequence[np.ndarray]) -> list[np.ndarray]:
    """(heads, tokens, tokens) each; tokens that join later, before the cells, attend to nothing until then."""
    tokens = blocks[-1].shape[-1]
    joining = [tokens - block.shape[-1] for block in blocks]
    return [
        np.pad(block, ((0, 0), (more, 0), (more, 0))) if more else block
        for block, more in zip(blocks, joining, strict=True)
    ]


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
