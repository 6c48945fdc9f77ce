"""How does each head of every block attend in one image: how evenly, and how far?"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcam_core.attention.blocks import AttentionBlock
from gradcam_core.attention.passes import AttentionPass
from gradcam_core.attention.statistics import entropies, mean_distances


@dataclass(frozen=True, eq=False)
class HeadFigures:
    """Of the heads of one block.

    Attributes:
        entropies: (heads,) from 0, each token attends to one, to 1, to all alike; one for all where heads can't be told
            from groups of tokens.
        distances: (heads,) in pixels of the network's input; None where the places of its tokens are not known.
        even: the distance of attention that is the same everywhere; NaN where there are no distances.
    """

    entropies: np.ndarray
    distances: np.ndarray | None = None
    even: float = float("nan")


def head_figures(
    attention: AttentionPass, reasons: Sequence[str], input_size: tuple[int, int]
) -> tuple[HeadFigures, ...]:
    """Of every block.

    Args:
        reasons: why each can't be shown over the image; empty where it can.
        input_size: (width, height) in pixels.
    """
    return tuple(
        _figures(attention.weights(place), block, None if reason else input_size)
        for place, (block, reason) in enumerate(zip(attention.blocks, reasons, strict=True))
    )


def cell_size(block: AttentionBlock, input_size: tuple[int, int]) -> tuple[float, float]:
    """(height, width) of a cell in pixels of the network's input.

    Raises:
        ValueError: if the cells of the block are not known.
    """
    if block.layout is None:
        raise ValueError("The cells of this block are not known.")
    return input_size[1] / block.layout.height, input_size[0] / block.layout.width


def _figures(weights: np.ndarray, block: AttentionBlock, input_size: tuple[int, int] | None) -> HeadFigures:
    if weights.ndim > 4:  # any of its sides may be that of the heads
        return HeadFigures(entropies(weights.reshape(-1, 1, *weights.shape[-2:])))
    if input_size is None or not block.is_global or block.layout is None:
        return HeadFigures(entropies(weights))
    cell, tokens = cell_size(block, input_size), weights.shape[-1]
    same = np.full((1, tokens, tokens), 1 / tokens, dtype=np.float32)
    distances, even = (mean_distances(one, block.layout, cell) for one in (weights, same))
    return HeadFigures(entropies(weights), distances, float(even[0]))
