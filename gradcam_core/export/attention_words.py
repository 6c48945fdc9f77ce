"""What does a map of attention or of features show, in one sentence? Blocks, heads, rows and columns count from 1."""

import re
from collections.abc import Sequence

import numpy as np

from gradcam_core.attention.blocks import AttentionBlock
from gradcam_core.attention.flow import Fusion
from gradcam_core.attention.views import FeatureView, View, queries_read
from gradcam_core.layers.layouts import Layout
from gradcam_core.text import counted

_LONGEST = 100  # letters of the beginning of a file's name
_FUSED = {Fusion.MAX: "heads fused by their maximum", Fusion.MIN: "heads fused by their minimum"}
NO_EVIDENCE = (
    "Attention weights are no evidence for a class: they say what a token takes from, not what the answer makes of it."
)
NO_CLASS = "How features differ is no evidence for a class: it says what the network tells apart."


def readers_words(readers: np.ndarray | None, queries: int, layout: Layout | None) -> str:
    """What the class is read from, as in "the class token"; of that the attention of a block is shown."""
    prefix = layout.prefix if layout else 0
    read = np.flatnonzero(queries_read(readers, queries, layout)) if layout else np.arange(queries)
    if queries == 1 and not prefix:  # a query of its own, as in a pooling of the cells: no token of the image's
        return "the query that pools the patches"
    if queries == 1 or (len(read) == 1 and read[0] < prefix):
        return "the class token"
    if len(read) <= prefix and read[-1] < prefix:
        return f"the mean of {len(read)} class tokens"
    return "the mean of all tokens" if len(read) == queries > queries - prefix else "the mean of all patches"


def attention_sentence(view: View, blocks: Sequence[AttentionBlock], readers: np.ndarray | None) -> str:
    """As in "Block 2 of 12, head 3 of 6: what the class token looks at."."""
    block, count = blocks[view.block], len(blocks)
    head = f"mean of {block.heads} heads" if view.head is None else f"head {view.head + 1} of {block.heads}"
    where = f"Block {view.block + 1} of {count}, {head}"
    if view.is_rollout:
        where = f"Rollout up to block {view.block + 1} of {count}{_rollout_words(view)}"
    return f"{where}: {_shown(view, block, readers)}{_hidden(view)}."


def _rollout_words(view: View) -> str:
    """What is unusual about a rollout, as in ", heads fused by their maximum"; "" where nothing is."""
    fused = "" if view.fusion is Fusion.MEAN else f", {_FUSED[view.fusion]}"
    share = f"{100 * view.discard:.12g} %"  # without the last digits, where 100 * 0.29 is not quite 29
    return fused + (f", the smallest {share} of each block's weights left out" if view.discard else "")


def features_sentence(view: FeatureView) -> str:
    """As in "Layer blocks.3: how alike the others are to the patch in row 2, column 5."."""
    if view.cell is None:
        return f"Layer {view.layer}: the first three principal components of the features as red, green and blue."
    return f"Layer {view.layer}: how alike the others are to {_cell(view.cell)}."


def _shown(view: View, block: AttentionBlock, readers: np.ndarray | None) -> str:
    if view.is_of_all:
        return "what all tokens look at, on average"
    if view.cell is not None:
        one = _cell(view.cell)
    elif view.token is not None:
        one = f"token {view.token + 1} before the patches"
    else:
        one = readers_words(readers, block.shape[-2], block.layout)
    return f"who looks at {one}" if view.is_received else f"what {one} looks at"


def _cell(cell: tuple[int, int]) -> str:
    return f"the patch in row {cell[0] + 1}, column {cell[1] + 1}"


def _hidden(view: View) -> str:
    if view.hidden is None:
        return ""
    cells = f", and {counted(len(view.hidden), 'patch', 'patches')}" if view.hidden else ""
    return f"; tokens that are no patch are hidden{cells}"


def file_prefix(view: View | FeatureView) -> str:
    """How the names of its files begin, as in "attention-block-2-head-3-row-4-column-13"; every system takes it."""
    parts = [_kind(view), *_numbers(view), *_whose(view)]
    return re.sub(r"[^a-z0-9]+", "-", "-".join(parts).lower())[:_LONGEST].strip("-")


def _kind(view: View | FeatureView) -> str:
    if isinstance(view, FeatureView):
        return "colours" if view.cell is None else "similarity"
    return "rollout" if view.is_rollout else "attention"


def _numbers(view: View | FeatureView) -> list[str]:
    if isinstance(view, FeatureView):
        return [view.layer]
    head = [] if view.head is None else [f"head-{view.head + 1}"]
    fusion = [] if view.fusion is Fusion.MEAN else [view.fusion.value]
    return [f"block-{view.block + 1}", *head, *fusion, *([f"discard-{view.discard}"] if view.discard else [])]


def _whose(view: View | FeatureView) -> list[str]:
    told = [] if view.cell is None else [f"row-{view.cell[0] + 1}-column-{view.cell[1] + 1}"]
    if isinstance(view, FeatureView):
        return told
    told += [] if view.token is None else [f"token-{view.token + 1}"]
    told += ["received"] if view.is_received else []
    return told + ([] if view.hidden is None else ["without-sinks"])
