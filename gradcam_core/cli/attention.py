"""`attention`: what do the tokens of a vision transformer attend to in one image?"""

import io
import math
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gradcam_core.attention.passes import AttentionPass, attend
from gradcam_core.attention.places import fields_of_cells, why_no_place
from gradcam_core.attention.views import AttentionMap, View, attention_map, readers_of, why_not_shown
from gradcam_core.cam import BLANK, Cam, Prediction, ResultKey, unusable_because
from gradcam_core.cli.attention_blocks import facts_of
from gradcam_core.cli.attention_depth import depth_of
from gradcam_core.cli.attention_report import AttentionReport, ShownMap, report_json, report_lines
from gradcam_core.cli.output_folder import output_folder
from gradcam_core.encoding import to_png
from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.errors import HeatproofError, MethodError
from gradcam_core.export.bundle import write_attention
from gradcam_core.export.manifest import json_text
from gradcam_core.images import load_image
from gradcam_core.layers.place import ReceptiveField
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.preprocessing import get_preprocessing
from gradcam_core.progress import Progress
from gradcam_core.recording import memory_for_a_pass
from gradcam_core.rendering.render import overlay_image
from gradcam_core.resources.cores import share_cores
from gradcam_core.targets import one_class
from gradcam_core.text import counted, shortened

_SHOWN = 5  # predictions
_INSTEAD = "`explain` gives maps of a class, with any network; tinyvit is a transformer that comes along."
_NOTHING_YET = "The map is empty: no cell has reached what the class is read from by then."


@dataclass(frozen=True)
class _Asked:
    """The options that choose a map; None is not given."""

    block: int | None
    head: int | None
    cell: tuple[int, int] | None
    is_received: bool
    is_rollout: bool
    folder: Path | None

    @property
    def is_for_a_map(self) -> bool:
        """Whether an answer without one would be none."""
        chosen = (self.block, self.head, self.cell, self.folder)
        return self.is_received or self.is_rollout or any(one is not None for one in chosen)


def attention(options: Namespace, _progress: Progress) -> Iterator[str]:
    """What a model's blocks attend to, and one map of it."""
    preprocessing, asked = get_preprocessing(options.preprocessing).slug, _asked(options)
    share_cores()
    image, model = load_image(options.image), load_model(options.model, device=options.device)
    with memory_for_a_pass():
        report = _report(image, model, asked, preprocessing)
        files = _files(report) if asked.folder else {}
    if asked.folder:
        write_attention(asked.folder, files)
    if options.json:
        yield from json_text(report_json(report)).splitlines()
    else:
        yield from report_lines(report)
        if report.shown:
            yield f"Written to {asked.folder}" if asked.folder else "Add --out DIR to write the map."


def _report(image: LoadedImage, model: LoadedModel, asked: _Asked, preprocessing: str) -> AttentionReport:
    forward = Explainer(model).forward(image, preprocessing=preprocessing)
    predictions = forward.top(_SHOWN)
    attended = attend(model, forward.input_tensor, gradients=True)  # they tell what is read, and what follows what
    if not attended.blocks:
        raise MethodError(f"{model.spec.title} can't be shown. {attended.why_not_followed}", hint=_INSTEAD)
    fields = fields_of_cells(model, attended.blocks)
    reasons = [
        why_not_shown(block) or why_no_place(field) for block, field in zip(attended.blocks, fields, strict=True)
    ]
    view = _view(asked, attended, reasons, model)
    readers = readers_of(attended, one_class(predictions[0].class_index))
    found = None if view is None else attention_map(attended, view, readers)
    return AttentionReport(
        image=image,
        forward=forward,
        attention=attended,
        predictions=predictions,
        readers=readers,
        blocks=facts_of(attended, reasons, forward.geometry.input_size),
        depth=depth_of(model, forward.input_tensor, attended),
        shown=None if view is None or found is None else _shown(view, found, fields[view.block], forward),
    )


def _asked(options: Namespace) -> _Asked:
    if options.rollout and options.head is not None:
        raise HeatproofError("A rollout goes through all heads.", hint="Leave out --head or --rollout.")
    cell = None if options.of is None else _cell(options.of)
    return _Asked(options.block, options.head, cell, options.received, options.rollout, output_folder(options.out))


def _cell(text: str) -> tuple[int, int]:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(part.isascii() and part.isdecimal() and len(part) < 9 for part in parts):
        raise HeatproofError(
            f"--of is {shortened(text, 80)!r}.", hint="Give a row and a column of cells, such as --of 3,12."
        )
    return int(parts[0]), int(parts[1])


def _view(asked: _Asked, attended: AttentionPass, why_not: Sequence[str], model: LoadedModel) -> View | None:
    """What is asked for, checked; None where nothing can be shown and nothing was asked for."""
    blocks = attended.blocks
    _check_number(
        "--block", asked.block, len(blocks), f"{model.spec.name} has {counted(len(blocks), 'block', 'blocks')}"
    )
    reasons = [attended.why_not_followed] * len(blocks) if asked.is_rollout else why_not
    shown = [place for place, reason in enumerate(reasons) if not reason]
    if not shown and not asked.is_for_a_map:
        return None
    place = asked.block if asked.block is not None else (shown or [len(blocks) - 1])[-1]
    if reasons[place]:
        hint = f"Choose block {shown[-1]}." if shown else _INSTEAD
        raise MethodError(f"Block {place} can't be shown. {reasons[place]}", hint=hint)
    layout = blocks[-1 if asked.is_rollout else place].layout
    _check_number("--head", asked.head, blocks[place].heads, f"block {place} has {blocks[place].heads} heads")
    for name, at, count in zip(("row", "column"), asked.cell or (), layout.grid if layout else (), strict=False):
        _check_number(f"The {name} of --of", at, count, f"the grid has {count} of them")
    return View(
        block=place, head=asked.head, cell=asked.cell, is_received=asked.is_received, is_rollout=asked.is_rollout
    )


def _check_number(what: str, value: int | None, count: int, known: str) -> None:
    if value is not None and not 0 <= value < count:
        raise HeatproofError(f"{what} is {value}, and {known}.", hint=f"Give 0 to {count - 1}.")


def _shown(view: View, found: AttentionMap, field: ReceptiveField, forward: ForwardPass) -> ShownMap:
    title = f"{'Rollout to block' if view.is_rollout else 'Attention of block'} {view.block}"
    geometry = replace(forward.geometry, shift=field.shift)
    seen = geometry.cells_seen((found.values.shape[0], found.values.shape[1]))
    note = unusable_because(found.values, seen=seen, evidence_is_finite=True)
    key = ResultKey(forward.image_sha256, forward.model.spec.name, title, "attention", -1, forward.preprocessing)
    cam = Cam(
        values=found.values,
        prediction=Prediction(-1, title, math.nan, math.nan),
        key=key,
        geometry=geometry,
        method_title=title,
        model_title=forward.model.spec.title,
        note=_NOTHING_YET if note == BLANK else note,
        field=field,
    )
    return ShownMap(view, cam, found.elsewhere)


def _files(report: AttentionReport) -> dict[str, bytes]:
    """By name, the description last."""
    if report.shown is None:
        raise ValueError("There is a map where a folder is asked for.")
    cam, buffer = report.shown.cam, io.BytesIO()
    np.save(buffer, cam.values, allow_pickle=False)
    return {
        "attention.png": to_png(overlay_image(report.image, cam)),
        "attention.npy": buffer.getvalue(),
        "attention.json": json_text(report_json(report)).encode(),
    }
