"""How do the blocks of a transformer's attention read on a terminal, and as JSON? Nothing is printed here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcam_core.attention.blocks import AttentionBlock
from gradcam_core.attention.heads import HeadFigures, cell_size, head_figures
from gradcam_core.attention.passes import AttentionPass
from gradcam_core.cli.formatting import columns
from gradcam_core.sentences import number
from gradcam_core.text import counted, display_name

_HEADER = ("block", "part", "heads", "tokens", "entropy", "distance")
_COLUMNS = (
    "Entropy: 0 where each token attends to one other, 1 where it attends to all alike. Distance: how far away the "
    "cells lie that a cell attends to, in pixels of the model's input. Both are means over the heads."
)


@dataclass(frozen=True, eq=False)
class BlockFacts:
    """What is told of one block.

    Attributes:
        reason: why no map of it can be shown, in one sentence; empty where it can.
    """

    block: AttentionBlock
    reason: str
    figures: HeadFigures

    @property
    def heads(self) -> int | None:
        """None where heads can't be told from groups of tokens."""
        return self.block.heads if len(self.block.shape) <= 4 else None


def facts_of(attention: AttentionPass, reasons: Sequence[str], input_size: tuple[int, int]) -> list[BlockFacts]:
    """Of every block.

    Args:
        reasons: why each can't be shown.
        input_size: (width, height) in pixels.
    """
    figures = head_figures(attention, reasons, input_size)
    return [BlockFacts(*each) for each in zip(attention.blocks, reasons, figures, strict=True)]


def blocks_lines(facts: Sequence[BlockFacts], input_size: tuple[int, int]) -> Iterator[str]:
    """How many tokens there are, and a table."""
    yield from filter(None, [_tokens_sentence(facts, input_size)])
    rows = [_row(place, one) for place, one in enumerate(facts, 1)]
    yield from columns([_HEADER, *rows], right=(0, 2, 4, 5))
    yield ""
    yield _COLUMNS


def blocks_json(facts: Sequence[BlockFacts]) -> list[dict[str, Any]]:
    """With the numbers of every head; one that is not known is null."""
    return [_block(one) for one in facts]


def _tokens_sentence(facts: Sequence[BlockFacts], input_size: tuple[int, int]) -> str:
    """Of the last block whose tokens are all those of the image."""
    known = [one.block for one in facts if one.block.is_global]
    layout = known[-1].layout if known else None
    if layout is None:
        return ""
    height, width = cell_size(known[-1], input_size)
    before = f"{counted(layout.prefix, 'other token', 'other tokens')} before " if layout.prefix else ""
    cells = f"{layout.width} x {layout.height} cells of {width:.4g} x {height:.4g} pixels"
    return f"{known[-1].shape[-1]:,} tokens: {before}{cells}"


def _row(place: int, facts: BlockFacts) -> tuple[str, ...]:
    block, distances = facts.block, facts.figures.distances
    windows = int(np.prod(block.shape[:-3])) if facts.heads else 1
    return (
        str(place),
        display_name(block.name or "(the network)"),
        str(facts.heads or "-"),
        f"{block.shape[-1]:,}" + (f" x {windows:,}" if windows > 1 else ""),
        number(float(facts.figures.entropies.mean()), 2),
        "-" if distances is None or not np.isfinite(distances).any() else number(float(np.nanmean(distances)), 0),
    )


def _block(facts: BlockFacts) -> dict[str, Any]:
    block, layout = facts.block, facts.block.layout if facts.block.is_global else None
    return {
        "name": block.name,
        "heads": facts.heads,
        "shape": list(block.shape),
        "grid": list(layout.grid) if layout else None,
        "prefix_tokens": layout.prefix if layout else None,
        "reason": facts.reason or block.reason or None,
        "entropies": _numbers(facts.figures.entropies),
        "distances": None if facts.figures.distances is None else _numbers(facts.figures.distances),
    }


def _numbers(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
