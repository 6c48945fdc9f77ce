"""Which convolutions of a file hold the batch normalisation that followed them?

Before a network is exported, each normalisation is often multiplied into the convolution before it, which gets a bias.
The same function is the network with that bias in its normalisation, which then changes nothing else.
"""

from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from gradcam_core.checkpoints.naming import listed

State = dict[str, Tensor]
_Norm = nn.BatchNorm1d | nn.BatchNorm2d
_OWN = ("weight", "bias", "running_mean", "running_var")


def unfuse(module: nn.Module, state: Mapping[str, Tensor]) -> tuple[State, tuple[str, ...]]:
    """The state with a normalisation that adds the convolution's bias, wherever the file has none.

    Args:
        module: the network, which may be on the meta device.
        state: by its names; one without fused layers is given back as it is.
    """
    result, fused = dict(state), []
    for convolution, name, norm in _pairs(module):
        bias = state.get(f"{convolution}.bias")
        is_absent = not any(f"{name}.{own}" in state for own in _OWN)
        if is_absent and bias is not None and bias.shape == (norm.num_features,):
            result |= {f"{name}.{own}": value for own, value in _adding(bias, norm.eps).items()}
            del result[f"{convolution}.bias"]
            fused.append(name)
    said = f"The file holds {listed(fused)} within the convolutions before: they were put back as that bias."
    return result, (said,) if fused else ()


def _pairs(module: nn.Module) -> Iterator[tuple[str, str, _Norm]]:
    """Each normalisation, and the convolution without bias that stands before it in the order of the parts."""
    before = ""
    for name, part in module.named_modules():
        if isinstance(part, _Norm) and before:
            yield before, name, part
        if any(True for _ in part.parameters(recurse=False)):
            before = name if isinstance(part, nn.Conv2d) and part.bias is None else ""


def _adding(bias: Tensor, eps: float) -> dict[str, Tensor]:
    """What makes a normalisation add `bias`: its divisor, the root of the variance and eps, is 1."""
    one = torch.ones(bias.shape)
    return {"weight": one, "bias": bias, "running_mean": torch.zeros(bias.shape), "running_var": one - eps}
