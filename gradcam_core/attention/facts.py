"""What can be done with a model's attention? Found out by one forward pass, once for a model."""

from dataclasses import dataclass

import torch

from gradcam_core.attention.blocks import attention_block, why_not_followed
from gradcam_core.attention.recording import recording_attention
from gradcam_core.models import LoadedModel
from gradcam_core.models.module_copy import cause_of
from gradcam_core.recording import memory_for_a_pass
from gradcam_core.resources.memory import is_out_of_memory
from gradcam_core.resources.store import LruStore


@dataclass(frozen=True)
class AttentionFacts:
    """What can't be done with a model's attention, and why: a sentence each, empty where it can be done.

    Attributes:
        not_followed: following it from block to block.
    """

    not_followed: str = ""


_kept: LruStore[AttentionFacts] = LruStore(2_000)  # each counts as one


def attention_facts(model: LoadedModel) -> AttentionFacts:
    """Told by the shapes of one forward pass on noise when first asked for, then kept by the hash of the weights.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    key = (model.weights_sha256, model.description_sha256)
    return _kept.get(key) or _kept.put(key, _found(model), 1)


def _found(model: LoadedModel) -> AttentionFacts:
    mode = recording_attention(model.module, shapes_only=True)
    noise = torch.randn(1, *model.input_spec.shape, generator=torch.Generator().manual_seed(0)).to(model.device)
    with memory_for_a_pass():
        try:
            with torch.no_grad(), mode:
                model.module(noise)
        except Exception as error:  # a stranger's module raises anything, and other methods may explain it
            if is_out_of_memory(error):
                raise
            return AttentionFacts(f"The attention of this network can't be recorded: {cause_of(error)}.")
    blocks = [attention_block(call.name, call.weights.shape, model.layers) for call in mode.calls]
    return AttentionFacts(why_not_followed(blocks, mode.unseen))
