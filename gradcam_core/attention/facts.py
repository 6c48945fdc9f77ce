"""What can be done with a model's attention? Found out by a forward pass or two, once for a model."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.autograd.graph import saved_tensors_hooks

from gradcam_core.attention.legrad import why_no_legrad
from gradcam_core.attention.lens import read_off
from gradcam_core.attention.passes import AttentionPass, pass_of
from gradcam_core.attention.recording import recording_attention
from gradcam_core.attention.succession import Succession, succession
from gradcam_core.errors import HeatproofError
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.models import LoadedModel
from gradcam_core.models.module_copy import cause_of
from gradcam_core.recording import differentiable, memory_for_a_pass
from gradcam_core.resources.memory import is_out_of_memory
from gradcam_core.resources.store import LruStore


@dataclass(frozen=True)
class AttentionFacts:
    """What is known of a model's attention.

    Attributes:
        not_followed: why it can't be followed from block to block, in a sentence; empty where it can.
        not_read_off: why the network can't be read off after blocks in which all tokens attend to all, likewise.
        read_off_partly: why not after every one of its blocks, likewise.
        blocks: that follow one another up to the last, whose outputs can be recorded; also where a map has no use of
            the last one, for only tokens beside its cells are read.
    """

    not_followed: str = ""
    not_read_off: str = ""
    read_off_partly: str = ""
    blocks: tuple[TargetLayer, ...] = ()


_kept: LruStore[AttentionFacts] = LruStore(2_000)  # each counts as one


def attention_facts(model: LoadedModel) -> AttentionFacts:
    """Told by the shapes of forward passes on noise when first asked for, then kept by the hash of the weights.

    One pass; where the network may be read off after its blocks, a second.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    key = (model.weights_sha256, model.description_sha256)
    return _kept.get(key) or _kept.put(key, _found(model), 1)


def _found(model: LoadedModel) -> AttentionFacts:
    noise = torch.randn(1, *model.input_spec.shape, generator=torch.Generator().manual_seed(0)).to(model.device)
    with memory_for_a_pass():
        try:
            attention = _shapes(model, noise)
            blocks = succession(attention.blocks, (*model.layers, *model.unread))
            return AttentionFacts(attention.why_not_followed, *_reading(model, noise, attention, blocks), blocks.layers)
        except Exception as error:  # a stranger's module raises anything, and other methods may explain it
            if is_out_of_memory(error):
                raise
            said = error.message if isinstance(error, HeatproofError) else f"{cause_of(error)}."
            reason = f"The attention of this network can't be recorded: {said}"
            return AttentionFacts(reason, reason)


def _shapes(model: LoadedModel, noise: Tensor) -> AttentionPass:
    """A pass without the numbers of its weights; its graph, which tells what depends on what, holds none either."""
    mode, nothing = recording_attention(model.module, gradients=True, shapes_only=True), torch.empty(0)
    nothing_kept = saved_tensors_hooks(lambda _: nothing, lambda kept: kept)
    with differentiable(model.device), nothing_kept, mode:
        logits = model.logits(model.module(noise.clone()))[0]
    return pass_of(model, mode, logits.detach())


def _reading(model: LoadedModel, noise: Tensor, attention: AttentionPass, blocks: Succession) -> tuple[str, str]:
    """Why the network can't be read off, and why not after all blocks; the shapes tell most, before it is tried."""
    if attention.unseen:
        return attention.why_not_followed, ""
    if reason := why_no_legrad(blocks, attention.blocks):
        return reason, ""
    read = read_off(model, noise, attention=attention).blocks
    return why_no_legrad(read, attention.blocks), read.reason if read.layers else ""
