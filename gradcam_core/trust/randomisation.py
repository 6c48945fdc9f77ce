"""Does the map depend on what the network has learnt? Destroy a copy of it from the output down, and look.

Definition: the weights of one group of layers after another are permuted within their tensors, the output first, and
each time the map is made again and compared with that of the network as it is (Adebayo et al. 2018, "Sanity Checks for
Saliency Maps", cascading randomization). They draw new weights; permuting keeps each tensor's own values. Statistics of
batch normalisation are recomputed, else the network is constant and the map undefined.
Similarity: Spearman with and without sign, -1 to 1; about 0 for a map that owes all to what was learnt. Undefined (NaN)
where a map is flat. Cost: for each step one map and one forward pass of a few images.
Pitfalls: a map that stays the same does not depend on the weights; one that changes need not be right (Binder et al.
2023: maps that say nothing pass as well). What is near the input is destroyed last and shapes the map longest.
"""

import copy
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from gradcam_core.errors import ModelError
from gradcam_core.metrics.similarity import spearman
from gradcam_core.models import LoadedModel
from gradcam_core.progress import Progress, silent
from gradcam_core.resources.memory import enough_memory, is_out_of_memory
from gradcam_core.scoring.function import batch_logits

_FEWEST_LAYERS = 4  # of a part that is divided: a convolution and its normalisation stay together
_MOST_PARTS = 20
_LATER = "Try a smaller model, or once more later."


@dataclass(frozen=True, eq=False)
class Step:
    """A network with some of its weights destroyed.

    Attributes:
        destroyed: the parts whose weights are permuted, from the output down; the last is this step's.
        model: to be explained as any other, until the next step is taken, which destroys more of it. Its name and
            hash are its own, so that no answer of it is taken for the intact network's.
    """

    destroyed: tuple[str, ...]
    model: LoadedModel


@dataclass(frozen=True)
class Similarity:
    """How alike two raw maps are, -1 to 1; NaN where one of them is flat or not finite.

    Attributes:
        signed: Spearman of the values.
        unsigned: Spearman of their magnitudes.
    """

    signed: float
    unsigned: float


def similarity(intact: np.ndarray, destroyed: np.ndarray) -> Similarity:
    """Of two raw maps of one shape."""
    return Similarity(spearman(intact, destroyed), spearman(np.abs(intact), np.abs(destroyed)))


def cascade(model: LoadedModel, inputs: Tensor, *, seed: int = 0, progress: Progress = silent) -> Iterator[Step]:
    """Destroy a copy of the network, part by part from the output down; the last step leaves no weight in its place.

    The model itself is only read: other threads may go on explaining it. The same seed gives the same networks.

    Args:
        inputs: (n, 3, side, side), normalised, for the statistics of batch normalisation: the image itself will do,
            several are better. Their mirror images are added.
        progress: told before each step how many are done; raise `Cancelled` in it to stop.

    Raises:
        ModelError: if the network can't be copied.
        ResourceError: if the memory does not suffice.
    """
    own = _copied(model)
    parts = parts_from_the_output(own, inputs[:1])
    for done, part in enumerate(parts):
        progress(done, len(parts))
        _permute(own.module, part.layers, seed)
        yield _recalibrated(own, parts[: done + 1], inputs, seed)
    progress(len(parts), len(parts))


def destroyed_whole(model: LoadedModel, inputs: Tensor, *, seed: int = 0) -> Step:
    """The last step of `cascade` at once: no weight is in its place."""
    own = _copied(model)
    parts = parts_from_the_output(own, inputs[:1])
    for part in parts:
        _permute(own.module, part.layers, seed)
    return _recalibrated(own, parts, inputs, seed)


@dataclass(frozen=True)
class Part:
    """A part of the network, and the layers within it that have weights of their own; "" is the network itself."""

    name: str
    layers: tuple[str, ...]


