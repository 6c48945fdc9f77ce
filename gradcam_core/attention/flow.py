"""How much of each token of the input is in a token after the last block? Three formulas, as matrices.

Rows are the tokens that take, columns those that are taken from; a residual connection lets each token keep itself.
Blocks may have more tokens than those before them, as where a class token joins late: it stands before the others.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum

import numpy as np


class Fusion(StrEnum):
    """How the heads of a block become one."""

    MEAN = "mean"  # as in the paper
    MAX = "max"
    MIN = "min"


_FUSED: dict[Fusion, Callable[..., np.ndarray]] = {Fusion.MEAN: np.mean, Fusion.MAX: np.max, Fusion.MIN: np.min}


def rollout(weights: Sequence[np.ndarray], *, fusion: Fusion = Fusion.MEAN, discard: float = 0.0) -> np.ndarray:
    """Half attention, half residual, multiplied up from the first block: Abnar and Zuidema, ACL 2020, section 3.

    It knows no class.

    Args:
        weights: of each block, the first one first, (heads, tokens, tokens), rows sum to 1.
        discard: the share of the smallest weights of each block that is left out, 0 to below 1.

    Returns:
        (tokens, tokens) of the last block, rows sum to 1.
    """
    return rollouts(weights, fusion=fusion, discard=discard)[-1]


def rollouts(weights: Sequence[np.ndarray], *, fusion: Fusion = Fusion.MEAN, discard: float = 0.0) -> list[np.ndarray]:
    """How far attention has come after each block: `rollout` of the first, of the first two, and so on to all.

    Each is among the tokens that there are then.
    """
    _check_share(discard)
    return _rolled([_without_smallest(_doubled(_FUSED[fusion](block, axis=0)), discard) for block in weights])


def gradient_rollout(
    weights: Sequence[np.ndarray], gradients: Sequence[np.ndarray], *, discard: float = 0.0, keeps: bool = True
) -> np.ndarray:
    """As `rollout`, of what attention times its gradient is above 0, the mean over the heads.

    Args:
        gradients: of the class, each as the block's weights.
        discard: as in `rollout`.
        keeps: whether what a token has of itself by the residual connections alone counts; without it rows sum to less.
    """
    _check_share(discard)
    products = [_doubled((block * slope).mean(axis=0)) for block, slope in zip(weights, gradients, strict=True)]
    raising = [_without_smallest(np.maximum(product, 0), discard) for product in products]
    taken = _rolled(raising)[-1]
    return taken if keeps else taken - np.diag(_kept(raising))


def chefer(weights: Sequence[np.ndarray], gradients: Sequence[np.ndarray]) -> np.ndarray:
    """Each block adds what it takes that raises the class: Chefer et al., ICCV 2021, rules 5 and 6.

    Args:
        gradients: of the class, each as the block's weights.

    Returns:
        (tokens, tokens) of the last block, 1 and more on the diagonal, nothing below 0.
    """
    relevance = np.eye(0)
    for block, slope in zip(weights, gradients, strict=True):
        raising = _doubled(np.maximum(block * slope, 0).mean(axis=0))
        relevance = _joined(relevance, len(raising))
        relevance = relevance + raising @ relevance
    return relevance


def _rolled(fused: Sequence[np.ndarray]) -> list[np.ndarray]:
    """After each block."""
    flow = [np.eye(0)]
    for block in fused:
        kept = block + np.eye(len(block))
        flow.append(kept / kept.sum(axis=1, keepdims=True) @ _joined(flow[-1], len(block)))
    return flow[1:]


def _joined(flow: np.ndarray, tokens: int) -> np.ndarray:
    """Those that join stand before the others; until then each is in itself alone."""
    among = np.eye(tokens)
    among[tokens - len(flow) :, tokens - len(flow) :] = flow
    return among


def _kept(raising: Sequence[np.ndarray]) -> np.ndarray:
    """(tokens,) what each has of itself by the residual connections alone."""
    kept = np.ones(len(raising[-1]))
    for block in raising:
        kept[len(kept) - len(block) :] /= 1 + block.sum(axis=1)
    return kept


def _without_smallest(fused: np.ndarray, share: float) -> np.ndarray:
    count = int(share * fused.size)
    if not count:
        return fused
    smallest = np.argpartition(fused, count - 1, axis=None)[:count]
    left = fused.copy()
    left.flat[smallest] = 0
    return _rows_as_before(left, fused)


def _rows_as_before(left: np.ndarray, fused: np.ndarray) -> np.ndarray:
    """Each row sums to what it did; one of which nothing is left stays empty, and its token keeps itself."""
    now = left.sum(axis=1, keepdims=True)
    filled = np.divide(fused.sum(axis=1, keepdims=True), now, out=np.zeros_like(now), where=now > 0)
    return np.asarray(left * filled)


def _doubled(fused: np.ndarray) -> np.ndarray:
    """For what is multiplied up; all heads would take long."""
    return np.asarray(fused, dtype=np.float64)


def _check_share(discard: float) -> None:
    if not 0 <= discard < 1:
        raise ValueError(f"A share that is left out is 0 to below 1, this one is {discard}.")
