"""How is a network built without memory for its weights, so that it can be looked at before any is taken?"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from gradcam_core.config import settings
from gradcam_core.errors import ModelError


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
