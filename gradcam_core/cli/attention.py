"""`attention`: what do the tokens of a vision transformer attend to in one image?"""

import math
from argparse import Namespace
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from gradcam_core.attention.blocks import AttentionBlock
from gradcam_core.attention.flow import Fusion
from gradcam_core.attention.passes import AttentionPass, attend
from gradcam_core.attention.places import fields_of_cells, why_no_place
from gradcam_core.attention.views import View, readers_of, why_not_shown
from gradcam_core.cli.attention_blocks import facts_of
from gradcam_core.cli.attention_depth import depth_of
from gradcam_core.cli.attention_report import AttentionReport, report_json, report_lines
from gradcam_core.cli.cells import cell_of, check_number, from_one, is_number
from gradcam_core.cli.look import look_of
from gradcam_core.cli.output_folder import output_folder
from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.errors import HeatproofError, MethodError
from gradcam_core.export.attention_formats import DrawnMap, ModelFacts
from gradcam_core.export.attention_map import LaidMap, SeenInput, laid_attention
from gradcam_core.export.bundle import write_attention
from gradcam_core.export.manifest import json_text
from gradcam_core.export.reproduce_attention import READ, TOKEN, TOKENS
from gradcam_core.images import load_image
from gradcam_core.layers.place import get_place
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.preprocessing import get_preprocessing
from gradcam_core.progress import Progress
from gradcam_core.recording import memory_for_a_pass
from gradcam_core.rendering.render import Look
from gradcam_core.resources.cores import share_cores
from gradcam_core.targets import one_class
from gradcam_core.text import counted, shortened

_SHOWN = 5  # predictions
_INSTEAD = "`explain` gives maps of a class, with any network; tinyvit is a transformer that comes along."


@dataclass(frozen=True)
class _Asked:
    """The options: `view` is what is chosen but for its block, which may be left open."""

    block: int | None
    view: View
    look: Look
    place: str
    folder: Path | None

    @property
    def is_for_a_map(self) -> bool:
        """Whether an answer without one would be none."""
        return self.block is not None or self.folder is not None or self.view != View(block=0)


def attention(options: Namespace, _progress: Progress) -> Iterator[str]:
    """What a model's blocks attend to, and one map of it."""
    preprocessing, asked = get_preprocessing(options.preprocessing).slug, _asked(options)
    share_cores()
    image, model = load_image(options.image), load_model(options.model, device=options.device)
    with memory_for_a_pass():
        report = _report(image, model, asked, preprocessing)
    if asked.folder and report.shown:
        write_attention(asked.folder, DrawnMap(image, report.shown, ModelFacts.of(model), asked.look))
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
    return AttentionReport(
        image=image,
        forward=forward,
        attention=attended,
        predictions=predictions,
        readers=readers,
        blocks=facts_of(attended, reasons, forward.geometry.input_size),
        depth=depth_of(model, forward.input_tensor, attended),
        shown=None if view is None else _shown(view, attended, readers, forward, asked.place),
    )


def _asked(options: Namespace) -> _Asked:
    if options.rollout and options.head is not None:
        raise HeatproofError("A rollout goes through all heads.", hint="Leave out --head or --rollout.")
    view = View(
        block=0,
        head=from_one(options.head),
        is_received=options.received,
        is_rollout=options.rollout,
        fusion=_fusion(options),
        discard=_discard(options),
        hidden=None if options.hide is None else _hidden(options.hide),
        **_of(options),
    )
    return _Asked(
        from_one(options.block), view, look_of(options), get_place(options.place).slug, output_folder(options.out)
    )


def _fusion(options: Namespace) -> Fusion:
    if options.fusion is None:
        return Fusion.MEAN
    _check_rollout("--fusion", options)
    try:
        return Fusion(options.fusion.strip().lower())
    except ValueError as error:
        hint = f"Choose one of {', '.join(Fusion)}."
        raise HeatproofError(f"--fusion is {shortened(options.fusion, 80)!r}.", hint=hint) from error


def _discard(options: Namespace) -> float:
    if options.discard is None:
        return 0.0
    _check_rollout("--discard", options)
    try:
        share = float(options.discard)
    except ValueError:
        share = math.nan
    if not 0 <= share < 1:
        hint = "Give a share from 0 to below 1, such as --discard 0.9."
        raise HeatproofError(f"--discard is {shortened(options.discard, 80)!r}.", hint=hint)
    return share


def _check_rollout(option: str, options: Namespace) -> None:
    if not options.rollout:
        raise HeatproofError(
            f"{option} is about a rollout, and none is asked for.", hint=f"Add --rollout, or leave out {option}."
        )


def _hidden(named: Sequence[str]) -> tuple[tuple[int, int], ...]:
    return tuple(cell_of("--hide", cell) for cell in named if cell.strip().lower() != TOKENS)


def _of(options: Namespace) -> dict[str, Any]:
    """What of a view --of decides."""
    if options.of is None:
        return {}
    text = options.of.strip().lower()
    if text == READ:
        return {"is_to_read": options.received}
    number = text.removeprefix(TOKEN)
    if number != text and is_number(number):
        return {"token": int(number) - 1}
    return {"cell": cell_of("--of", options.of)}


def _view(asked: _Asked, attended: AttentionPass, why_not: Sequence[str], model: LoadedModel) -> View | None:
    """What is asked for, checked; None where nothing can be shown and nothing was asked for."""
    blocks = attended.blocks
    check_number(
        "--block", asked.block, len(blocks), f"{model.spec.name} has {counted(len(blocks), 'block', 'blocks')}"
    )
    reasons = [attended.why_not_followed] * len(blocks) if asked.view.is_rollout else why_not
    shown = [place for place, reason in enumerate(reasons) if not reason]
    if not shown and not asked.is_for_a_map:
        return None
    place = asked.block if asked.block is not None else (shown or [len(blocks) - 1])[-1]
    if reasons[place]:
        hint = f"Choose block {shown[-1] + 1}." if shown else _INSTEAD
        raise MethodError(f"Block {place + 1} can't be shown. {reasons[place]}", hint=hint)
    _check_view(asked.view, blocks[place], place)
    return replace(asked.view, block=place)


def _check_view(view: View, block: AttentionBlock, place: int) -> None:
    """Whether the block has such a head, such cells and such tokens."""
    check_number("--head", view.head, block.heads, f"block {place + 1} has {block.heads} heads")
    if block.layout is None:
        return
    asked = [("--of", cell) for cell in filter(None, [view.cell])] + [("--hide", cell) for cell in view.hidden or ()]
    for option, cell in asked:
        for name, at, count in zip(("row", "column"), cell, block.layout.grid, strict=True):
            check_number(f"The {name} of {option}", at, count, f"the grid has {count} of them")
    prefix = block.layout.prefix
    if view.token is not None and not prefix:
        raise HeatproofError(f"Block {place + 1} has cells alone.", hint="Ask for one of them, such as --of 3,12.")
    check_number("The token of --of", view.token, prefix, f"there are {prefix} before the cells")


def _shown(
    view: View, attended: AttentionPass, readers: np.ndarray | None, forward: ForwardPass, place: str
) -> LaidMap:
    seen = SeenInput(forward.model, forward.geometry, forward.image_sha256, forward.preprocessing, place)
    return laid_attention(attended, view, readers, seen)
