"""What is said and drawn of every block below the stage? One message as plain values, in words and numbers.

id      of the view, as in `message.py`: what is chosen on its stage is marked here
lens    {title, says, columns, rows, reason}: what the network would answer after each block; each row is
        {blocks, name, layer, cells: [{label, percent, share, isAnswer}]}; `blocks` are those of it on the stage
heads   {title, says, upwards, across, names, most, ticks: [{value, text}], even, dots, ends}: a dot for each head,
        {block, column, head, value, shade, label}; each column is a block and has a name; `shade` from 0 to 1, or
        null; `even` is a line across, or null; `ends` what the palest and the fullest dot say, or nothing
A block is told by its place on the stage; where it is not shown there, it is null.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcam_core.errors import HeatproofError
from gradcam_core.sentences import number, percent, short_label
from pages._ui.attention.depth import LensReading, LensRow, figures_reading, lens_reading
from pages._ui.attention.message import view_id
from pages._ui.attention.reading import AttentionReading, attention_reading
from pages._ui.session.question import Question
from pages._ui.text.incidents import error_text_plain, report_internal_errors
from pages._ui.text.sentences import finite

if TYPE_CHECKING:
    from gradcam_core.attention.heads import HeadFigures

Told = dict[str, Any]

_LENS_TITLE = "What the network would answer after each block"
_LENS = (
    "As if the blocks after it were left out: what follows the last block reads this one instead. It was trained to "
    "read the last one alone, so what it makes of early blocks is rough."
)
_HEADS_TITLE = "How far and how widely each head looks"
_FAR = (
    "Each dot is a head. The higher, the further over the image its patches look; the fuller, the more evenly over all "
    "of them."
)
_EVEN = " The dashed line is attention that is the same everywhere."
_WIDE = "Each dot is a head. The higher, the more evenly its tokens look at all that they can: 1 is at all alike."
_NO_DISTANCES = " It does not look over the whole image at once, so there is no distance to tell."
_SOME_DISTANCES = " Blocks that do not look over the whole image at once have no distance, and no dots."


def depth_message(question: Question) -> Told:
    """The message about a network with attention; a part that can't be told says why.

    Raises:
        HeatproofError: if there is no answer to the question.
    """
    reading = attention_reading(question)
    return {
        "id": view_id(question),
        "lens": _or_why(lambda: lens_told(lens_reading(question), reading, question.model.labels), _LENS_TITLE),
        "heads": _or_why(lambda: heads_told(figures_reading(question), reading), _HEADS_TITLE),
    }


def lens_told(lens: LensReading, reading: AttentionReading, labels: Sequence[str]) -> Told:
    """The table: its last row is the answer, and what says the same above it is marked."""
    if not lens.rows:
        return _silent(_LENS_TITLE, lens.reason)
    answer = lens.rows[-1].top[0][0]
    return {
        "title": _LENS_TITLE,
        "says": [_since(lens, reading, labels), *([_LENS] if len(lens.rows) > 1 else [])],
        "columns": ["Block", "Likeliest", "Second", "Third"][: 1 + len(lens.rows[-1].top)],
        "rows": [_row(row, reading, labels, answer) for row in lens.rows],
        "reason": lens.reason,
    }


def heads_told(figures: Sequence[HeadFigures], reading: AttentionReading) -> Told:
    """The chart: distances and how even they are; where no block has distances, how even alone."""
    far = [place for place, one in enumerate(figures) if one.distances is not None]
    columns = far or range(len(figures))
    dots = [dot for column, place in enumerate(columns) for dot in _dots(figures[place], reading, place, column)]
    if far:
        even = _even(figures)
        says = _FAR + (_EVEN if even else "") + ("" if len(far) == len(figures) else _SOME_DISTANCES)
        axis: Told = {"upwards": "mean distance, pixels of the network's input", **_scale(dots), "even": even}
    else:
        says = _WIDE + _NO_DISTANCES
        ticks = [{"value": value, "text": number(value, 1)} for value in (0.0, 0.5, 1.0)]
        axis = {"upwards": "entropy", "most": 1.0, "ticks": ticks, "even": None}
    names = [str(place + 1) for place in columns]
    return {"title": _HEADS_TITLE, "says": [says], "across": "block", "names": names, **axis, **_shaded(dots)}


def _or_why(tell: Callable[[], Told], title: str) -> Told:
    try:
        with report_internal_errors("below the stage of the page Attention"):
            return tell()
    except HeatproofError as error:
        return _silent(title, error_text_plain(error))


def _silent(title: str, why: str) -> Told:
    return {"title": title, "says": [why], "rows": [], "dots": []}


def _row(row: LensRow, reading: AttentionReading, labels: Sequence[str], answer: int) -> Told:
    places = _places(row.layer, reading)
    cells = [
        {
            "label": short_label(labels[index]),
            "percent": percent(probability),
            "share": finite(probability) or 0.0,
            "isAnswer": index == answer,
        }
        for index, probability in row.top
    ]
    shown = [place for place in places if reading.blocks[place].mean is not None]
    return {"blocks": shown, "name": _name(places), "layer": row.layer, "cells": cells}


def _places(layer: str, reading: AttentionReading) -> list[int]:
    """Of the blocks on the stage, those that lie in this part of the network."""
    from gradcam_core.layers.blocks import is_within

    return [place for place, one in enumerate(reading.blocks) if is_within(one.block.name, layer)]


def _name(places: Sequence[int]) -> str:
    first, last = places[0] + 1, places[-1] + 1
    return str(last) if first == last else f"{first} to {last}"


def _since(lens: LensReading, reading: AttentionReading, labels: Sequence[str]) -> str:
    """From which block on the likeliest class is the answer's."""
    if len(lens.rows) == 1:
        return "It can be read off after one block alone, the last: this is the network's answer."
    likeliest = [row.top[0][0] for row in lens.rows]
    others = [place for place, index in enumerate(likeliest) if index != likeliest[-1]]
    since = others[-1] + 1 if others else 0
    label, name = short_label(labels[likeliest[-1]]), _name(_places(lens.rows[since].layer, reading))
    if since == len(likeliest) - 1 and others:
        when = "again after the last block" if likeliest[-1] in likeliest[:-1] else "after the last block alone"
        return f"“{label}” comes first {when}. The last row is the network's answer."
    when = f"from block {name} on" if others else "after every block"
    return f"“{label}” comes first {when}. The last row is the network's answer."


