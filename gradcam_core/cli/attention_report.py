"""How does the attention in one image read on a terminal, and as JSON? Nothing is printed here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcam_core.attention.passes import AttentionPass
from gradcam_core.cam import Prediction
from gradcam_core.cli.attention_blocks import BlockFacts, blocks_json, blocks_lines
from gradcam_core.cli.attention_depth import Depth, depth_json, depth_lines
from gradcam_core.cli.formatting import prediction_lines
from gradcam_core.engine import ForwardPass
from gradcam_core.export.attention_formats import map_json, values_json
from gradcam_core.export.attention_map import LaidMap
from gradcam_core.export.attention_words import NO_EVIDENCE
from gradcam_core.export.manifest import prediction_json
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.sentences import rounded_percent

NO_EVIDENCE_HERE = f"{NO_EVIDENCE} `explain` gives maps of a class."


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
    shown: LaidMap | None


def report_lines(report: AttentionReport) -> Iterator[str]:
    """Predictions, a table of the blocks, what is shown, and what attention is not."""
    forward = report.forward
    yield from prediction_lines(report.image, forward.model, report.predictions, preprocessing=forward.preprocessing)
    yield from ["", *blocks_lines(report.blocks, forward.geometry.input_size)]
    yield from filter(None, [report.attention.why_not_followed, *_without_place(report.blocks)])
    yield from ["", *depth_lines(report.depth, forward.model.labels), ""]
    if report.shown:
        yield from [report.shown.sentence, _finding(report.shown), *report.shown.facts["doubts"], ""]
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
        "map": None if report.shown is None else {**map_json(report.shown), **values_json(report.shown)},
        "sentence": NO_EVIDENCE_HERE,
        **prediction_json(report.image, forward.geometry, predictions=report.predictions),
    }


def _without_place(blocks: Sequence[BlockFacts]) -> Iterator[str]:
    """Which blocks attend as they should and can't be shown all the same."""
    reasons = [one.reason if one.block.is_global else "" for one in blocks]
    for reason in dict.fromkeys(filter(None, reasons)):
        places = [place for place, own in enumerate(reasons, 1) if own == reason]
        yield f"Blocks {places[0]} to {places[-1]}: {reason}" if len(places) > 1 else f"Block {places[0]}: {reason}"


def _finding(laid: LaidMap) -> str:
    """Where it is strongest or why that is not told, and how much lies beside the cells."""
    cam, elsewhere = laid.cam, laid.facts["elsewhere"]
    others = f" {rounded_percent(elsewhere)} goes to tokens that are no cells." if elsewhere else ""
    if not cam.usable:
        return f"{cam.note}{others}"
    x, y = cam.peak
    return f"Strongest at x {x}, y {y}: {rounded_percent(cam.maximum)}.{others}"
