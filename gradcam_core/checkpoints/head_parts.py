"""Of which layers can a description make a head, and how are they put into a network?

`"head": {"fc": ["linear 256", "relu", "dropout", "linear"]}` puts a sequence in the place of the part `fc`; the last
`linear` gives the outputs, and each layer's inputs follow from the one before it.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from gradcam_core.errors import ModelError
from gradcam_core.text import printable

_SIMPLE: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "relu6": nn.ReLU6,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "selu": nn.SELU,
    "gelu": nn.GELU,
    "silu": nn.SiLU,
    "mish": nn.Mish,
    "hardswish": nn.Hardswish,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "softplus": nn.Softplus,
    "prelu": nn.PReLU,
    "dropout": nn.Dropout,
    "identity": nn.Identity,
    "flatten": nn.Flatten,
    "pool": lambda: nn.AdaptiveAvgPool2d(1),
}
_SIZED: dict[str, Callable[[int], nn.Module]] = {"batch_norm": nn.BatchNorm1d, "layer_norm": nn.LayerNorm}
_LINEAR = re.compile(r"linear(?: (\d{1,6}))?")
MOST_LAYERS = 20
MOST_PARTS = 4

DOUBLING = "concat_pool"


class ConcatPool(nn.Module):
    """The largest value and the mean of each channel, one after the other, as fastai's heads begin."""

    def forward(self, maps: Tensor) -> Tensor:
        """(n, C, h, w) → (n, 2C, 1, 1)."""
        return torch.cat([maps.amax((2, 3), keepdim=True), maps.mean((2, 3), keepdim=True)], dim=1)


@dataclass(frozen=True)
class Head:
    """What stands in the place of some of a network's parts: the layers of each, in words, by the part's name."""

    parts: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """The part that gives the outputs; "" if no part is replaced."""
        return list(self.parts)[-1] if self.parts else ""


WHOLE = Head()  # nothing is replaced


def replace_parts(module: nn.Module, head: Head, num_outputs: int) -> None:
    """Put the head's layers into a network on the meta device.

    Raises:
        ModelError: if the network has no such part, or a layer is not known.
    """
    doubled = any(DOUBLING in texts for texts in head.parts.values())
    for place, texts in head.parts.items():
        if place not in dict(module.named_modules()) or not place:
            children = ", ".join(name for name, _ in module.named_children())
            raise ModelError(
                f"The head is to replace {printable(place[:80])!r}, which is no part of the network.",
                hint=f"Its parts are {children}.",
            )
        size = columns(module.get_submodule(place)) * (2 if doubled else 1)
        module.set_submodule(place, _sequence(texts, size, num_outputs))


def pooled(module: nn.Module, place: str) -> list[str]:
    """What makes one row of numbers of maps, if the part at `place` does that itself."""
    kinds = [type(part) for part in module.get_submodule(place).modules()]
    pools = any(issubclass(kind, nn.AdaptiveAvgPool2d) for kind in kinds)
    return ["pool"] * pools + ["flatten"] * (pools or nn.Flatten in kinds)


def last_layer(module: nn.Module) -> str:
    """The name of the last part that has a matrix or kernels: what gives the scores."""
    names: list[str] = [name for name, part in module.named_modules() if isinstance(part, nn.Linear | nn.Conv2d)]
    return names[-1]


def columns(part: nn.Module) -> int:
    """How many numbers the first layer with weights takes; 0 if there is none."""
    for layer in part.modules():
        if isinstance(layer, nn.Linear):
            return layer.in_features
        if isinstance(layer, nn.Conv2d):
            return layer.in_channels
        if isinstance(layer, nn.LayerNorm):
            return int(layer.normalized_shape[0])
    return 0


def _sequence(texts: Sequence[str], size: int, num_outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    with torch.device("meta"):
        for text in texts:
            layer = _layer(text, size, num_outputs)
            size = layer.out_features if isinstance(layer, nn.Linear) else size
            layers.append(layer)
    return nn.Sequential(*layers)


def _layer(text: str, size: int, num_outputs: int) -> nn.Module:
    found = _LINEAR.fullmatch(text)
    if found and size:
        return nn.Linear(size, int(found[1] or num_outputs))
    if text in _SIZED and size:
        return _SIZED[text](size)
    if text == DOUBLING:
        return ConcatPool()
    if text in _SIMPLE:
        return _SIMPLE[text]()
    raise _unknown(text)


def _unknown(text: str) -> ModelError:
    known = ", ".join(["linear 256", "linear", *_SIZED, *_SIMPLE, DOUBLING])
    return ModelError(f"The head has a layer {printable(text[:80])!r}, which is not known.", hint=f"Known are {known}.")