def _dots(one: HeadFigures, reading: AttentionReading, place: int, column: int) -> list[Told]:
    """Of one block."""
    values = one.entropies if one.distances is None else one.distances
    block = None if reading.blocks[place].mean is None else place
    return [
        {"block": block, "column": column, "head": head + 1, "value": float(values[head]), **_dot(one, place, head)}
        for head in range(len(values))
        if math.isfinite(values[head])
    ]


def _dot(one: HeadFigures, place: int, head: int) -> Told:
    entropy = float(one.entropies[head])
    far = "" if one.distances is None else f"distance {_pixels(float(one.distances[head]))}, "
    label = f"Block {place + 1}, head {head + 1}: {far}entropy {number(entropy, 2)}"
    return {"shade": entropy if far else None, "label": label}


def _pixels(distance: float) -> str:
    return f"{number(distance, 1 if distance < 10 else 0)} px"


def _even(figures: Sequence[HeadFigures]) -> float | None:
    """The distance of attention that is the same everywhere, where all blocks have the same cells."""
    found = {round(one.even, 3) for one in figures if one.distances is not None}
    return found.pop() if len(found) == 1 and all(map(math.isfinite, found)) else None


def _scale(dots: Sequence[Told]) -> Told:
    """From 0 to a round number above the largest value, in about four steps."""
    largest = max((dot["value"] for dot in dots), default=0.0) or 1.0
    rough = largest / 4
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= rough)
    values = [float(value) for value in np.arange(math.ceil(largest / step) + 1) * step]
    digits = 0 if step >= 1 and step == int(step) else 1
    return {"most": values[-1], "ticks": [{"value": value, "text": number(value, digits)} for value in values]}


def _shaded(dots: Sequence[Told]) -> Told:
    """The palest dot is that of the lowest entropy in this network, the fullest that of the highest."""
    shades = [dot["shade"] for dot in dots if dot["shade"] is not None]
    if not shades:
        return {"dots": list(dots), "ends": []}
    low, high = min(shades), max(shades)
    spread = (high - low) or 1.0
    scaled = [dot | {"shade": (dot["shade"] - low) / spread} for dot in dots]
    return {"dots": scaled, "ends": [f"entropy {number(low, 2)}", number(high, 2)]}
