"""What would a transformer answer if it ended after each of its blocks? Read off by its own norm, pooling and head.

The output of the last block is replaced by that of an earlier one, and the network runs on from there: nothing of what
follows the blocks has to be known. The logit lens of nostalgebraist (2020), as the network itself reads its last block.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
from torch import Tensor

from gradcam_core.attention.blocks import AttentionBlock
from gradcam_core.attention.passes import AttentionPass, attend
from gradcam_core.attention.recording import AttentionCall, recording_attention
from gradcam_core.attention.succession import Succession, succession
from gradcam_core.errors import LayerError
from gradcam_core.hooks import batching
from gradcam_core.models import LoadedModel
from gradcam_core.recording import array, copied, differentiable, memory_for_a_pass

_Calls = tuple[tuple[AttentionCall, ...], ...]
_Run = Callable[[Sequence[str]], tuple[Tensor, Sequence[AttentionCall]]]
_SAME = 1e-3  # of the largest logit: in the last row stands the answer, to rounding
_UNLIKE = "What follows its blocks does not run on from their outputs alone."


@dataclass(frozen=True, eq=False)
class LogitLens:
    """What a network answers after each of its blocks.

    Attributes:
        layers: names of the blocks that it is read off after, in order.
        logits: (blocks, classes) float32, read-only; the last row is the prediction, to rounding.
        probabilities: likewise.
        reason: why it can't be read off after every block, in one sentence; empty where it can. It may still be after
            the last ones.
    """

    layers: tuple[str, ...]
    logits: np.ndarray
    probabilities: np.ndarray
    reason: str = ""

    def best(self, count: int) -> list[list[tuple[int, float]]]:
        """Of each row the likeliest classes and their probabilities, the likeliest first."""
        return [
            [(int(index), float(probable[index])) for index in np.argsort(-logits, kind="stable")[:count]]
            for logits, probable in zip(self.logits, self.probabilities, strict=True)
        ]


@dataclass(frozen=True, eq=False)
class ReadOff:
    """A network that was read off after each of its blocks. With gradients it pins the graph of each block.

    Attributes:
        blocks: those that it was read off after, and why not after all.
        attention: every call of it in the network.
        logits: (blocks, classes); each row depends on the attention of its own block alone.
        calls: of attention, those in each of the blocks; empty where gradients were not asked for.
    """

    blocks: Succession
    attention: tuple[AttentionBlock, ...]
    logits: Tensor
    calls: _Calls = ()


def logit_lens(model: LoadedModel, input_tensor: Tensor, *, attention: AttentionPass | None = None) -> LogitLens:
    """The logits after each block. Two forward passes, unless what follows the blocks takes one image alone.

    Args:
        input_tensor: (1, 3, height, width), normalised.
        attention: as in `read_off`.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    read = read_off(model, input_tensor, attention=attention)
    return LogitLens(read.blocks.names, array(read.logits), array(model.probabilities(read.logits)), read.blocks.reason)


def read_off(
    model: LoadedModel, input_tensor: Tensor, *, attention: AttentionPass | None = None, gradients: bool = False
) -> ReadOff:
    """Run the model, and what follows its last block on the outputs of all blocks, as one batch.

    Args:
        input_tensor: (1, 3, height, width), normalised.
        attention: a pass of this model on this image, if there is one: it spares a forward pass.
        gradients: whether those of each row for the attention of its block will be asked for.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    attention = attend(model, input_tensor) if attention is None else attention
    blocks = succession(attention.blocks, (*model.layers, *model.unread))
    if blocks.layers:
        run = partial(_run, model, input_tensor, blocks, gradients=gradients)
        for read in (_in_one_pass, _one_by_one):
            logits, calls = read(blocks, run)
            if _ends_in(attention.logits, logits, len(blocks.layers)):
                return ReadOff(blocks, attention.blocks, logits, calls)
        blocks = Succession(reason=_UNLIKE)
    return ReadOff(blocks, attention.blocks, attention.logits.new_empty(0, len(attention.logits)))


def _in_one_pass(blocks: Succession, run: _Run) -> tuple[Tensor, _Calls]:
    """No rows where what follows the blocks does not take several images."""
    with suppress(RuntimeError, ValueError, IndexError, AssertionError):
        logits, calls = run(blocks.names)
        return logits, _within(blocks, [calls] * len(blocks.layers))
    return torch.empty(0), ()


def _one_by_one(blocks: Succession, run: _Run) -> tuple[Tensor, _Calls]:
    passes = [run((name,)) for name in blocks.names]
    return torch.cat([logits for logits, _ in passes]), _within(blocks, [calls for _, calls in passes])


def _run(
    model: LoadedModel, input_tensor: Tensor, blocks: Succession, chosen: Sequence[str], *, gradients: bool
) -> tuple[Tensor, Sequence[AttentionCall]]:
    """(chosen, classes), and all calls of attention if their gradients are wanted."""
    mode = recording_attention(model.module, gradients=True) if gradients else None
    image = copied(input_tensor, model.device)
    here = batching(blocks.names, chosen)
    with differentiable(model.device), memory_for_a_pass(), here as called, mode or nullcontext():
        logits = model.logits(model.module(image))
    if tuple(called) != blocks.names:
        raise LayerError("The blocks of this network are not called in their order, once each.")
    return logits, () if mode is None else mode.calls


def _within(blocks: Succession, passes: Sequence[Sequence[AttentionCall]]) -> _Calls:
    """Of each block the calls in it, from the pass in which it was read off after that block."""
    return tuple(
        tuple(calls[place] for place in places) for places, calls in zip(blocks.calls, passes, strict=True) if calls
    )


def _ends_in(answer: Tensor, logits: Tensor, blocks: int) -> bool:
    """Whether there is a row for each block, and the last one is the network's own answer."""
    if len(logits) != blocks:
        return False
    difference = float((logits[-1] - answer).detach().abs().max())
    return difference <= _SAME * max(1.0, float(answer.detach().abs().max()))
