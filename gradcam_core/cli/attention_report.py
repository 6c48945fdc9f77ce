"""How does the attention in one image read on a terminal, and as JSON? Nothing is printed here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcam_core.attention.blocks import AttentionBlock
from gradcam_core.attention.passes import AttentionPass
from gradcam_core.attention.statistics import entropies, mean_distances
from gradcam_core.attention.views import View
from gradcam_core.cam import Cam, Prediction
from gradcam_core.cli.attention_depth import Depth, depth_json, depth_lines
from gradcam_core.cli.formatting import columns, prediction_lines
from gradcam_core.engine import ForwardPass
from gradcam_core.export.attention_words import NO_EVIDENCE, readers_words
from gradcam_core.export.manifest import prediction_json
from gradcam_core.layers.layouts import Layout
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.sentences import number, rounded_percent
from gradcam_core.text import counted, display_name

NO_EVIDENCE_HERE = f"{NO_EVIDENCE} `explain` gives maps of a class."
_COLUMNS = (
    "Entropy: 0 where each token attends to one other, 1 where it attends to all alike. Distance: how far away the "
    "cells lie that a cell attends to, in pixels of the model's input. Both are means over the heads."
)
_HEADER = ("block", "part", "heads", "tokens", "entropy", "distance")


@dataclass(frozen=True, eq=False)
class BlockStatistics:
    """(heads,) each; one entropy where groups can't be told from heads, no distances where its tokens have no place."""

    entropies: np.ndarray
    distances: np.ndarray | None


@dataclass(frozen=True, eq=False)
class ShownMap:
    """A map of attention, over the image.

    Attributes:
        cam: with the cells at their place; its method and class are not those of an explanation.
        elsewhere: as `AttentionMap` has it.
    """

    view: View
    cam: Cam
    elsewhere: float | None


@dataclass(frozen=True, eq=False)
class AttentionReport:
    """What is told of one image.

    Attributes:
        readers: as `views.readers_of` gives them.
        statistics: of each block.
        shown: None where no block can be shown.
    """

    image: LoadedImage
    forward: ForwardPass
    attention: AttentionPass
    predictions: Sequence[Prediction]
    readers: np.ndarray | None
    statistics: Sequence[BlockStatistics]
    depth: Depth
    shown: ShownMap | None


def statistics_of(attention: AttentionPass, input_size: tuple[int, int]) -> list[BlockStatistics]:
    """Of each block.

    Args:
        input_size: (width, height) in pixels.
    """
    found = []
    for place, block in enumerate(attention.blocks):
        weights, layout = attention.weights(place), block.layout if block.is_global else None
        distances = None if layout is None else mean_distances(weights, layout, _cell(layout, input_size))
        found.append(
            BlockStatistics(
                entropies(weights if _knows_heads(block) else weights.reshape(-1, 1, *weights.shape[-2:])), distances
            )
        )
    return found


def report_lines(report: AttentionReport) -> Iterator[str]:
    """Predictions, a table of the blocks, what is shown, and what attention is not."""
    forward, blocks = report.forward, report.attention.blocks
    yield from prediction_lines(report.image, forward.model, report.predictions, preprocessing=forward.preprocessing)
    yield ""
    yield from filter(None, [_tokens_sentence(blocks, forward.geometry.input_size)])
    rows = [_row(place, *one) for place, one in enumerate(zip(blocks, report.statistics, strict=True))]
    yield from columns([_HEADER, *rows], right=(0, 2, 4, 5))
    yield ""
    yield _COLUMNS
    yield from filter(None, [report.attention.why_not_followed])
    yield from ["", *depth_lines(report.depth, forward.model.labels), ""]
    if report.shown:
        yield from [_words(report), _finding(report.shown), ""]
    yield NO_EVIDENCE_HERE


def report_json(report: AttentionReport) -> dict[str, Any]:
    """All that is known, with the numbers of every head; null is what is not."""
    forward = report.forward
    return {
        "model": forward.model.spec.name,
        **({"model_notes": list(forward.model.notes)} if forward.model.notes else {}),
        "preprocessing": forward.preprocessing,
        "blocks": [_block(*one) for one in zip(report.attention.blocks, report.statistics, strict=True)],
        "not_recorded": list(report.attention.unseen),
        "not_followed": report.attention.why_not_followed or None,
        **depth_json(report.depth, forward.model.labels),
        "tokens_read": None if report.readers is None else np.flatnonzero(report.readers).tolist(),
        "map": None if report.shown is None else _map(report, report.shown),
        "sentence": NO_EVIDENCE_HERE,
        **prediction_json(report.image, forward.geometry, predictions=report.predictions),
    }


