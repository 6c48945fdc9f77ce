"""How is somebody's module used without touching it? As a copy of its structure that shares its weights."""

import copy
import hashlib
from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DataParallel, DistributedDataParallel
from torch.optim.swa_utils import AveragedModel
from torch.overrides import TorchFunctionMode

from gradcam_core.errors import ModelError
from gradcam_core.resources.memory import is_out_of_memory
from gradcam_core.text import counted, shortened

_AROUND = (DataParallel, DistributedDataParallel, AveragedModel)  # each holds the network as `module`
_RUN_BY_FORWARD = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
_LONGEST_CAUSE = 200


def original_of(module: nn.Module) -> nn.Module:
    """The network itself, without DataParallel, an average of weights or torch.compile round it."""
    while isinstance(module, _AROUND) or hasattr(module, "_orig_mod"):
        module = module.module if isinstance(module, _AROUND) else module._orig_mod  # type: ignore[assignment]
    return module


def frozen_copy(module: nn.Module) -> tuple[nn.Module, tuple[str, ...]]:
    """The same network in eval mode and float32, and a sentence for each difference; the given one is only read.

    Its parameters are new objects over the same memory (a copy only where they are not float32). Buffers are copied,
    for a forward pass may write into them. Hooks are left out, but for torch's own, which compute weights.

    Raises:
        ModelError: if it can't be copied, or is no network that can be differentiated.
    """
    check_kind(module)
    left_out: list[str] = []
    own = _copied(module, left_out).eval()
    notes = []
    if left_out:
        notes.append(
            f"{counted(len(left_out), 'hook', 'hooks')} of its layers ({', '.join(sorted(set(left_out))[:3])}) "
            "can't see or change what happens here: what is explained is the network without them."
        )
    others = {tensor.dtype for tensor in own.state_dict().values() if tensor.is_floating_point()} - {torch.float32}
    if others:
        names = ", ".join(sorted(str(dtype).removeprefix("torch.") for dtype in others))
        notes.append(f"Its weights are {names}; a copy in float32 is explained, whose last digits differ.")
        own = own.float()
    return own.requires_grad_(False), tuple(notes)


def check_kind(module: nn.Module) -> None:
    """Refuse a network without layers that Python calls, without weights, or without gradients."""
    for name, child in module.named_modules():
        if isinstance(child, torch.jit.ScriptModule):
            raise ModelError(
                f"{_named(name)} is scripted or traced, and hides its layers.",
                hint="Give the module that it was made from.",
            )
        if ".quantized." in f"{type(child).__module__}.":
            raise ModelError(
                f"{_named(name)} is quantised ({type(child).__name__}), and has no gradients.",
                hint="Give the network in floating point that it was made from.",
            )
    for name, parameter in module.named_parameters():
        if nn.parameter.is_lazy(parameter):
            raise ModelError(
                f"{name} has no values yet: its layer has not seen an input.",
                hint="Run the network once, and give it its trained weights.",
            )


def device_of(module: nn.Module) -> torch.device:
    """Where all its tensors are; the CPU where it has none.

    Raises:
        ModelError: if they are on several devices, or on the meta device.
    """
    devices = {tensor.device for tensor in (*module.parameters(), *module.buffers())}
    if len(devices) > 1:
        names = ", ".join(sorted(map(str, devices)))
        raise ModelError(f"Its weights are on several devices: {names}.", hint="Move it to one of them.")
    if torch.device("meta") in devices:
        raise ModelError("Its weights have no values: they are on the meta device.", hint="Load them first.")
    return devices.pop() if devices else torch.device("cpu")


def hash_of(module: nn.Module) -> str:
    """The SHA-256 of what the layers are and of all their tensors: equal for equal networks (0.6 s for a gigabyte)."""
    digest = hashlib.sha256(repr(module).encode())
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        values = tensor.detach().cpu().contiguous().flatten().view(torch.uint8)
        digest.update(values.numpy().data)
    return digest.hexdigest()


def _copied(module: nn.Module, left_out: list[str]) -> nn.Module:
    """A deep copy but for the parameters' memory; `left_out` gets the name of a layer for each hook of others."""
    memo: dict[int, Any] = {id(parameter): _sharing(parameter) for parameter in module.parameters()}
    for name, child in module.named_modules():
        for key, hooks in vars(child).items():
            if "_hooks" in key and isinstance(hooks, dict):
                own = {number: hook for number, hook in hooks.items() if _is_torchs(hook)}
                left_out += [name or "the whole"] * (len(hooks) - len(own)) * (key in _RUN_BY_FORWARD)
                memo[id(hooks)] = OrderedDict((number, copy.deepcopy(hook, memo)) for number, hook in own.items())
    try:
        with _TensorsDetached():
            for child in reversed(list(module.modules())):  # what is inside first
                if original_of(child) is not child:
                    memo[id(child)] = copy.deepcopy(original_of(child), memo)
            copied: nn.Module = copy.deepcopy(module, memo)
    except Exception as error:  # whatever an attribute of somebody's module raises
        if is_out_of_memory(error):
            raise
        raise ModelError(
            f"{type(module).__name__} can't be copied: {cause_of(error)}.",
            hint="Leave that attribute out, or give the part of it that is the network.",
        ) from error
    return copied


class _TensorsDetached(TorchFunctionMode):
    """Within it, a tensor that was computed (a stored activation, a normed weight) is copied by its values."""

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if func is not Tensor.__deepcopy__:
            return func(*args, **(kwargs or {}))
        tensor, memo = args
        if id(tensor) not in memo:
            memo[id(tensor)] = tensor.detach().clone()
        return memo[id(tensor)]


def _sharing(parameter: nn.Parameter) -> nn.Parameter:
    """A new parameter over the same memory; what was made in inference mode can't be differentiated and is copied."""
    values = parameter.detach()
    return nn.Parameter(values.clone() if values.is_inference() else values, requires_grad=False)


def _is_torchs(hook: Any) -> bool:
    """Whether a hook is part of torch, as weight normalisation's (or a flag that belongs to one)."""
    home = getattr(getattr(hook, "func", hook), "__module__", "") or ""
    return isinstance(hook, bool) or home.partition(".")[0] == "torch"


def _named(name: str) -> str:
    return f"Its layer {name}" if name else "The network"


def cause_of(error: BaseException) -> str:
    """What a stranger's code raised, on one line and without the last full stop."""
    return shortened(f"{type(error).__name__}: {error}", _LONGEST_CAUSE).rstrip(" .:")
