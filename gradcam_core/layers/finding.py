"""Which layers can be explained, and which one first?"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from gradcam_core.errors import LayerError
from gradcam_core.layers.reasons import (
    reason_of_absence,
    reason_of_calls,
    reason_of_channels_last,
    reason_of_head,
    reason_of_shape,
)


@dataclass(frozen=True)
class TargetLayer:
    """A module that is called once in a forward and gives a spatial map.

    Attributes:
        kind: its class, for people.
        size: (width, height) of its map.
        is_block: whether it is a stage or a block, offered before the rest.
    """

    name: str
    kind: str
    channels: int
    size: tuple[int, int]
    is_block: bool = False


@dataclass(frozen=True)
class FoundLayers:
    """The candidates in the order in which they finish, and the one to explain first.

    Attributes:
        excluded: why, in a sentence, for every other named module.
    """

    candidates: tuple[TargetLayer, ...]
    default: str
    num_outputs: int
    excluded: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Call:
    """One module's call: its name, itself and the shape it gave (None where that is no tensor)."""

    name: str
    module: nn.Module
    shape: tuple[int, ...] | None


def find_layers(module: nn.Module, input_tensor: Tensor) -> FoundLayers:
    """Run the network once and see what its layers give.

    Args:
        module: an image classifier in eval mode; its output is (1, outputs).
        input_tensor: (1, 3, side, side); the square is how a map is told from (h, w, channels).

    Raises:
        LayerError: if no layer gives a spatial map.
    """
    with _calls(module) as calls, _UsedParameters() as used, torch.no_grad():
        num_outputs = int(module(input_tensor).shape[1])
    head = _head(calls, num_outputs)
    spatial = _with_channels_first(module, input_tensor, [c for c in _called_once(calls) if _is_spatial(c.shape)])
    spatial = [call for call in spatial if not _is_within(call.name, head)] or spatial
    if not spatial:
        raise LayerError("No layer of this network gives a spatial map.", hint="Choose a convolutional network.")
    default = _default(spatial)
    blocks = _blocks(module, spatial) | {default}
    layers = tuple(_target_layer(call, is_block=call.name in blocks) for call in spatial)
    absent = _reasons_of_uncalled(module, {call.name for call in calls}, used)
    excluded = absent | _reasons_of_called(calls, {layer.name for layer in layers}, head)
    return FoundLayers(layers, default, num_outputs, excluded)


@contextmanager
def _calls(module: nn.Module) -> Iterator[list[_Call]]:
    """Every call of a forward, in the order in which they end."""
    calls: list[_Call] = []

    def note(name: str) -> Any:
        def hook(called: nn.Module, _inputs: Any, output: Any) -> None:
            calls.append(_Call(name, called, tuple(output.shape) if isinstance(output, Tensor) else None))

        return hook

    handles = [child.register_forward_hook(note(name)) for name, child in module.named_modules() if name]
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()


