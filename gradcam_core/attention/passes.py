"""What does one forward pass of a model tell of its attention? Every block's weights, and their gradients."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from gradcam_core.attention.blocks import AttentionBlock, attention_block, why_not_followed
from gradcam_core.attention.recording import AttentionCall, recording_attention
from gradcam_core.errors import MethodError
from gradcam_core.models import LoadedModel
from gradcam_core.recording import array, copied, differentiable, memory_for_a_pass
from gradcam_core.targets import Target, value_of


@dataclass(frozen=True, eq=False)
class AttentionPass:
    """The attention of one image. With gradients it pins the graph above the first block.

    Attributes:
        blocks: what each call of attention is, in the order of the forward pass. Which of them lie beside each other is
            known with gradients only.
        calls: what each gave.
        logits: (classes,); those of the plain forward pass to rounding.
        unseen: the parts whose attention could not be recorded.
    """

    blocks: tuple[AttentionBlock, ...]
    calls: tuple[AttentionCall, ...]
    logits: Tensor
    unseen: tuple[str, ...] = ()

    @cached_property
    def why_not_followed(self) -> str:
        """Why attention can't be followed from block to block, in one sentence; empty where it can."""
        return why_not_followed(self.blocks, self.unseen)

    def weights(self, block: int) -> np.ndarray:
        """(heads, queries, keys) float32, read-only, rows sum to 1; in windows (windows, heads, queries, keys)."""
        return _of_one_image(self.calls[block].weights)

    def values(self, block: int) -> np.ndarray | None:
        """(heads, keys, width), what the weights are multiplied with; as `weights`. None where it was not kept."""
        values = self.calls[block].values
        return None if values is None else _of_one_image(values)

    def gradients(self, target: Target) -> tuple[np.ndarray, ...]:
        """d target / d weights of every block, each as `weights`; zeros where it does not depend on them.

        One backward pass.

        Raises:
            ValueError: if the pass was made without gradients.
            ResourceError: if the memory does not suffice.
        """
        return tuple(_of_one_image(gradient) for gradient in self._gradients(target, self.calls))

    def readers(self, target: Target) -> np.ndarray:
        """(tokens,) the share of each token of the last block in what is read of it: above 0 or 0, their sum is 1.

        Read are those whose own attention the target depends on: a class token alone, or all cells where their mean
        is taken. So the numbers tell, and no description of the model.

        Raises:
            MethodError: if no token is read, as where the weights after the last block are all zero.
            ValueError: if the pass was made without gradients.
        """
        (gradient,) = self._gradients(target, self.calls[-1:])
        is_read = _of_one_image(gradient).any(axis=(0, 2))  # (heads, queries, keys) → (queries,)
        if not is_read.any():
            raise MethodError(
                "What is explained depends on no attention of the last block.",
                hint="Is the network trained? Choose another class or method.",
            )
        return np.asarray(is_read / is_read.sum(), dtype=np.float32)

    def _gradients(self, target: Target, calls: Sequence[AttentionCall]) -> tuple[Tensor, ...]:
        weights = [call.weights for call in calls]
        if not weights or not self.logits.requires_grad:
            raise ValueError("This pass was made without gradients, or has no attention.")
        with differentiable(self.logits.device), memory_for_a_pass():
            return torch.autograd.grad(
                value_of(target, self.logits), weights, retain_graph=True, allow_unused=True, materialize_grads=True
            )


def attend(model: LoadedModel, input_tensor: Tensor, *, gradients: bool = False, values: bool = False) -> AttentionPass:
    """Run the model once and keep the attention of every block and head.

    Args:
        input_tensor: (1, 3, height, width), normalised.
        gradients: whether those of a class will be asked for.
        values: whether what the weights are multiplied with is kept.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    mode = recording_attention(model.module, gradients=gradients, values=values)
    image = copied(input_tensor, model.device)
    with differentiable(model.device), memory_for_a_pass(), mode:
        logits = model.logits(model.module(image))[0]
    return pass_of(model, mode, logits)


def pass_of(model: LoadedModel, mode: recording_attention, logits: Tensor) -> AttentionPass:
    """What was recorded while a model gave these logits, (classes,)."""
    layers = (*model.layers, *model.unread)
    blocks = tuple(
        attention_block(call.name, call.weights.shape, layers, is_changed=call.is_changed, is_beside=call.is_beside)
        for call in mode.calls
    )
    return AttentionPass(blocks, tuple(mode.calls), logits, tuple(mode.unseen))


def _of_one_image(tensor: Tensor) -> np.ndarray:
    """Without a side of one image."""
    return array(tensor[0] if tensor.dim() == 4 and len(tensor) == 1 else tensor)
