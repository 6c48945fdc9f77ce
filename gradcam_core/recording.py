"""What does one forward pass of a network leave? Outputs of its layers, the logits, and the graph between them."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from gradcam_core.errors import LayerError
from gradcam_core.hooks import recording
from gradcam_core.layers.layouts import Layout
from gradcam_core.models import LoadedModel
from gradcam_core.resources.memory import enough_memory
from gradcam_core.resources.store import LruStore
from gradcam_core.targets import Target, value_of

_KEPT_BYTES = 32_000_000  # of gradients of one recording: of a ResNet-50's last block 80 classes, of all its blocks two


@dataclass(frozen=True, eq=False)
class Recording:
    """One forward pass; it pins the graph above the earliest of its layers.

    Attributes:
        outputs: by layer, each as its layer gives it.
        layouts: by layer, how that becomes a map.
        logits: (classes,); a binary model's one logit z is (-z, z).
    """

    outputs: Mapping[str, Tensor]
    layouts: Mapping[str, Layout]
    logits: Tensor
    _gradients: LruStore[dict[str, Tensor]] = field(default_factory=lambda: LruStore(_KEPT_BYTES))  # by target

    def activation(self, layer: str) -> np.ndarray:
        """(channels, h, w) float32, read-only."""
        return self._map(layer, self.outputs[layer])

    def value(self, target: Target) -> float:
        """What is explained."""
        return float(value_of(target, self.logits).detach())

    def gradient(self, layer: str, target: Target) -> np.ndarray:
        """d target / d activation, (channels, h, w) float32, read-only; zeros where it does not depend on the layer.

        The first question about a target is one backward pass, which serves all layers of the recording; those of
        the last targets are kept.

        Raises:
            MethodError: if the target is no number that depends on the logits.
            ResourceError: if the memory does not suffice.
        """
        known = self._gradients.get(target)
        if known is None:
            known = self._backward(target)
            self._gradients.put(target, known, sum(gradient.nbytes for gradient in known.values()))
        return self._map(layer, known[layer])

    def _map(self, layer: str, output: Tensor) -> np.ndarray:
        """(channels, h, w) of what has the layer's own layout."""
        return array(self.layouts[layer].maps(output.detach())[0].contiguous())

    def _backward(self, target: Target) -> dict[str, Tensor]:
        if not self.logits.requires_grad:
            return {name: torch.zeros_like(output) for name, output in self.outputs.items()}
        with differentiable(self.logits.device), memory_for_a_pass():
            gradients = torch.autograd.grad(
                value_of(target, self.logits),
                list(self.outputs.values()),
                retain_graph=True,
                allow_unused=True,
                materialize_grads=True,
            )
        return dict(zip(self.outputs, gradients, strict=True))


def record(model: LoadedModel, input_tensor: Tensor, layers: Collection[str]) -> Recording:
    """Run the model once and keep what these layers gave.

    Args:
        input_tensor: (1, 3, height, width), normalised.
        layers: those that can be explained, or of which the class reads the tokens before the cells alone.

    Raises:
        LayerError: if a layer took no part.
        ResourceError: if the memory does not suffice.
    """
    with differentiable(model.device), memory_for_a_pass(), recording(layers) as outputs:
        logits = model.logits(model.module(copied(input_tensor, model.device)))[0]
    recorded = {name: output for name, output in outputs.items() if output is not None}
    for name in outputs.keys() - recorded.keys():
        raise LayerError(f"{name} took no part in the forward pass.", hint=f"Choose {model.default_layer}.")
    layouts = {layer.name: layer.layout for layer in (*model.layers, *model.unread)}
    return Recording(recorded, {name: layouts[name] for name in recorded}, logits)


def copied(tensor: Tensor, device: torch.device) -> Tensor:
    """On the device, and free to be changed: a network may write into its input."""
    return tensor.detach().to(device, copy=True)


def array(tensor: Tensor) -> np.ndarray:
    """Its values, float32 and read-only."""
    values = np.asarray(tensor.detach().float().cpu().numpy()).view()
    values.setflags(write=False)
    return values


@contextmanager
def differentiable(device: torch.device) -> Iterator[None]:
    """Record gradients, in full precision, whatever mode the caller is in."""
    torch.get_num_threads()  # a fresh thread takes over the number that was set only once it is asked
    with torch.inference_mode(False), torch.enable_grad(), torch.autocast(device.type, enabled=False):
        yield


def memory_for_a_pass() -> AbstractContextManager[None]:
    """Running out of memory inside becomes a ResourceError."""
    return enough_memory(
        "There is not enough memory for this model and image.", hint="Try a smaller model, or once more later."
    )
