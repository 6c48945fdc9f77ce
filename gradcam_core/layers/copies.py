"""How is a network copied with other tensors in the place of its own?"""

import copy
import math
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn


def copy_with(module: nn.Module, make: Callable[[Tensor], Tensor]) -> nn.Module:
    """The same network with what `make` gives for each tensor, and with none of its hooks.

    The given network is only read, so other threads may use it meanwhile. A hook that is part of the computation,
    as weight normalisation's, is left out as well: it changes values and no shapes.
    """
    replaced: dict[int, Any] = {}  # what deepcopy is to take instead, by the original's id
    for child in module.modules():
        replaced |= {id(tensor): _alike(tensor, make(tensor)) for tensor in _tensors(child)}
        replaced |= {id(value): OrderedDict() for key, value in list(vars(child).items()) if _holds_hooks(key, value)}
    return copy.deepcopy(module, replaced)


def with_random_values(module: nn.Module) -> nn.Module:
    """A copy on the CPU with other weights, always the same, which take hardly any memory.

    The elements of a tensor share a few random numbers. So it computes nothing of use, but what depends on what is
    as in the network itself.
    """
    return copy_with(module, _random)


def _random(tensor: Tensor) -> Tensor:
    """Neighbours along any diagonal are one number; vectors are above 0, as a variance must be; whole numbers are 0."""
    shape = tuple(tensor.shape)
    if not tensor.is_floating_point() or not tensor.numel():
        return torch.zeros(shape, dtype=tensor.dtype)
    seeded = torch.Generator().manual_seed(len(shape))
    if tensor.dim() < 2:
        return 0.5 + torch.rand(shape, generator=seeded)
    numbers = torch.randn(sum(shape) - len(shape) + 1, generator=seeded) / math.sqrt(tensor.numel() / shape[0])
    return numbers.as_strided(shape, (1,) * len(shape))


def _alike(tensor: Tensor, made: Tensor) -> Tensor:
    return nn.Parameter(made, requires_grad=tensor.requires_grad) if isinstance(tensor, nn.Parameter) else made


def _tensors(module: nn.Module) -> Iterator[Tensor]:
    """A module's own parameters, buffers, and tensors that are plain attributes."""
    yield from module.parameters(recurse=False)
    yield from module.buffers(recurse=False)
    yield from (value for value in list(vars(module).values()) if isinstance(value, Tensor))


def _holds_hooks(key: str, value: object) -> bool:
    return "_hooks" in key and isinstance(value, dict)
