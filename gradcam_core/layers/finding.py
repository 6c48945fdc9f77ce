"""Which layers can be explained, and which one first? Told by what they give in a forward pass, never by a name."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from torch import Tensor, nn

from gradcam_core.errors import LayerError
from gradcam_core.layers.blocks import blocks, default_layer, holders, is_within
from gradcam_core.layers.calls import Call, Forward, run
from gradcam_core.layers.layouts import Layout
from gradcam_core.layers.numbers import MANY, Numbers, numbers_of, stand_in
from gradcam_core.layers.reasons import (
    reason_of_absence,
    reason_of_calls,
    reason_of_handing_on,
    reason_of_head,
    reason_of_independence,
    reason_of_no_reach,
    reason_of_shape,
)


@dataclass(frozen=True)
class TargetLayer:
    """A module that is called once in a forward and whose output can be read as a map that the class depends on.

    Attributes:
        kind: its class, for people.
        layout: how its output becomes maps.
        is_block: whether it is a stage, a block or the default, offered before the rest.
    """

    name: str
    kind: str
    layout: Layout
    is_block: bool = False

    @property
    def channels(self) -> int:
        """Of its map."""
        return self.layout.channels

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of its map."""
        return self.layout.width, self.layout.height


@dataclass(frozen=True)
class FoundLayers:
    """The candidates in the order in which they finish, and the one to explain first.

    Attributes:
        excluded: why, in a sentence, for every other named module.
        unread: those of them that give a map whose cells the class does not depend on, only tokens before them.
        notes: what is doubtful about the network as a classifier, a sentence each.
    """

    candidates: tuple[TargetLayer, ...]
    default: str
    num_outputs: int
    excluded: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[TargetLayer, ...] = ()
    notes: tuple[str, ...] = ()

    def with_default(self, name: str) -> "FoundLayers":
        """The same, with another layer to explain first; like the usual one it is offered before the rest."""
        candidates = (replace(layer, is_block=True) if layer.name == name else layer for layer in self.candidates)
        return replace(self, candidates=tuple(candidates), default=name)


_NO_HEAD = "Its last layer with weights is a normalisation: its outputs may be features and not the scores of classes."


def find_layers(module: nn.Module, input_tensor: Tensor) -> FoundLayers:
    """Run the network once and see what its layers give; again where shapes leave a question (`Numbers`).

    Args:
        module: an image classifier in eval mode; its output is (1, outputs).
        input_tensor: (1, channels, height, width): noise, always the same, so that the answer is; or on the meta
            device with the network, where a copy with random weights is asked what shapes do not tell.

    Raises:
        LayerError: if no layer gives a map, or the output is another one.
    """
    forward = run(module, input_tensor)
    times = Counter(call.name for call in forward.calls)
    once = [call for call in forward.calls if times[call.name] == 1]
    readable = [call for call in once if call.layouts]
    head = _head(forward, readable)
    outside = [call for call in readable if not is_within(call.name, head)] or readable
    if not outside:
        raise _no_map(is_repeated=any(call.layouts for call in forward.calls))
    found, unread = _answered(module, input_tensor, outside)
    default = default_layer(module, once, found)
    unreached = {call.name: reason_of_no_reach(call.layout.prefix) for call in unread}
    reasons = _reasons_of_uncalled(module, forward) | _reasons_of_called(forward.calls, times, head) | unreached
    names = {call.name for call in found}
    return FoundLayers(
        candidates=_target_layers(found, blocks(module, found) | {default}),
        default=default,
        num_outputs=forward.num_outputs,
        excluded={name: reason for name, reason in reasons.items() if name not in names},
        unread=_target_layers(unread, ()),
        notes=() if _has_head(module, forward) else (_NO_HEAD,),
    )


def _target_layers(calls: Sequence[Call], offered: Collection[str]) -> tuple[TargetLayer, ...]:
    return tuple(
        TargetLayer(call.name, type(call.module).__name__, call.layout, call.name in offered) for call in calls
    )


