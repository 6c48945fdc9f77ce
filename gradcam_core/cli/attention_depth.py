"""What does a transformer answer after each of its blocks, and which of its cells stand out?"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from gradcam_core.attention.lens import read_off
from gradcam_core.attention.passes import AttentionPass
from gradcam_core.attention.sinks import outlying_cells
from gradcam_core.cli.formatting import columns
from gradcam_core.config import settings
from gradcam_core.models import LoadedModel
from gradcam_core.recording import array, record
from gradcam_core.sentences import percent, short_label
from gradcam_core.text import counted, display_name

_BEST = 3  # classes after each block
_NAMED = 8  # cells


@dataclass(frozen=True, eq=False)
class Depth:
    """What is read off on the way through a network.

    Attributes:
        layers: the blocks that it is read off after.
        probabilities: (blocks, classes) float32, of the classes then.
        reason: why not after all blocks, in one sentence; empty where it is.
        outlying: (h, w) bool, the cells that stand out in the last block but one; None where there is none.
    """

    layers: tuple[str, ...]
    probabilities: np.ndarray
    reason: str
    outlying: np.ndarray | None


def depth_of(model: LoadedModel, input_tensor: Tensor, attention: AttentionPass) -> Depth:
    """Two more forward passes, or one where nothing can be read off.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    read = read_off(model, input_tensor, attention=attention)
    scores = read.logits.softmax(1) if model.activation == "softmax" else read.logits.sigmoid()
    names = read.blocks.names
    outlying = None
    if len(names) > 1:
        activation = record(model, input_tensor, names[-2:-1]).activation(names[-2])
        outlying = outlying_cells(activation, settings().sink_mads, times=settings().sink_times)
    return Depth(names, array(scores), read.blocks.reason, outlying)


def depth_lines(depth: Depth, labels: tuple[str, ...]) -> Iterator[str]:
    """The best classes after each block, and the cells that stand out."""
    if depth.layers:
        yield "Read off after each block (the last one gives the answer):"
    rows = [
        (display_name(name), *_best(row, labels)) for name, row in zip(depth.layers, depth.probabilities, strict=True)
    ]
    yield from columns(rows)
    yield from filter(None, [depth.reason])
    if depth.outlying is not None:
        where = display_name(depth.layers[-2])
        yield f"Cells that stand out in {where} by the size of their features: {_cells(depth.outlying)}."


def depth_json(depth: Depth, labels: tuple[str, ...]) -> dict[str, Any]:
    """As `depth_lines`, for a program."""
    told = [
        {"name": name, "best": [_class(index, row, labels) for index in _order(row)]}
        for name, row in zip(depth.layers, depth.probabilities, strict=True)
    ]
    outlying = None
    if depth.outlying is not None:
        limits = {"mads": settings().sink_mads, "times": settings().sink_times}
        outlying = {"layer": depth.layers[-2], **limits, "cells": np.argwhere(depth.outlying).tolist()}
    return {"read_off_after": told, "not_read_off": depth.reason or None, "outlying_cells": outlying}


def _order(row: np.ndarray) -> list[int]:
    return [int(index) for index in np.argsort(-row, kind="stable")[:_BEST]]


def _best(row: np.ndarray, labels: tuple[str, ...]) -> tuple[str, ...]:
    best = _order(row)
    return tuple(f"{short_label(labels[index])} {percent(float(row[index]))}" for index in best)


def _class(index: int, row: np.ndarray, labels: tuple[str, ...]) -> dict[str, Any]:
    probability = float(row[index]) if np.isfinite(row[index]) else None
    return {"class_index": index, "label": labels[index], "probability": probability}


def _cells(outlying: np.ndarray) -> str:
    cells = (np.argwhere(outlying) + 1).tolist()
    if not cells:
        return "none"
    named = ", ".join(f"row {row} column {column}" for row, column in cells[:_NAMED])
    rest = f" and {counted(len(cells) - _NAMED, 'other', 'others')}" if len(cells) > _NAMED else ""
    return f"{named}{rest}"