class _UsedParameters(TorchFunctionMode):
    """Within it, every parameter that something is computed with is noted; reading its shape or device is no use."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[int] = set()

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") != "__get__":
            self.ids |= {id(value) for value in (*args, *(kwargs or {}).values()) if isinstance(value, nn.Parameter)}
        return func(*args, **(kwargs or {}))


def _reasons_of_called(calls: list[_Call], candidates: set[str], head: str) -> dict[str, str]:
    """Why each module that was called is no candidate, where it is none."""
    times = Counter(call.name for call in calls)
    return {
        call.name: reason_of_calls(times[call.name]) if times[call.name] > 1 else _reason_of_output(call, head)
        for call in calls
        if call.name not in candidates
    }


def _reason_of_output(call: _Call, head: str) -> str:
    """What is shaped like a map and yet was left out is in the head, or has its channels last."""
    reason = reason_of_shape(call.shape)
    if reason or call.shape is None:
        return reason
    return reason_of_head() if _is_within(call.name, head) else reason_of_channels_last(call.shape)


def _reasons_of_uncalled(module: nn.Module, called: set[str], used: _UsedParameters) -> dict[str, str]:
    """Why each module that was never called has no map."""
    holders = {holder for name in called for holder in _holders(name)}
    return {
        name: reason_of_absence(
            has_parts=name in holders, lends_weights=any(id(weight) in used.ids for weight in child.parameters())
        )
        for name, child in module.named_modules()
        if name and name not in called
    }


def _holders(name: str) -> Iterator[str]:
    while name := _parent(name):
        yield name


def _called_once(calls: list[_Call]) -> list[_Call]:
    names = [call.name for call in calls]
    return [call for call in calls if names.count(call.name) == 1]


def _head(calls: list[_Call], num_outputs: int) -> str:
    """The part at the top of the network that holds the layer whose channels are the outputs."""
    for call in reversed(calls):
        is_last = next(call.module.children(), None) is None and any(True for _ in call.module.parameters())
        if is_last and call.shape is not None and len(call.shape) > 1 and call.shape[1] == num_outputs:
            return call.name.split(".")[0]
    return ""


def _is_within(name: str, part: str) -> bool:
    return bool(part) and (name == part or name.startswith(part + "."))


def _is_spatial(shape: tuple[int, ...] | None) -> bool:
    """Whether this is (1, channels, side, side); a 1 × 1 map points nowhere."""
    return shape is not None and len(shape) == 4 and shape[2] == shape[3] > 1


def _with_channels_first(module: nn.Module, input_tensor: Tensor, spatial: list[_Call]) -> list[_Call]:
    """Leave out what is (1, side, side, channels) with as many channels as cells in a row.

    Only a wider input tells the two apart: it leaves the rows of a map with channels first as many as they were.
    A network that takes no wider input is believed.
    """
    doubtful = {call.name: call.shape for call in spatial if call.shape and call.shape[1] == call.shape[2]}
    if not doubtful:
        return spatial
    wider = torch.cat([input_tensor, input_tensor], dim=3)
    with suppress(RuntimeError, ValueError, AssertionError), _calls(module) as calls, torch.no_grad():
        module(wider)
        rows = {call.name: call.shape[2] for call in calls if call.shape and len(call.shape) == 4}
        return [c for c in spatial if c.name not in doubtful or rows.get(c.name) == doubtful[c.name][2]]
    return spatial


def _default(spatial: list[_Call]) -> str:
    """The last block before global pooling: the last stage, or its last child where it is a plain sequence."""
    unpooled = [call for call in spatial if "pool" not in type(call.module).__name__.lower()] or spatial
    stage = unpooled[-1]
    if isinstance(stage.module, nn.Sequential) and "." not in stage.name:
        return next((call.name for call in reversed(unpooled) if _parent(call.name) == stage.name), stage.name)
    return stage.name


def _blocks(module: nn.Module, spatial: list[_Call]) -> set[str]:
    """Stages, their blocks, and, where layers simply follow one another, the last one at each resolution."""
    path = [call for call in spatial if call.name.count(".") <= 1 and _is_sequence(module, _parent(call.name))]
    blocks = {call.name for call in path if next(call.module.children(), None) is not None}
    for call, following in zip(path, [*path[1:], None], strict=True):
        is_last = following is None or call.shape[2] != following.shape[2]  # type: ignore[index]
        if is_last and "pool" not in type(call.module).__name__.lower():
            blocks.add(call.name)
    return blocks


def _parent(name: str) -> str:
    return name.rpartition(".")[0]


def _is_sequence(module: nn.Module, name: str) -> bool:
    """Whether this part's children follow one another (the root's do; an Inception's branches do not)."""
    return not name or isinstance(module.get_submodule(name), nn.Sequential | nn.ModuleList)


def _target_layer(call: _Call, *, is_block: bool) -> TargetLayer:
    _, channels, height, width = call.shape  # type: ignore[misc]
    return TargetLayer(call.name, type(call.module).__name__, channels, (width, height), is_block)
