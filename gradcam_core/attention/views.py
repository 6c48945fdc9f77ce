"""What does a token take from, or who takes from it? One map of one block, one head, or the blocks so far."""

from dataclasses import dataclass

import numpy as np

from gradcam_core.attention import flow
from gradcam_core.attention.blocks import AttentionBlock
from gradcam_core.attention.maps import followed_weights
from gradcam_core.attention.passes import AttentionPass
from gradcam_core.errors import MethodError
from gradcam_core.layers.layouts import Layout
from gradcam_core.targets import Target


@dataclass(frozen=True, kw_only=True)
class View:
    """Which attention is shown.

    Attributes:
        block: its place in the forward pass.
        head: one of its heads; None for the mean of all.
        cell: (row, column) of the cell that takes; None for the tokens that are read.
        is_received: who takes from the cell, in place of what it takes; without a cell, what all tokens take.
        is_rollout: through all blocks up to this one, by `flow.rollouts`, in place of this block alone.
    """

    block: int
    head: int | None = None
    cell: tuple[int, int] | None = None
    is_received: bool = False
    is_rollout: bool = False


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """Attention over the cells of the image.

    Attributes:
        values: (h, w) float32, shares of 1.
        elsewhere: the share that goes to tokens that are no cells; None where it is shown who takes from a cell.
    """

    values: np.ndarray
    elsewhere: float | None = None


def why_not_shown(block: AttentionBlock) -> str:
    """Why no map of this block can be made, in one sentence; empty where it can."""
    is_reading = block.shape[-2] == 1 and block.shape[:-3] in {(), (1,)} and block.layout is not None
    return "" if block.is_global or is_reading else block.reason


def attention_map(attention: AttentionPass, view: View, readers: np.ndarray | None) -> AttentionMap:
    """The map of a view.

    Args:
        readers: as `readers_of` gives them.

    Raises:
        MethodError: if the block can't be shown, or the rollout not be followed.
        ValueError: if there is no such block, head or cell.
    """
    taken, layout = _taken(attention, view)
    if view.cell is None:
        row = taken.mean(axis=0) if view.is_received else queries_read(readers, len(taken), layout) @ taken
        return _laid(row, layout)
    if taken.shape[0] != taken.shape[1]:
        raise MethodError(attention.blocks[view.block].reason, hint="Ask for no cell.")
    token = layout.prefix + int(np.ravel_multi_index(view.cell, layout.grid))
    if view.is_received:
        return AttentionMap(_laid(taken[:, token], layout).values)
    return _laid(taken[token], layout)


def readers_of(attention: AttentionPass, target: Target) -> np.ndarray | None:
    """`AttentionPass.readers`; None where the last block can't be shown or the target depends on none of its attention.

    Args:
        attention: a pass with gradients.
    """
    if not attention.blocks or why_not_shown(attention.blocks[-1]):
        return None
    try:
        readers = attention.readers(target)
    except MethodError:
        return None
    return readers if readers.any() else None


def queries_read(readers: np.ndarray | None, queries: int, layout: Layout) -> np.ndarray:
    """(queries,) float32 whose sum is 1: those that are read; all cells where they are not known or join later."""
    shares = np.zeros(queries, dtype=np.float32)
    if readers is not None and len(readers) >= queries:
        shares[:] = readers[len(readers) - queries :]  # a token that joins later stands before the others
    if not shares.any():
        shares[layout.prefix if queries > layout.prefix else 0 :] = 1
    return np.asarray(shares / shares.sum())


def _taken(attention: AttentionPass, view: View) -> tuple[np.ndarray, Layout]:
    """(queries, tokens) of what is shown."""
    if not 0 <= view.block < len(attention.blocks):
        raise ValueError(f"There is no block {view.block} among {len(attention.blocks)}.")
    if view.is_rollout:
        taken = flow.rollouts(followed_weights(attention))[view.block]
        return taken, _layout(attention.blocks[-1])
    weights = attention.weights(view.block)
    layout = _layout(attention.blocks[view.block])
    if view.head is None:
        return weights.mean(axis=0), layout
    if not 0 <= view.head < len(weights):
        raise ValueError(f"There is no head {view.head} among {len(weights)}.")
    return weights[view.head], layout


def _layout(block: AttentionBlock) -> Layout:
    if (reason := why_not_shown(block)) or block.layout is None:
        raise MethodError(reason, hint="Choose another block.")
    return block.layout


def _laid(row: np.ndarray, layout: Layout) -> AttentionMap:
    """(tokens,) over the grid."""
    cells = row[layout.prefix :].reshape(layout.grid)
    return AttentionMap(np.asarray(cells, dtype=np.float32), float(row[: layout.prefix].sum()))
