"""How sure is the network of a class, on a scale that does not end at 100 %?"""

import numpy as np


def log_odds(logits: np.ndarray, class_index: int, activation: str) -> np.ndarray:
    """The log-odds of a class, log p - log(1 - p), from the logits: also where p is 1.000 as a number.

    Args:
        logits: (…, classes).
        activation: softmax, where the classes exclude each other; otherwise each logit is a class's own log-odds
            (sigmoid, and binary with its logits (-z, z)).

    Returns:
        (…,) float64; +inf under softmax with one class alone.
    """
    scores = np.asarray(logits, dtype=np.float64)
    own = scores[..., class_index]
    if activation != "softmax":
        return np.asarray(own)
    with np.errstate(all="ignore"):  # what is not finite is for the caller to see
        return np.asarray(own - _logsumexp(np.delete(scores, class_index, axis=-1)))


def probability(log_odds: np.ndarray | float) -> np.ndarray:
    """The probability of log-odds; float64."""
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-np.asarray(log_odds, dtype=np.float64))))


def _logsumexp(scores: np.ndarray) -> np.ndarray:
    top = scores.max(axis=-1, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0)
    return np.asarray(np.log(np.exp(scores - top).sum(axis=-1)) + top[..., 0])
