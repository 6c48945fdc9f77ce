"""What is said of attention in plain sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradcam_core.sentences import place
from pages._ui.attention.reading import AttentionReading, BlockReading
from pages._ui.session.question import Question

_EVIDENCE = "The maps at the end of this page are."
NO_CLASS = "How alike they are is not about a class: the maps on Explore are."
_EVEN = 1.5  # times the mean share, below which the largest one is hardly more: as in script/words.js
_COMPARED = "What can be compared are the features of its cells."
_NO_ATTENTION = f"{{title}} has no attention of patches to each other: it is no vision transformer. {_COMPARED}"


def token_names(reading: AttentionReading) -> list[str]:
    """Of the tokens before the cells, in the block that has the most of them."""
    most = max((one.block.layout.prefix for one in reading.blocks if one.block.layout), default=0)
    read = [bool(reading.readers is not None and reading.readers[token]) for token in range(most)]
    if sum(read) == 1:
        return ["class token" if is_read else f"extra token {token}" for token, is_read in enumerate(read)]
    return [f"{'class' if is_read else 'extra'} token {token + 1}" for token, is_read in enumerate(read)]


def reader_name(reading: AttentionReading, one: BlockReading) -> str:
    """What stands in a block for what the answer is read from, as in "the class token"."""
    from gradcam_core.export.attention_words import readers_words

    return readers_words(reading.readers, one.block.shape[-2], one.block.layout)


def opening(question: Question, reading: AttentionReading) -> list[str]:
    """What is attended to most, and what attention is not."""
    from gradcam_core.export.attention_words import NO_EVIDENCE

    seen = [one for one in reading.blocks if one.rows is not None]
    if not reading.blocks and reading.unseen:
        return [f"{reading.why_not_followed} {_COMPARED}", NO_CLASS]
    if not reading.blocks:
        return [_NO_ATTENTION.format(title=question.model.spec.title), NO_CLASS]
    if not seen:
        return [f"Its attention is not of all patches. {reading.blocks[-1].reason}", f"{NO_EVIDENCE} {_EVIDENCE}"]
    return [_most(reading), f"{NO_EVIDENCE} {_EVIDENCE}"]


def _most(reading: AttentionReading) -> str:
    last = next(one for one in reversed(reading.blocks) if one.rows is not None)
    layout = last.block.layout
    if last.rows is None or layout is None:
        raise ValueError("A block with rows has cells.")
    row = last.rows[0]
    geometry = replace(reading.geometry, shift=last.field.shift)
    cells = np.where(geometry.cells_seen(layout.grid), row[layout.prefix :].reshape(layout.grid), -1)
    block = "the last block" if last is reading.blocks[-1] else f"block {reading.blocks.index(last) + 1}"
    if cells.max() < _EVEN * row[layout.prefix :].mean():
        return f"In {block} {reader_name(reading, last)} looks at all patches nearly alike."
    peak = np.unravel_index(int(cells.argmax()), layout.grid)
    x, y = geometry.centre_of(int(peak[0]), int(peak[1]), layout.grid)
    where = place((int(x), int(y)), reading.geometry.image_size)
    return f"In {block} {reader_name(reading, last)} looks most {where}."