def _knows_heads(block: AttentionBlock) -> bool:
    """Where tokens are cut into groups, any of the sides may be that of the heads."""
    return len(block.shape) <= 4


def _cell(layout: Layout, input_size: tuple[int, int]) -> tuple[float, float]:
    """(height, width) of a cell."""
    width, height = input_size
    return height / layout.height, width / layout.width


def _tokens_sentence(blocks: Sequence[AttentionBlock], input_size: tuple[int, int]) -> str:
    """Of the last block whose tokens are all those of the image."""
    known = [block for block in blocks if block.is_global and block.layout is not None]
    layout = known[-1].layout if known else None
    if layout is None:
        return ""
    height, width = _cell(layout, input_size)
    before = f"{counted(layout.prefix, 'other token', 'other tokens')} before " if layout.prefix else ""
    cells = f"{layout.width} x {layout.height} cells of {width:.4g} x {height:.4g} pixels"
    return f"{known[-1].shape[-1]:,} tokens: {before}{cells}"


def _row(place: int, block: AttentionBlock, statistics: BlockStatistics) -> tuple[str, ...]:
    windows = int(np.prod(block.shape[:-3])) if _knows_heads(block) else 1
    distances = statistics.distances
    return (
        str(place),
        display_name(block.name or "(the network)"),
        str(block.heads) if _knows_heads(block) else "-",
        f"{block.shape[-1]:,}" + (f" x {windows:,}" if windows > 1 else ""),
        number(float(statistics.entropies.mean()), 2),
        "-" if distances is None or not np.isfinite(distances).any() else number(float(np.nanmean(distances)), 0),
    )


def _words(report: AttentionReport) -> str:
    """What the map shows."""
    shown, blocks = report.shown, report.attention.blocks
    if shown is None:
        raise ValueError("There is a map.")
    view, block = shown.view, blocks[shown.view.block]
    heads = f"the mean of its {block.heads} heads" if view.head is None else f"head {view.head}"
    where = f"Rollout, blocks 0 to {view.block}" if view.is_rollout else f"Block {view.block}, {heads}"
    one = _of_words(view, block, report.readers)
    hidden = "" if view.hidden is None else ", what is hidden left out"
    if view.is_of_all:
        return f"{where}: what all tokens attend to, on average{hidden}"
    return f"{where}: {f'what attends to {one}' if view.is_received else f'what {one} attends to'}{hidden}"


def _of_words(view: View, block: AttentionBlock, readers: np.ndarray | None) -> str:
    if view.cell is not None:
        return f"the cell in row {view.cell[0]}, column {view.cell[1]}"
    if view.token is not None:
        return f"token {view.token} before the cells"
    return readers_words(readers, block.shape[-2], block.layout)


def _finding(shown: ShownMap) -> str:
    cam, elsewhere = shown.cam, shown.elsewhere
    others = f"; {rounded_percent(elsewhere)} goes to tokens that are no cells" if elsewhere else ""
    if not cam.usable:
        return f"{cam.note}{others}"
    x, y = cam.peak
    return f"strongest at x {x}, y {y}: {rounded_percent(cam.maximum)}{others}"


def _block(block: AttentionBlock, statistics: BlockStatistics) -> dict[str, Any]:
    layout = block.layout if block.is_global else None
    return {
        "name": block.name,
        "heads": block.heads if _knows_heads(block) else None,
        "shape": list(block.shape),
        "grid": list(layout.grid) if layout else None,
        "prefix_tokens": layout.prefix if layout else None,
        "reason": block.reason or None,
        "entropies": _numbers(statistics.entropies),
        "distances": None if statistics.distances is None else _numbers(statistics.distances),
    }


def _map(report: AttentionReport, shown: ShownMap) -> dict[str, Any]:
    view, cam = shown.view, shown.cam
    return {
        "shows": _words(report),
        "block": view.block,
        "head": view.head,
        "cell": view.cell,
        "token": view.token,
        "is_received": view.is_received,
        "is_to_read": view.is_to_read,
        "is_rollout": view.is_rollout,
        "hidden": view.hidden,
        "shape": list(cam.shape),
        "shift": list(cam.geometry.shift),
        "minimum": float(cam.values.min()),
        "maximum": float(cam.values.max()),
        "peak": list(cam.peak) if cam.usable else None,
        "elsewhere": shown.elsewhere,
        **({} if cam.usable else {"note": cam.note}),
    }


def _numbers(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
