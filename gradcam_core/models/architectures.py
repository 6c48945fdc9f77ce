"""Which networks can a checkpoint's description name, and how is one built?

The list is fixed: our own networks and torchvision's classifiers. No text from a file is ever imported or looked up
elsewhere. A torchvision `inception_v3` or `googlenet` is built without auxiliary heads and without
`transform_input`: weights that were trained with it want 0.5 as mean and std in their description.
"""

import difflib
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torchvision import models

from gradcam_core.checkpoints.weights import check_fit, load_into
from gradcam_core.config import settings
from gradcam_core.errors import ModelError
from gradcam_core.tinynet import TinyNet
from gradcam_core.tinyvit import TinyViT

OWN: dict[str, Callable[[int], nn.Module]] = {"heatproof/tinynet": TinyNet, "heatproof/tinyvit": TinyViT}
_TORCHVISION = "torchvision/"
_WITHOUT_AUXILIARY = {"aux_logits": False, "init_weights": False}
_OPTIONS: dict[str, dict[str, Any]] = {"googlenet": _WITHOUT_AUXILIARY, "inception_v3": _WITHOUT_AUXILIARY}
_AUXILIARY = {"googlenet": ("aux1.", "aux2."), "inception_v3": ("AuxLogits.",)}  # heads that only training uses


def architectures() -> tuple[str, ...]:
    """Every name that a description may give."""
    return *OWN, *(_TORCHVISION + name for name in models.list_models(module=models))


def check_architecture(name: str) -> None:
    """Refuse a name that is not in the list, with those that are nearly it."""
    known = architectures()
    if name not in known:
        found = difflib.get_close_matches(name, known, n=3)
        near, close = (
            ("Near that name", found) if found else ("Two of the known ones", [next(iter(OWN)), "torchvision/resnet18"])
        )
        raise ModelError(f"The architecture {name[:80]!r} is not known.", hint=f"{near}: {', '.join(close)}.")


def build(name: str, num_outputs: int, state: Mapping[str, Tensor]) -> nn.Module:
    """The network with these weights, float32 on the CPU.

    Names, shapes and the number of parameters are compared on a skeleton before any memory is taken.

    Raises:
        ModelError: if the architecture is unknown or too large, or the weights do not fit it.
    """
    module = meta_module(name, num_outputs)
    return materialize(module, {key: value for key, value in state.items() if not key.startswith(_unused(name))})


def meta_module(name: str, num_outputs: int) -> nn.Module:
    """The network without memory for its weights; ModelError if it is unknown or too large."""
    check_architecture(name)
    module = _skeleton(name, num_outputs)
    _check_parameters(name, module)
    return module


def materialize(module: nn.Module, state: Mapping[str, Tensor]) -> nn.Module:
    """A skeleton with these weights; ModelError if they do not fit it."""
    check_fit(module, state)
    module.to_empty(device="cpu")  # memory for every tensor; `load_into` fills each, there are no unsaved buffers
    load_into(module, state)
    return module


class _TensorsOnMeta(TorchFunctionMode):
    """Within it, layers make their weights without memory, while what a network computes from sizes stays real.

    (RegNet computes its widths with tensors, which a `torch.device("meta")` round it makes impossible.)
    """

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in _FACTORIES:
            kwargs["device"] = "meta"
        return func(*args, **kwargs)


_FACTORIES: set[Callable[..., Any]] = {torch.empty, torch.zeros, torch.ones}


def _skeleton(name: str, num_outputs: int) -> nn.Module:
    with _TensorsOnMeta():
        if name in OWN:
            return OWN[name](num_outputs)
        short = name.removeprefix(_TORCHVISION)
        module: nn.Module = models.get_model(short, weights=None, num_classes=num_outputs, **_OPTIONS.get(short, {}))
        return module


def _check_parameters(name: str, module: nn.Module) -> None:
    count, most = sum(parameter.numel() for parameter in module.parameters()), settings().max_parameters
    if count > most:
        raise ModelError(
            f"{name} has {count / 1e6:,.1f} million parameters, and at most {most / 1e6:,.1f} million are loaded.",
            hint="Choose a smaller network, or raise HEATPROOF_MAX_PARAMETERS.",
        )


def _unused(name: str) -> tuple[str, ...]:
    return _AUXILIARY.get(name.removeprefix(_TORCHVISION), ())
