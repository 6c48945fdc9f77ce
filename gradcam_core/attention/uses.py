"""What becomes of attention weights: do they weigh values as they are, and does later attention depend on them?"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_leaves

PRODUCTS = (
    torch.matmul,
    Tensor.matmul,
    Tensor.__matmul__,
    Tensor.__rmatmul__,
    torch.bmm,
    Tensor.bmm,
    torch.baddbmm,
    torch.einsum,
)
_MOST_WAITING = 2  # softmaxes before a product: a network may add what two of them gave


class Waiting:
    """The weights that nothing has been multiplied with so far; of the last few calls, and by their memory."""

    def __init__(self) -> None:
        self._waiting: list[tuple[Any, Tensor, int]] = []

    def add(self, call: Any, weights: Tensor) -> None:
        """These weights of this call are handed to the network."""
        self._waiting = [*self._waiting, (call, weights, _version(weights))][-_MOST_WAITING:]

    def used_in(self, args: Any) -> tuple[Any, Tensor | None] | None:
        """The call whose weights are an operand, unchanged, and the values: (…, keys, width) where that is seen."""
        if not self._waiting:
            return None
        operands = [value for value in tree_leaves(args) if isinstance(value, Tensor)]
        for waiting in self._waiting:
            call, weights, version = waiting
            places = [place for place, one in enumerate(operands) if one.data_ptr() == weights.data_ptr()]
            if places:
                self._waiting.remove(waiting)
                return (call, _values(operands, places[0])) if _version(weights) == version else None
        return None


def depends_on(later: Tensor, earlier: Tensor) -> bool:
    """Whether one is computed from the other, as their graph tells."""
    source = earlier.grad_fn
    oldest = -1 if source is None else source._sequence_nr()
    ahead, seen = [later.grad_fn], set[Any]()
    while ahead:
        node = ahead.pop()
        if node is None or node in seen or node._sequence_nr() < oldest:
            continue
        if node is source or (source is None and getattr(node, "variable", None) is earlier):
            return True
        seen.add(node)
        ahead += [following for following, _ in node.next_functions]
    return False


def _values(operands: Sequence[Tensor], place: int) -> Tensor | None:
    """Of weights @ values, or of values @ weights with the sides of both exchanged."""
    if len(operands) != 2:
        return None
    return operands[1] if place == 0 else operands[0].transpose(-2, -1)


def _version(tensor: Tensor) -> int:
    """It counts the changes in place; tensors of inference mode have none."""
    return 0 if tensor.is_inference() else tensor._version
