"""What does the browser get of an image's attention? One message (`payload.pack`), at most 1.3 MB.

Head:
    id          of the view: image, model and preprocessing by content; parts are asked for of it
    imageAndModel, usualImageAndModel   as the address names them, "" for the usual ones; and what those are called
    photo, alt  the name of the photo's blob, and what is said of it to those who can't see it
    size, shown    (width, height) of the kept image, and of its copy on screen
    window, seen   where the input lies in the copy: see `drawing/evidence.js`
    colormaps   the slugs of the colour tables in the blob `tables`
    look        how maps are drawn, as panes have it: colormap, overlay, opacity, threshold, contour
    blocks      [{name, heads, tokens, prefix, grid: [rows, columns], reader, reason, doubt, shift}], in order;
                `reader` names what stands for what is read of the answer, as in "the class token"; where `reason`
                is not empty, it can't be shown, and none of its blobs exist; `shift` of the cells from their squares,
                (x, y) in cells; `doubt` is said of the block's own map
    tokens      the names of the tokens before the cells, in their order
    layers      [{name, grid}] whose cells can be compared, of every network: parts `similarity-N`, `colours-N`
    followed    why attention can't be followed from block to block; empty where it can: then parts `rollout-N` exist
    says        sentences above the page: [what is attended to most, what attention is not]
    name        of image and model, for a picture that is copied
    formats     [{slug, title, description}] of the files that can be taken away; `linkNote` says that no link carries
                this image, or nothing

Blobs (float16 little-endian, row by row, unless said otherwise; N is a block's place in `blocks`):
    the photo's WebP; `tables`: colour tables, uint8
    readers-N   float32 (tokens,): the share of each token in what stands for "what is read"
    rows-N      (1 + heads, tokens): what is read looks at; the mean of the heads first
    heads-N     (heads, tokens, tokens), rows look at columns: of all blocks where there is room for that, else of none
    mean-N      (tokens, tokens): the mean of the heads, where there are none: of the last blocks, as there is room

Parts (`parts.py`) have the same names: mean-N, heads-N, rollout-N (tokens, tokens); and
    head-N      (tokens, tokens): one alone, where all of a block are many bytes; N counts the heads of all blocks
    outliers-0  uint8 (h, w): 1 where a patch stands out by its size in the layer `layer`; empty where no layer tells
    (below N is a place in `layers`)
    similarity-N  (cells, channels): directions whose products are the cosines; beside it `channels`, and `shift` of the
                cells from their squares, (x, y) in cells
    colours-N   uint8 (h, w, 3): the first three principal components; beside it `shift`
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from gradcam_core.layers.place import get_place
from gradcam_core.rendering.colormaps import COLORMAPS
from gradcam_core.rendering.render import Look
from pages._ui.attention import words
from pages._ui.attention.features import feature_layers
from pages._ui.attention.parts import half
from pages._ui.attention.reading import AttentionReading, BlockReading, heads_of, reading_key, shares_read
from pages._ui.result.view import photo_of
from pages._ui.session.chosen import image_and_model_of, usual_image_and_model
from pages._ui.session.question import Question
from pages._ui.text.sentences import NOT_IN_A_LINK
from pages._ui.viewer.payload import pack, tables

MOST_BYTES = 1_300_000
_NAMES_BYTES = 8_000  # more than the names and places of the weights take in the message


def view_id(question: Question) -> str:
    """The view as a short text."""
    return hashlib.sha256("\n".join((*reading_key(question), question.place)).encode()).hexdigest()[:16]


def attention_message(
    question: Question, reading: AttentionReading, look: Look, formats: Sequence[dict[str, str]] = ()
) -> bytes:
    """The message; what it leaves out is asked for."""
    file, shown = photo_of(question.picture)
    blobs = {_digest(file): file, "tables": tables()} | _small(reading)
    geometry = reading.geometry.scaled_to(shown)
    head = {
        "id": view_id(question),
        "imageAndModel": image_and_model_of(question),
        "usualImageAndModel": usual_image_and_model(),
        "photo": _digest(file),
        "alt": f"The image {question.picture.name}".strip(),
        "size": question.picture.size,
        "shown": shown,
        "window": list(geometry.window),
        "seen": geometry.seen,
        "colormaps": list(COLORMAPS),
        "look": _look(look),
        "blocks": [_block(reading, one, get_place(question.place).shift(one.field)) for one in reading.blocks],
        "tokens": words.token_names(reading),
        "layers": [{"name": layer.name, "grid": layer.layout.grid} for layer in feature_layers(question)],
        "followed": reading.why_not_followed,
        "says": words.opening(question, reading),
        "name": f"{question.picture.name} · {question.model.spec.title}",
        "formats": list(formats),
        "linkNote": "" if question.picture.is_linkable else NOT_IN_A_LINK,
    }
    return pack(head, blobs | _matrices(question, reading, MOST_BYTES - _NAMES_BYTES - len(pack(head, blobs))))


def _small(reading: AttentionReading) -> dict[str, bytes]:
    blobs = {}
    for place, one in enumerate(reading.blocks):
        if one.rows is not None:
            blobs[f"readers-{place}"] = shares_read(reading.readers, one.block).astype("<f4").tobytes()
            blobs[f"rows-{place}"] = half(one.rows)
    return blobs


def _matrices(question: Question, reading: AttentionReading, room: int) -> dict[str, bytes]:
    """All heads if there is room for them; else the means of as many blocks as there is, the last ones first."""
    means = {place: one.mean for place, one in enumerate(reading.blocks) if one.mean is not None}
    if sum(2 * mean.size * reading.blocks[place].block.heads for place, mean in means.items()) <= room:
        return {f"heads-{place}": half(heads_of(question, place)) for place in means}
    blobs: dict[str, bytes] = {}
    for place, mean in reversed(means.items()):
        room -= 2 * mean.size
        if room < 0:
            break
        blobs[f"mean-{place}"] = half(mean)
    return blobs


def _block(reading: AttentionReading, one: BlockReading, shift: tuple[float, float]) -> dict[str, Any]:
    from gradcam_core.attention.blocks import CHANGED

    block, layout = one.block, one.block.layout
    return {
        "name": block.name,
        "heads": block.heads,
        "tokens": block.shape[-1],
        "prefix": layout.prefix if layout else 0,
        "grid": layout.grid if layout else [0, 0],
        "reader": words.reader_name(reading, one),
        "reason": one.reason,
        "doubt": CHANGED if block.is_changed else "",
        "shift": shift,
    }


def _look(look: Look) -> dict[str, Any]:
    how = {"colormap": look.colormap.lower(), "overlay": look.overlay}
    return {"view": "side", **how, "opacity": look.opacity, "threshold": look.threshold, "contour": look.contour}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
