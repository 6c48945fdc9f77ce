"""Which formula does a method come down to here? Two that come down to one formula give the same map."""

from collections.abc import Callable
from enum import StrEnum

import numpy as np

_EVEN = 1e-5  # of the largest gradient; such maps differ by less than one step of the colours


class Form(StrEnum):
    """A sum over the channels that several methods come down to, and in words the reason why they do."""

    PRODUCTS = "at this layer a channel counts the same in every cell"  # gradient x activation
    POSITIVE_PRODUCTS = "nothing below zero at this layer counts for the class"  # its part above zero


FindForm = Callable[[np.ndarray, np.ndarray], Form | None]
"""(activation, gradient), both (channels, h, w) → the formula; None where the method's own is none of these."""


def own_form(_activation: np.ndarray, _gradient: np.ndarray) -> None:
    """The method comes down to nothing that another one does."""


def products(_activation: np.ndarray, _gradient: np.ndarray) -> Form:
    """Always the products."""
    return Form.PRODUCTS


def positive_products(_activation: np.ndarray, _gradient: np.ndarray) -> Form:
    """Always their part above zero."""
    return Form.POSITIVE_PRODUCTS


def products_if_even(_activation: np.ndarray, gradient: np.ndarray) -> Form | None:
    """The products where each channel has one gradient in all cells, as behind a layer that is averaged next."""
    first = gradient[:, :1, :1]
    tolerance = _EVEN * np.abs(first).max()
    if np.abs(gradient[:, -1:, -1:] - first).max() > tolerance:  # two cells tell most that are not
        return None
    is_even = (gradient == first).all() or np.abs(gradient - first).max() <= tolerance  # the first is quick
    return Form.PRODUCTS if is_even else None


def positive_products_if_rectified(activation: np.ndarray, gradient: np.ndarray) -> Form | None:
    """Their part above zero where the class depends on no activation below zero, as where a ReLU stands or follows."""
    is_rectified = activation.min() >= 0 or not gradient[activation < 0].any()
    return Form.POSITIVE_PRODUCTS if is_rectified else None
