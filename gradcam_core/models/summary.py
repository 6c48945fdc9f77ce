"""What is a network made of: its layers, their output shapes, parameters and multiply-adds, as torchinfo counts them?

torchinfo switches a network to eval mode and hooks it, so it is given a copy on the meta device, which also needs
neither weights nor memory. Multiply-adds are torchinfo's: for each layer's weight and bias, how often it is used;
what a network computes outside of layers (the products within attention, additions, activations) is not counted.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
import torchinfo
from torch import nn
from torchinfo.layer_info import LayerInfo
from torchinfo.torchinfo import clear_cached_forward_pass

from gradcam_core.errors import ModelError
from gradcam_core.layers.reasons import Shape, shape_text
from gradcam_core.models.meta import meta_copy
from gradcam_core.text import printable

LARGEST_SIDE = 10_000
_BYTES_OF_A_NUMBER = 4  # float32
_LONGEST_CAUSE = 200  # letters


@dataclass(frozen=True)
class SummaryRow:
    """One call of a layer, or a layer that is not called itself.

    A layer that is called several times has a row for each call, as in torchinfo; a shared layer bears its first name.

    Attributes:
        name: with dots, as `named_modules` gives it; "" for the network itself.
        depth: 0 for the network itself, 1 for its parts.
        kind: its class.
        output_shape: of the first tensor that this call gives; None where it gives none or is not called.
        own_parameters: that it holds itself.
        total_parameters: with those of its parts.
        mult_adds: of this call with its parts.
        has_children: whether rows of its parts follow.
        calls: how often it is called in one forward pass.
        is_repeat: whether it has a row above; sums over rows leave this one's parameters out.
    """

    name: str
    depth: int
    kind: str
    output_shape: Shape | None
    own_parameters: int
    total_parameters: int
    mult_adds: int
    has_children: bool = False
    calls: int = 0
    is_repeat: bool = False


@dataclass(frozen=True)
class ModelSummary:
    """A network at one input shape: rows in torchinfo's order, then its totals.

    Attributes:
        rows: the network itself first. A layer that is never called, which torchinfo leaves out, stands behind the
            rows of the layer that holds it.
        trainable_parameters: those that the architecture trains; explaining trains none.
        input_bytes: of one input of this shape.
        forward_backward_bytes: torchinfo's estimate: twice the outputs of the layers that have parameters and no parts.
        parameter_bytes: torchinfo's: of the layers without parts, so a class token of a transformer is not in it.
    """

    input_shape: tuple[int, int, int, int]
    rows: tuple[SummaryRow, ...]
    total_parameters: int
    trainable_parameters: int
    mult_adds: int
    input_bytes: int
    forward_backward_bytes: int
    parameter_bytes: int

    @property
    def estimated_bytes(self) -> int:
        """torchinfo's estimate of the memory that one pass forward and backward takes."""
        return self.input_bytes + self.forward_backward_bytes + self.parameter_bytes


def summarize(module: nn.Module, input_shape: Sequence[int], *, title: str = "This network") -> ModelSummary:
    """Count what a network is made of; it is only read, and may be on any device, the meta device included.

    Args:
        module: takes one tensor of float32.
        input_shape: (images, channels, height, width).
        title: of the network, for errors.

    Raises:
        ModelError: if it can't take such an input, or can't be run without values.
    """
    images, channels, height, width = shape = _checked(input_shape)
    network = meta_copy(module)
    try:
        # As data, for torchinfo would make an input of real memory. Its cache would keep the network.
        found = torchinfo.summary(network, input_data=torch.empty(shape, device="meta"), verbose=0)
        clear_cached_forward_pass()
    except RuntimeError as error:
        raise _refusal(error, shape, title) from error
    return ModelSummary(
        input_shape=(images, channels, height, width),
        rows=_rows(network, found.summary_list),
        total_parameters=found.total_params,
        trainable_parameters=found.trainable_params,
        mult_adds=found.total_mult_adds,
        input_bytes=math.prod(shape) * _BYTES_OF_A_NUMBER,
        forward_backward_bytes=found.total_output_bytes,
        parameter_bytes=found.total_param_bytes,
    )


def _checked(shape: Sequence[int]) -> tuple[int, ...]:
    if len(shape) != 4 or not all(1 <= side <= LARGEST_SIDE for side in shape):
        raise ModelError(
            f"An input can't be {shape_text(tuple(shape))}.",
            hint=f"Images, channels, height and width, each from 1 to {LARGEST_SIDE:,}, such as 1 x 3 x 224 x 224.",
        )
    return tuple(shape)


def _refusal(error: RuntimeError, shape: Shape, title: str) -> ModelError:
    """torchinfo wraps whatever a network raises; a network that asks a shape for its values says so by its device."""
    cause = printable(" ".join(str(error.__cause__ or error).split()))
    said = f"It says: {cause[:_LONGEST_CAUSE]}"
    if isinstance(error.__cause__, NotImplementedError) or "meta" in cause:
        return ModelError(
            f"{title} can't be summarised: it computes with values where only shapes are known.", hint=said
        )
    return ModelError(f"{title} can't take an input of {shape_text(shape)}.", hint=f"Give another size. {said}")


def _rows(network: nn.Module, found: Sequence[LayerInfo]) -> tuple[SummaryRow, ...]:
    names = {module: name for name, module in network.named_modules()}
    rows = [_row(names[info.module], info) for info in found]
    calls = Counter(row.name for row, info in zip(rows, found, strict=True) if info.executed)
    rows = _with_uncalled(rows, network)
    return tuple(
        replace(row, calls=calls[row.name], is_repeat=is_repeat, has_children=has_children)
        for row, is_repeat, has_children in zip(rows, _are_repeats(rows), _have_children(rows), strict=True)
    )


def _row(name: str, info: LayerInfo) -> SummaryRow:
    leaves = [info] if info.is_leaf_layer else [child for child in info.children if child.is_leaf_layer]
    return SummaryRow(
        name=name,
        depth=info.depth,
        kind=info.class_name,
        output_shape=tuple(info.output_size) if info.executed and info.output_size else None,
        own_parameters=_count(info.module.parameters(recurse=False)),
        total_parameters=_count(info.module.parameters()),
        mult_adds=sum(leaf.macs for leaf in leaves),
    )


def _with_uncalled(rows: list[SummaryRow], network: nn.Module) -> list[SummaryRow]:
    """Put each module that torchinfo left out behind the last row of the part that holds it."""
    rows, present = list(rows), {row.name for row in rows}
    for name, module in network.named_modules():
        if name not in present:
            holder = name.rpartition(".")[0]
            place = max(place for place, row in enumerate(rows) if not holder or _is_within(row.name, holder))
            depth = next(row.depth for row in rows if row.name == holder) + 1
            rows.insert(place + 1, _row(name, LayerInfo("", module, depth)))
            present.add(name)
    return rows


def _is_within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}.")


def _are_repeats(rows: Iterable[SummaryRow]) -> list[bool]:
    first: dict[str, int] = {}
    return [first.setdefault(row.name, place) != place for place, row in enumerate(rows)]


def _have_children(rows: Sequence[SummaryRow]) -> list[bool]:
    return [*(following.depth > row.depth for row, following in pairwise(rows)), False]


def _count(parameters: Iterable[nn.Parameter]) -> int:
    return sum(parameter.numel() for parameter in parameters)
