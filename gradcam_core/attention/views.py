"""Which map is asked for? What a token takes or who takes from it, in a head, a block or all so far; or features."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from gradcam_core.attention import flow
from gradcam_core.attention.blocks import AttentionBlock
from gradcam_core.attention.flow import Fusion
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
        token: one of the tokens before the cells, in place of a cell.
        is_received: who takes from the cell or token, in place of what it takes; without one, what all tokens take.
        is_to_read: with `is_received` and without a cell or token: who takes from the tokens that are read.
        is_rollout: through all blocks up to this one, by `flow.rollouts`, in place of this block alone.
        fusion: of a rollout, how the heads of each block become one.
        discard: of a rollout, the share of the smallest weights of each block that is left out, 0 to below 1.
        hidden: (row, column) of cells that are left out, and with them all tokens that are no cells: what remains of
            what is taken sums to 1. None: nothing is left out.

    Raises:
        ValueError: if `fusion` or `discard` is given without a rollout.
    """

    block: int
    head: int | None = None
    cell: tuple[int, int] | None = None
    token: int | None = None
    is_received: bool = False
    is_to_read: bool = False
    is_rollout: bool = False
    fusion: Fusion = Fusion.MEAN
    discard: float = 0.0
    hidden: tuple[tuple[int, int], ...] | None = None

    def __post_init__(self) -> None:
        if not self.is_rollout and (self.fusion, self.discard) != (Fusion.MEAN, 0):
            raise ValueError("Heads are fused and weights left out in a rollout alone.")

    @property
    def is_of_all(self) -> bool:
        """Whether it shows what all tokens take."""
        return self.is_received and not self.is_to_read and self.cell is None and self.token is None

    @property
    def needs_readers(self) -> bool:
        """Whether it depends on which tokens are read."""
        return self.cell is None and self.token is None and not self.is_of_all

    @property
    def is_column(self) -> bool:
        """Whether it shows who takes, so that nothing need sum to 1."""
        return self.is_received and not self.is_of_all


@dataclass(frozen=True)
class FeatureView:
    """Which features of a layer's cells are shown.

    Attributes:
        cell: (row, column) of the cell that all are compared with; None for all of them as colours.
    """

    layer: str
    cell: tuple[int, int] | None = None


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """Attention over the cells of the image.

    Attributes:
        values: (h, w) float32, shares of 1.
        elsewhere: the share that goes to tokens that are no cells; None where it is shown who takes, and where they are
            hidden.
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
        ValueError: if there is no such block, head, token or cell, or `view.discard` is no share.
    """
    taken = _taken(attention, view)
    found = _seen(taken, view, readers)
    return found if view.hidden is None else _without(found, view.hidden, is_share=not view.is_column)


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


class _Taken(NamedTuple):
    """(queries, tokens) of what is shown, and why a cell can't be asked about, or nothing."""

    weights: np.ndarray
    layout: Layout
    reason: str


def _seen(taken: _Taken, view: View, readers: np.ndarray | None) -> AttentionMap:
    weights, layout, reason = taken
    if view.is_of_all:
        return _laid(weights.mean(axis=0), layout)
    shares = queries_read(readers, len(weights), layout) if view.needs_readers else None
    if shares is not None and not view.is_received:
        return _laid(shares @ weights, layout)
    if weights.shape[0] != weights.shape[1]:
        raise MethodError(reason, hint="Ask for no cell.")
    if not view.is_received:
        return _laid(weights[_token(view, layout)], layout)
    column = weights[:, _token(view, layout)] if shares is None else weights @ shares
    return AttentionMap(_laid(column, layout).values)


def _token(view: View, layout: Layout) -> int:
    if view.cell is not None:
        return layout.prefix + int(np.ravel_multi_index(view.cell, layout.grid))
    if view.token is None or not 0 <= view.token < layout.prefix:
        raise ValueError(f"There is no token {view.token} among {layout.prefix} before the cells.")
    return view.token


def _without(found: AttentionMap, hidden: Sequence[tuple[int, int]], *, is_share: bool) -> AttentionMap:
    values = found.values.copy()
    for cell in hidden:
        values[np.unravel_index(np.ravel_multi_index(cell, values.shape), values.shape)] = 0
    left = values.sum()
    return AttentionMap(values / left if is_share and left > 0 else values)


def _taken(attention: AttentionPass, view: View) -> _Taken:
    if not 0 <= view.block < len(attention.blocks):
        raise ValueError(f"There is no block {view.block} among {len(attention.blocks)}.")
    block = attention.blocks[view.block]
    if view.is_rollout:
        taken = flow.rollouts(followed_weights(attention), fusion=view.fusion, discard=view.discard)
        return _Taken(taken[view.block], _layout(block), "")
    weights, layout = attention.weights(view.block), _layout(block)
    if view.head is None:
        return _Taken(weights.mean(axis=0), layout, block.reason)
    if not 0 <= view.head < len(weights):
        raise ValueError(f"There is no head {view.head} among {len(weights)}.")
    return _Taken(weights[view.head], layout, block.reason)


def _layout(block: AttentionBlock) -> Layout:
    if (reason := why_not_shown(block)) or block.layout is None:
        raise MethodError(reason, hint="Choose another block.")
    return block.layout


def _laid(row: np.ndarray, layout: Layout) -> AttentionMap:
    """(tokens,) over the grid."""
    cells = row[layout.prefix :].reshape(layout.grid)
    return AttentionMap(np.asarray(cells, dtype=np.float32), float(row[: layout.prefix].sum()))
