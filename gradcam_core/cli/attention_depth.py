"""What does a transformer answer after each of its blocks, and which of its cells stand out?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from gradcam_core.attention.lens import LogitLens, logit_lens
from gradcam_core.attention.passes import AttentionPass
from gradcam_core.attention.sinks import sink_layer, sinks_in
from gradcam_core.cli.formatting import columns
from gradcam_core.config import settings
from gradcam_core.models import LoadedModel
from gradcam_core.sentences import percent, short_label
from gradcam_core.text import counted, display_name

_BEST = 3  # classes after each block
_NAMED = 8  # cells


@dataclass(frozen=True, eq=False)
class Depth:
    """What is read off on the way through a network.

    Attributes:
        lens: what it answers after each block.
        sinks: (h, w) bool, the cells that stand out in a layer; None where no layer tells.
        layer: that layer, the last block but one as a rule.
    """

    lens: LogitLens
    sinks: np.ndarray | None
    layer: str


def depth_of(model: LoadedModel, input_tensor: Tensor, attention: AttentionPass) -> Depth:
    """Two more forward passes, or one where nothing can be read off.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    lens = logit_lens(model, input_tensor, attention=attention)
    layer = sink_layer(attention.blocks, model.layers)
    return Depth(lens, sinks_in(model, input_tensor, layer) if layer else None, layer)


def depth_lines(depth: Depth, labels: tuple[str, ...]) -> Iterator[str]:
    """The best classes after each block, and the cells that stand out."""
    lens = depth.lens
    if lens.layers:
        yield "Read off after each block (the last one gives the answer):"
    yield from columns(
        [
            (display_name(layer), *(f"{short_label(labels[index])} {percent(share)}" for index, share in best))
            for layer, best in zip(lens.layers, lens.best(_BEST), strict=True)
        ]
    )
    yield from filter(None, [lens.reason])
    if depth.sinks is not None:
        where = display_name(depth.layer)
        yield f"Cells that stand out in {where} by the size of their features: {_cells(depth.sinks)}."


def depth_json(depth: Depth, labels: tuple[str, ...]) -> dict[str, Any]:
    """As `depth_lines`, for a program."""
    lens = depth.lens
    told = [
        {"name": layer, "best": [_class(index, share, labels) for index, share in best]}
        for layer, best in zip(lens.layers, lens.best(_BEST), strict=True)
    ]
    outlying = None
    if depth.sinks is not None:
        limits = {"mads": settings().sink_mads, "times": settings().sink_times}
        outlying = {"layer": depth.layer, **limits, "cells": np.argwhere(depth.sinks).tolist()}
    return {"read_off_after": told, "not_read_off": lens.reason or None, "outlying_cells": outlying}


def _class(index: int, share: float, labels: tuple[str, ...]) -> dict[str, Any]:
    return {"class_index": index, "label": labels[index], "probability": share if np.isfinite(share) else None}


def _cells(outlying: np.ndarray) -> str:
    cells = (np.argwhere(outlying) + 1).tolist()
    if not cells:
        return "none"
    named = ", ".join(f"row {row} column {column}" for row, column in cells[:_NAMED])
    rest = f" and {counted(len(cells) - _NAMED, 'other', 'others')}" if len(cells) > _NAMED else ""
    return f"{named}{rest}"
