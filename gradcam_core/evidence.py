"""What does a method get to see of one forward pass? The `Evidence` of one class, each part computed when asked."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
import torch
from torch import Tensor, nn

from gradcam_core.attention.later import LaterAttention
from gradcam_core.attention.lens import ReadOff
from gradcam_core.attention.passes import AttentionPass
from gradcam_core.hooks import replacing
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.methods.base import LayerRecord
from gradcam_core.models import LoadedModel
from gradcam_core.progress import Progress, silent
from gradcam_core.recording import Recording, array, copied, differentiable, memory_for_a_pass, record
from gradcam_core.scoring.function import batch_logits, batch_size
from gradcam_core.targets import Target, value_of


class NotFiniteError(Exception):
    """The network gave values that are not finite; it ends the method."""


@dataclass(eq=False)
class PassEvidence:
    """The evidence of one target in one forward pass; see `methods.base.Evidence` for what each part is.

    Attributes:
        target: what is explained; `class_index` is -1 where that is not one class.
        later: the attention of the same image.
        against: the other class, for a method that needs one.
        expected: forward passes that the method is said to take.
        progress: told how many it has taken after each batch; a job's report lets quick work pass there. Raise
            `Cancelled` in it to stop the method.
    """

    model: LoadedModel
    layer: TargetLayer
    input_tensor: Tensor
    recorded: Recording
    class_index: int
    target: Target
    later: LaterAttention
    against: int | None = None
    expected: int = 0
    progress: Progress = silent
    _done: int = field(default=0, init=False)

    @property
    def layers(self) -> Sequence[TargetLayer]:
        return self.model.layers

    @property
    def other_class(self) -> int:
        if self.against is None:
            raise ValueError("A method that reads the other class says so in its needs.")
        return self.against

    @property
    def logits(self) -> np.ndarray:
        return _finite(array(self.recorded.logits))

    @property
    def module(self) -> nn.Module:
        return self.model.module

    @property
    def activation(self) -> np.ndarray:
        return _finite(self.recorded.activation(self.layer.name))

    @property
    def gradient(self) -> np.ndarray:
        return self._gradient(self.target)

    def gradient_of(self, weights: Mapping[int, float]) -> np.ndarray:
        return self._gradient(tuple(sorted(weights.items())))

    def _gradient(self, target: Target) -> np.ndarray:
        return _finite(self.recorded.gradient(self.layer.name, target))

    @property
    def attention(self) -> AttentionPass:
        before, recorded = self.later.forwards, self.later.recorded()
        self._advance(self.later.forwards - before)
        _finite(array(recorded.logits))
        return recorded

    @property
    def read_off(self) -> ReadOff:
        before, read = self.later.forwards, self.later.read_off()
        self._advance(self.later.forwards - before)
        _finite(array(read.logits))
        return read

    def at(self, names: Sequence[str]) -> Sequence[LayerRecord]:
        targets = [self.model.layer(name) for name in names]
        recorded = self.recorded
        if not recorded.outputs.keys() >= set(names):
            recorded = record(self.model, self.input_tensor, names)
            self._advance(1)
        return [
            LayerRecord(one, _finite(recorded.activation(one.name)), _finite(recorded.gradient(one.name, self.target)))
            for one in targets
        ]

    def input_gradient(self) -> np.ndarray:
        with differentiable(self.model.device), memory_for_a_pass():
            leaf = copied(self.input_tensor, self.model.device).requires_grad_()
            value = value_of(self.target, self.model.logits(self.module(leaf.clone()))[0])
            (gradient,) = torch.autograd.grad(value, leaf)
        self._advance(1)
        return _finite(array(gradient[0]))

    def scores(self, inputs: Iterable[Tensor]) -> np.ndarray:
        return self._in_batches(inputs, self._logits)

    def scores_from(self, activations: Iterable[Tensor]) -> np.ndarray:
        return self._in_batches(activations, self._logits_from)

    def _in_batches(self, inputs: Iterable[Tensor], run: Callable[[Tensor], Tensor]) -> np.ndarray:
        remaining, scores = iter(inputs), [np.empty((0, len(self.model.labels)), dtype=np.float32)]
        size = batch_size(self.model)
        while batch := list(islice(remaining, size)):
            scores.append(batch_logits(self.model, torch.cat(batch), run))
            self._advance(len(batch))
        return _finite(np.concatenate(scores))

    def _logits(self, batch: Tensor) -> Tensor:
        outputs: Tensor = self.module(batch)
        return outputs

    def _logits_from(self, batch: Tensor) -> Tensor:
        """One image up to the layer, all of the batch behind it; a network that counts its images gets as many."""
        image = copied(self.input_tensor, self.model.device)
        own = self.recorded.outputs[self.layer.name].detach()
        with replacing(self.layer.name, self.layer.layout.output(batch, own)):
            with suppress(RuntimeError):
                outputs = self._logits(image.clone())
                if len(outputs) == len(batch):
                    return outputs
            return self._logits(image.repeat(len(batch), 1, 1, 1))

    def _advance(self, forwards: int) -> None:
        self._done += forwards
        self.progress(self._done, max(self.expected, self._done))


def _finite(values: np.ndarray) -> np.ndarray:
    if not np.isfinite(values).all():
        raise NotFiniteError
    return values
