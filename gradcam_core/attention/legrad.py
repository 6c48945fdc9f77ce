"""Which patches does each block attend to more, when the class is to rise as read off after it? LeGrad's map."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from gradcam_core.attention.blocks import AttentionBlock
from gradcam_core.attention.lens import ReadOff
from gradcam_core.attention.succession import Succession, without_readers
from gradcam_core.errors import MethodError
from gradcam_core.recording import array, differentiable, memory_for_a_pass
from gradcam_core.targets import Target, value_of


def legrad_map(read: ReadOff, target: Target) -> np.ndarray:
    """(h, w) float32, 0 and above: Bousselham et al., LeGrad, ICCV 2025 (arXiv 2404.03214), section 3.

    Of each block, the slopes of the target, as the network is read off after it, by the block's attention weights;
    what is below 0 is left out. Their mean over heads and queries says how much each key counts; the map is the mean
    over the blocks that the network can be read off after. The scores are those of the model's own pooling, norm and
    head. The paper then scales the map from 0 to 1: that is the picture's business here.

    Args:
        read: with gradients. One backward pass serves all blocks, for none of them depends on the one before.

    Raises:
        MethodError: if the network can't be read off after its blocks, or they do not attend to all tokens.
    """
    if reason := why_no_legrad(read.blocks, read.attention):
        raise MethodError(reason, hint="Choose a method that needs no attention, such as Grad-CAM or HiResCAM.")
    if not read.calls:
        raise ValueError("The network was read off without gradients.")
    keys = np.stack([np.mean(block, axis=0) for block in _keys(read, target)]).mean(axis=0)
    layout = read.blocks.layers[-1].layout
    return np.asarray(keys[layout.prefix :].reshape(layout.grid), dtype=np.float32)


def why_no_legrad(blocks: Succession, attention: Sequence[AttentionBlock]) -> str:
    """Why a network has no such map, in one sentence; empty where it has one.

    Args:
        attention: every call of a pass.
    """
    if not blocks.layers:
        return blocks.reason
    attending = without_readers(attention)
    if reason := next((block.reason for block in attending if block.reason), ""):
        return f"LeGrad needs blocks in which all tokens attend to all. {reason}"
    if any(block.layout is None or block.layout.grid != blocks.layers[-1].layout.grid for block in attending):
        return "The blocks of this network have different grids of cells: LeGrad has no mean over them."
    return ""


def _keys(read: ReadOff, target: Target) -> Iterator[list[np.ndarray]]:
    """For each block, and each call of attention in it, (tokens,): what the target gains by attention to each."""
    weights = [call.weights for calls in read.calls for call in calls]
    with differentiable(read.logits.device), memory_for_a_pass():
        value = torch.stack([value_of(target, logits) for logits in read.logits]).sum()
        slopes = torch.autograd.grad(value, weights, retain_graph=True, allow_unused=True, materialize_grads=True)
        found = iter([array(slope.clamp(min=0).flatten(0, -2).mean(0)) for slope in slopes])
    for calls in read.calls:
        yield [next(found) for _ in calls]
