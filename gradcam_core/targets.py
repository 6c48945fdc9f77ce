"""What is explained: the logit of one class, a weighted sum of logits, or any function of them."""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from gradcam_core.errors import MethodError

Weights = tuple[tuple[int, float], ...]
"""A weighted sum of logits: (class, weight) pairs by class."""

Target = Weights | Callable[[Tensor], Tensor]
"""What is explained; a function takes the logits, (classes,), and gives one number that depends on them."""

Wanted = Mapping[int, float] | Sequence[float] | np.ndarray | Tensor | Callable[[Tensor], Tensor]
"""How a target is asked for: weights by class, a weight for every class, or a function of the logits, (classes,)."""

_MOST_NAMED = 3  # classes in the words for a target
_MOST_WRITTEN = 10  # weights in its spelling
_HINT = "A target is {class: weight}, one weight for every class, or a function of the logits."


def one_class(class_index: int) -> Weights:
    """The logit of one class."""
    return ((class_index, 1.0),)


def as_target(wanted: Wanted, classes: int) -> Target:
    """What is asked for, as a target of a network with so many classes; it is one class where it weighs one as 1.

    Raises:
        MethodError: if it names no class of the network, or weighs none.
    """
    if callable(wanted):
        return wanted
    given = dict(wanted) if isinstance(wanted, Mapping) else dict(enumerate(_numbers(wanted, classes)))
    weights = tuple(sorted((int(index), float(weight)) for index, weight in given.items() if weight))
    if not weights or not all(0 <= index < classes and math.isfinite(weight) for index, weight in weights):
        raise MethodError(
            f"The target weighs no class, or one that is none of the {classes:,} of this model.", hint=_HINT
        )
    return weights


def value_of(target: Target, logits: Tensor) -> Tensor:
    """The number that is explained, of logits (classes,); gradients go through it.

    Raises:
        MethodError: if a function of the logits does not give one number that depends on them.
    """
    if not callable(target):
        weights = torch.zeros_like(logits)
        for class_index, weight in target:
            weights[class_index] = weight
        return logits @ weights
    value = target(logits)
    if not isinstance(value, Tensor) or value.numel() != 1 or (logits.requires_grad and not value.requires_grad):
        raise MethodError("The target is no number that depends on the logits.", hint=_HINT)
    return value.reshape(())


def words_for(target: Target, labels: Sequence[str]) -> str:
    """What is explained, for people: 2 × cat - dog."""
    if callable(target):
        return f"the function {_name(target)}"
    terms = [f"{'-' if weight < 0 else '+'} {_times(abs(weight))}{labels[index]}" for index, weight in target]
    shown = " ".join(terms[:_MOST_NAMED])
    rest = f" and {len(terms) - _MOST_NAMED:,} more" if len(terms) > _MOST_NAMED else ""
    return shown.removeprefix("+ ") + rest


def spelling_of(target: Target) -> str:
    """What tells it from other targets, in a result's key: the weights as Python has them, or a function's name."""
    if callable(target):
        return _name(target)
    if len(target) <= _MOST_WRITTEN:
        return repr(dict(target))
    return f"{len(target)} weights, {hash(target):x}"


def _numbers(wanted: object, classes: int) -> list[float]:
    try:
        values = np.asarray(wanted.detach().cpu() if isinstance(wanted, Tensor) else wanted, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise MethodError("The target is none.", hint=_HINT) from error
    if values.shape != (classes,):
        raise MethodError(f"The target has the shape {values.shape}, and the model {classes:,} classes.", hint=_HINT)
    return [float(value) for value in values]


def _times(weight: float) -> str:
    return "" if weight == 1 else f"{weight:g} × "


def _name(function: Callable[..., object]) -> str:
    return str(getattr(function, "__qualname__", type(function).__name__))
