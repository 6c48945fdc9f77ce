"""How does the attention in one image read on a terminal, and as JSON? Nothing is printed here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcam_core.attention.blocks import CHANGED, AttentionBlock
from gradcam_core.attention.passes import AttentionPass
from gradcam_core.attention.views import View
from gradcam_core.cam import Cam, Prediction
from gradcam_core.cli.attention_blocks import BlockFacts, blocks_json, blocks_lines
from gradcam_core.cli.attention_depth import Depth, depth_json, depth_lines
from gradcam_core.cli.formatting import prediction_lines
from gradcam_core.engine import ForwardPass
from gradcam_core.export.attention_words import NO_EVIDENCE, readers_words, rollout_words
from gradcam_core.export.manifest import prediction_json
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.sentences import rounded_percent

NO_EVIDENCE_HERE = f"{NO_EVIDENCE} `explain` gives maps of a class."


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
        shown: None where no block can be shown.
    """

    image: LoadedImage
    forward: ForwardPass
    attention: AttentionPass
    predictions: Sequence[Prediction]
    readers: np.ndarray | None
    blocks: Sequence[BlockFacts]
    depth: Depth
    shown: ShownMap | None


def report_lines(report: AttentionReport) -> Iterator[str]:
    """Predictions, a table of the blocks, what is shown, and what attention is not."""
    forward = report.forward
    yield from prediction_lines(report.image, forward.model, report.predictions, preprocessing=forward.preprocessing)
    yield from ["", *blocks_lines(report.blocks, forward.geometry.input_size)]
    yield from filter(None, [report.attention.why_not_followed, *_without_place(report.blocks)])
    yield from ["", *depth_lines(report.depth, forward.model.labels), ""]
    if report.shown:
        yield from [_words(report), _finding(report.shown), *_doubt(report, report.shown), ""]
    yield NO_EVIDENCE_HERE


def report_json(report: AttentionReport) -> dict[str, Any]:
    """All that is known, with the numbers of every head; null is what is not."""
    forward = report.forward
    return {
        "model": forward.model.spec.name,
        **({"model_notes": list(forward.model.notes)} if forward.model.notes else {}),
        "preprocessing": forward.preprocessing,
        "blocks": blocks_json(report.blocks),
        "not_recorded": list(report.attention.unseen),
        "not_followed": report.attention.why_not_followed or None,
        **depth_json(report.depth, forward.model.labels),
        "tokens_read": None if report.readers is None else np.flatnonzero(report.readers).tolist(),
        "map": None if report.shown is None else _map(report, report.shown),
        "sentence": NO_EVIDENCE_HERE,
        **prediction_json(report.image, forward.geometry, predictions=report.predictions),
    }


def _without_place(blocks: Sequence[BlockFacts]) -> Iterator[str]:
    """Which blocks attend as they should and can't be shown all the same."""
    reasons = [one.reason if one.block.is_global else "" for one in blocks]
    for reason in dict.fromkeys(filter(None, reasons)):
        places = [place for place, own in enumerate(reasons, 1) if own == reason]
        yield f"Blocks {places[0]} to {places[-1]}: {reason}" if len(places) > 1 else f"Block {places[0]}: {reason}"


def _words(report: AttentionReport) -> str:
    """What the map shows."""
    shown, blocks = report.shown, report.attention.blocks
    if shown is None:
        raise ValueError("There is a map.")
    view, block = shown.view, blocks[shown.view.block]
    heads = f"the mean of its {block.heads} heads" if view.head is None else f"head {view.head + 1}"
    where = f"Block {view.block + 1}, {heads}"
    if view.is_rollout:
        where = f"Rollout, blocks 1 to {view.block + 1}{rollout_words(view)}"
    one = _of_words(view, block, report.readers)
    hidden = "" if view.hidden is None else ", what is hidden left out"
    if view.is_of_all:
        return f"{where}: what all tokens attend to, on average{hidden}"
    return f"{where}: {f'what attends to {one}' if view.is_received else f'what {one} attends to'}{hidden}"


def _of_words(view: View, block: AttentionBlock, readers: np.ndarray | None) -> str:
    if view.cell is not None:
        return f"the cell in row {view.cell[0] + 1}, column {view.cell[1] + 1}"
    if view.token is not None:
        return f"token {view.token + 1} before the cells"
    return readers_words(readers, block.shape[-2], block.layout)


def _doubt(report: AttentionReport, shown: ShownMap) -> Iterator[str]:
    """What else must be known of the map."""
    if report.attention.blocks[shown.view.block].is_changed:
        yield CHANGED


def _finding(shown: ShownMap) -> str:
    cam, elsewhere = shown.cam, shown.elsewhere
    others = f"; {rounded_percent(elsewhere)} goes to tokens that are no cells" if elsewhere else ""
    if not cam.usable:
        return f"{cam.note}{others}"
    x, y = cam.peak
    return f"strongest at x {x}, y {y}: {rounded_percent(cam.maximum)}{others}"


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
        "fusion": view.fusion if view.is_rollout else None,
        "discard": view.discard if view.is_rollout else None,
        "hidden": view.hidden,
        "doubts": [*_doubt(report, shown)],
        "shape": list(cam.shape),
        "shift": list(cam.geometry.shift),
        "minimum": float(cam.values.min()),
        "maximum": float(cam.values.max()),
        "peak": list(cam.peak) if cam.usable else None,
        "elsewhere": shown.elsewhere,
        **({} if cam.usable else {"note": cam.note}),
    }
