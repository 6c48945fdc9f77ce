"""What does the browser ask for beside the first message? A part by its name: a kind and the number it is asked of.

A kind is a function in PARTS: it gives the head and the bytes of the part, or raises a HeatproofError that the browser
shows. A name is the kind, a hyphen and a number from 0: `heads-3`, `mean-0`, `rollout-11`.

The answer is one message (`payload.pack`):
    head: {view, name, try, error?, …}   what was asked, of which view; `error` is a sentence where there is no part
    blobs: {[name]: bytes}               as `message.py` says of each kind
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcam_core.errors import HeatproofError
from pages._ui.attention.element import Wanted
from pages._ui.attention.features import colours_part, similarity_part
from pages._ui.attention.outliers import outliers_part
from pages._ui.attention.reading import attention_reading, heads_of, reading_key
from pages._ui.session.question import Question
from pages._ui.session.shared import shared
from pages._ui.text.incidents import error_text_plain, report_internal_errors
from pages._ui.viewer.payload import pack

Part = tuple[dict[str, Any], bytes]


def part_message(question: Question, wanted: Wanted) -> bytes:
    """The answer; a part that can't be given says why."""
    head: dict[str, Any] = {"view": wanted.view, "name": wanted.name, "try": wanted.tries}
    try:
        with report_internal_errors("in a part of the page Attention"):
            more, data = _part(question, wanted.name)
            return pack(head | more, {wanted.name: data})
    except HeatproofError as error:
        return pack(head | {"error": error_text_plain(error)}, {})


def half(matrix: np.ndarray) -> bytes:
    """As float16, row by row."""
    return matrix.astype("<f2").tobytes()


def _part(question: Question, name: str) -> Part:
    kind, _, number = name.partition("-")
    if kind not in PARTS or not (number.isascii() and number.isdecimal() and len(number) < 6):
        raise HeatproofError("There is no such part.", hint="Reload the page.")
    return PARTS[kind](question, int(number))


def _mean(question: Question, place: int) -> Part:
    return {}, half(_global_mean(question, place))


def _heads(question: Question, place: int) -> Part:
    _global_mean(question, place)
    return {}, half(heads_of(question, place))


def _head(question: Question, number: int) -> Part:
    """One head alone, where all of a block are many bytes; they are counted through all blocks."""
    for place, one in enumerate(attention_reading(question).blocks):
        if number < one.block.heads:
            _global_mean(question, place)
            return {}, half(heads_of(question, place)[number])
        number -= one.block.heads
    raise HeatproofError("There is no such head.", hint="Choose another one.")


def _rollout(question: Question, place: int) -> Part:
    """Attention followed from the first block to this one; all of them are made at once."""
    _global_mean(question, place)
    made: list[np.ndarray] = shared().kept(
        (*reading_key(question), "rollouts"),
        lambda: _rollouts(question),
        lambda all_of_them: sum(map(_size, all_of_them)),
    )
    return {}, half(made[place])


def _rollouts(question: Question) -> list[np.ndarray]:
    from gradcam_core.attention.flow import rollouts

    reading = attention_reading(question)
    if reading.why_not_followed:
        raise HeatproofError(reading.why_not_followed, hint="Look at the attention of single blocks.")
    heads = [_global_mean(question, place)[None] for place in range(len(reading.blocks))]  # one: their mean
    return [flow.astype(np.float16) for flow in rollouts(heads)]


def _size(array: np.ndarray) -> int:
    return array.nbytes


def _global_mean(question: Question, place: int) -> np.ndarray:
    blocks = attention_reading(question).blocks
    mean = blocks[place].mean if place < len(blocks) else None
    if mean is None:
        raise HeatproofError("This block has no attention between all cells of the image.", hint="Choose another one.")
    return mean


PARTS: dict[str, Callable[[Question, int], Part]] = {
    "mean": _mean,
    "heads": _heads,
    "head": _head,
    "rollout": _rollout,
    "similarity": similarity_part,
    "colours": colours_part,
    "outliers": outliers_part,
}
