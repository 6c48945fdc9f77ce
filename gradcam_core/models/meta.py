"""How is a network run for its shapes alone, without its weights' memory and without touching it?"""

import copy
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from gradcam_core.config import settings
from gradcam_core.errors import ModelError


def meta_copy(module: nn.Module) -> nn.Module:
    """The same network on torch's meta device: no memory for its tensors, none of its hooks.

    The given network is only read, so other threads may use it meanwhile. A hook that is part of the computation,
    as weight normalisation's, is left out as well: it changes values and no shapes.
    """
    replaced: dict[int, Any] = {}  # what deepcopy is to take instead, by the original's id
    for child in module.modules():
        replaced |= {id(tensor): _on_meta(tensor) for tensor in _tensors(child)}
        replaced |= {id(value): OrderedDict() for key, value in list(vars(child).items()) if _holds_hooks(key, value)}
    return copy.deepcopy(module, replaced)


class TensorsOnMeta(TorchFunctionMode):
    """Within it, layers make their weights without memory, while what a network computes from sizes stays real.

    (RegNet computes its widths with tensors, which a `torch.device("meta")` round it makes impossible.)
    """

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in _FACTORIES:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


_FACTORIES: set[Callable[..., Any]] = {torch.empty, torch.zeros, torch.ones, torch.randn, torch.rand}


def check_parameters(name: str, module: nn.Module) -> None:
    """Refuse a network that is larger than the setting."""
    count, most = sum(parameter.numel() for parameter in module.parameters()), settings().max_parameters
    if count > most:
        raise ModelError(
            f"{name} has {count / 1e6:,.1f} million parameters, and at most {most / 1e6:,.1f} million are loaded.",
            hint="Choose a smaller network, or raise HEATPROOF_MAX_PARAMETERS.",
        )


def _tensors(module: nn.Module) -> Iterator[Tensor]:
    """A module's own parameters, buffers, and tensors that are plain attributes."""
    yield from module.parameters(recurse=False)
    yield from module.buffers(recurse=False)
    yield from (value for value in list(vars(module).values()) if isinstance(value, Tensor))


def _on_meta(tensor: Tensor) -> Tensor:
    empty = torch.empty_like(tensor, device="meta", requires_grad=False)
    return nn.Parameter(empty, requires_grad=tensor.requires_grad) if isinstance(tensor, nn.Parameter) else empty


def _holds_hooks(key: str, value: object) -> bool:
    return "_hooks" in key and isinstance(value, dict)
