"""How widely, and how far over the image, does each head of a block attend? Two numbers a head."""

import numpy as np

from gradcam_core.layers.layouts import Layout


def entropies(weights: np.ndarray) -> np.ndarray:
    """(heads,) float32: 0 where each query attends to one key, 1 where it attends to all keys alike.

    The mean over the queries, and windows where there are any, of -Σ A log A / log keys.

    Args:
        weights: (…, heads, queries, keys), rows sum to 1.
    """
    keys = weights.shape[-1]
    if keys == 1:
        return np.zeros(weights.shape[-3], dtype=np.float32)
    return np.array(
        [_entropy(weights[..., head, :, :]) / np.log(keys) for head in range(weights.shape[-3])], np.float32
    )


def mean_distances(weights: np.ndarray, layout: Layout, cell: tuple[float, float]) -> np.ndarray:
    """(heads,) float32, in pixels of the network's input: how far the cells lie that a cell attends to.

    Dosovitskiy et al., ICLR 2021, section 4.5: the distance between the centres of two cells, weighted by attention,
    the mean over the cells. Other tokens have no place: rows are filled up without them, and a cell that
    attends to nothing else is left out. NaN where none remains.

    Args:
        weights: (heads, tokens, tokens), rows sum to 1.
        layout: which of the tokens are cells.
        cell: (height, width) of a cell in pixels.

    Raises:
        ValueError: if these are not the weights of as many tokens as the layout has.
    """
    tokens = layout.prefix + layout.height * layout.width
    if weights.shape[1:] != (tokens, tokens):
        raise ValueError(f"Weights of {tokens:,} tokens among each other are needed, these are {weights.shape}.")
    apart = _distances(layout, cell)
    among_cells = weights[:, layout.prefix :, layout.prefix :]
    return np.array([_mean_distance(head, apart) for head in among_cells], np.float32)


def _entropy(weights: np.ndarray) -> float:
    logarithms = np.log(weights, out=np.zeros_like(weights), where=weights > 0)  # 0 log 0 is 0
    return float(-(weights * logarithms).sum(axis=-1, dtype=np.float64).mean())


def _distances(layout: Layout, cell: tuple[float, float]) -> np.ndarray:
    """(cells, cells) between their centres."""
    rows, columns = np.indices(layout.grid).reshape(2, -1)
    down, right = (np.subtract.outer(place, place) * side for place, side in zip((rows, columns), cell, strict=True))
    return np.asarray(np.hypot(down, right), dtype=np.float32)


def _mean_distance(weights: np.ndarray, apart: np.ndarray) -> float:
    held = weights.sum(axis=-1, dtype=np.float64)
    far = (weights * apart).sum(axis=-1, dtype=np.float64)
    attends = held > 0
    return float((far[attends] / held[attends]).mean()) if attends.any() else float("nan")