def parts_from_the_output(model: LoadedModel, input_tensor: Tensor) -> list[Part]:
    """What is destroyed step by step: at most about 20 parts of the network, what a forward pass begins last first.

    The part with the most layers is divided again and again, as long as there are not too many.
    """
    parts = _divided(_with_weights(model.module), "")
    while True:
        largest = max(parts, key=lambda part: len(part.layers), default=Part("", ()))
        smaller = _divided(largest.layers, largest.name)
        if len(largest.layers) < _FEWEST_LAYERS or len(parts) + len(smaller) - 1 > _MOST_PARTS:
            break
        parts = [*(part for part in parts if part is not largest), *smaller]
    begun = _order_of_calls(model, input_tensor)
    return sorted(parts, key=lambda part: max(_when(name, begun) for name in part.layers), reverse=True)


def _with_weights(module: nn.Module) -> list[str]:
    return [name for name, child in module.named_modules() if next(child.parameters(recurse=False), None) is not None]


def _divided(layers: Sequence[str], part: str) -> list[Part]:
    """The layers by the next level of their names below the part's."""
    depth = part.count(".") + 2 if part else 1
    groups: dict[str, list[str]] = {}
    for name in layers:
        groups.setdefault(".".join(name.split(".")[:depth]), []).append(name)
    return [Part(name, tuple(names)) for name, names in groups.items()]


def _order_of_calls(model: LoadedModel, input_tensor: Tensor) -> dict[str, int]:
    """When the last call of each module begins; the model is the caller's own copy."""
    calls: list[str] = []

    def note(name: str) -> Any:
        return lambda _module, _inputs: calls.append(name)

    handles = [child.register_forward_pre_hook(note(name)) for name, child in model.module.named_modules()]
    try:
        batch_logits(model, input_tensor)
    finally:
        for handle in handles:
            handle.remove()
    return {name: index for index, name in enumerate(calls)}


def _when(name: str, begun: dict[str, int]) -> int:
    """A module that is never called lends its weights to the one that holds it."""
    while name and name not in begun:
        name = name.rpartition(".")[0]
    return begun[name]


def _copied(model: LoadedModel) -> LoadedModel:
    """With a network of its own. Its hooks come along: they know names alone, and write to their thread's record."""
    title = model.spec.title
    with torch.inference_mode(False), enough_memory(f"There is not enough memory for a copy of {title}.", hint=_LATER):
        try:
            return replace(model, module=copy.deepcopy(model.module))
        except (RuntimeError, TypeError) as error:
            if is_out_of_memory(error):
                raise
            raise ModelError(f"{title} can't be copied, so its weights can't be destroyed.") from error


def _permute(module: nn.Module, layers: Sequence[str], seed: int) -> None:
    """Each tensor in an order of its own, which the seed and its name decide, whatever else is destroyed."""
    with torch.inference_mode(False), torch.no_grad():
        for layer in layers:
            for name, weight in module.get_submodule(layer).named_parameters(recurse=False):
                drawn = int.from_bytes(hashlib.sha256(f"{seed} {layer}.{name}".encode()).digest()[:8], "big") >> 1
                order = torch.randperm(weight.numel(), generator=torch.Generator().manual_seed(drawn))
                weight.copy_(weight.flatten()[order.to(weight.device)].view_as(weight))


def _recalibrated(own: LoadedModel, parts: Sequence[Part], inputs: Tensor, seed: int) -> Step:
    """The step that this network is, once its batch normalisation has seen these inputs and their mirror images."""
    names = [name for part in parts for name in part.layers]
    layers = [layer for layer in map(own.module.get_submodule, names) if isinstance(layer, _BatchNorm)]
    momenta = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # the plain mean over what it sees
        layer.train()
    try:
        if layers:
            batch_logits(own, torch.cat([inputs, inputs.flip(-1)]))
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.eval()
            layer.momentum = momentum
    return _step(own, tuple(part.name for part in parts), seed)


def _step(own: LoadedModel, destroyed: tuple[str, ...], seed: int) -> Step:
    digest = hashlib.sha256(f"{own.weights_sha256} {destroyed} {seed}".encode()).hexdigest()
    down_to = f"destroyed down to {destroyed[-1] or 'the input'}"
    spec = replace(own.spec, name=f"{own.spec.name} {digest[:8]}", title=f"{own.spec.title}, {down_to}")
    return Step(destroyed, replace(own, spec=spec, weights_sha256=digest))