def _no_map(*, is_repeated: bool) -> LayerError:
    """No layer can be explained; `is_repeated` says that maps there are, each of a layer that is called again."""
    if is_repeated:
        return LayerError(
            "Every layer of this network that gives a map is called several times in one forward pass, so that no map "
            "is that of the answer.",
            hint="Explain the network within, which sees the image once: without test-time augmentation, say.",
        )
    return LayerError(
        "No layer of this network gives a map.",
        hint="Choose a network whose layers give a grid of cells over the image: a convolutional one or a "
        "vision transformer.",
    )


def normalised_after(layers: Sequence[TargetLayer], name: str) -> TargetLayer | None:
    """The first normalisation that ends after this layer; None where there is none."""
    after = [layer.name for layer in layers].index(name) + 1
    return next((layer for layer in layers[after:] if "norm" in layer.kind.lower()), None)


def _answered(module: nn.Module, input_tensor: Tensor, calls: list[Call]) -> tuple[list[Call], list[Call]]:
    """The calls with one layout each: those whose cells the class depends on, and the others."""
    is_doubtful = any(len(call.layouts) > 1 for call in calls)
    has_prefix = any(call.layout.prefix for call in calls)
    if not is_doubtful and not has_prefix:  # then the cells are all that can be read
        return calls, []
    numbers = numbers_of(module, input_tensor)
    calls = numbers.settled(calls)
    if not has_prefix:
        return calls, []
    reached = numbers.reached(calls) or _reached_in(stand_in(module, input_tensor), calls)
    found = [call for call in calls if call.name in reached] or calls
    names = {call.name for call in found}
    return found, [call for call in calls if call.name not in names]


def _reached_in(numbers: Numbers, calls: list[Call]) -> set[str]:
    """Asked of other weights where the network's own tell nothing, as those of a head of zeros before training."""
    with suppress(RuntimeError):
        return numbers.reached(calls, MANY)
    return set()


def _head(forward: Forward, readable: Sequence[Call]) -> str:
    """The part that holds the layer whose channels are the outputs: the largest one that does not hold every map."""
    for call in reversed(forward.calls):
        has_weights = call.is_plain and any(True for _ in call.module.parameters())
        if has_weights and call.shape is not None and len(call.shape) > 1 and call.shape[1] == forward.num_outputs:
            parts = [call.name, *holders(call.name)][::-1]
            return next((part for part in parts if not all(is_within(one.name, part) for one in readable)), "")
    return ""


def _has_head(module: nn.Module, forward: Forward) -> bool:
    """Whether what is computed with last is no normalisation of as many channels as there are outputs."""
    last = forward.used[-1] if forward.used else 0
    for part in module.modules():
        own = list(part.parameters(recurse=False))
        if any(id(weight) == last for weight in own):
            return any(tuple(weight.shape) != (forward.num_outputs,) for weight in own)
    return True


def _reasons_of_called(calls: Sequence[Call], times: Mapping[str, int], head: str) -> dict[str, str]:
    """Why each module that was called is no candidate, should it be none."""
    return {
        call.name: reason_of_calls(times[call.name]) if times[call.name] > 1 else _reason_of_output(call, head)
        for call in calls
    }


def _reason_of_output(call: Call, head: str) -> str:
    """What could be read as a map and yet was left out is in the head."""
    if call.layouts and is_within(call.name, head):
        return reason_of_head()
    if call.shape is None or len(call.shape) <= 2:
        return reason_of_shape(call.shape)
    if call.hands_on:
        return reason_of_handing_on()
    return reason_of_shape(call.shape) if call.depends else reason_of_independence(call.shape)


def _reasons_of_uncalled(module: nn.Module, forward: Forward) -> dict[str, str]:
    """Why each module that was never called has no map."""
    called = {call.name for call in forward.calls}
    with_called_parts = {holder for name in called for holder in holders(name)}
    used = set(forward.used)
    return {
        name: reason_of_absence(
            has_parts=name in with_called_parts, lends_weights=any(id(weight) in used for weight in child.parameters())
        )
        for name, child in module.named_modules()
        if name and name not in called
    }
