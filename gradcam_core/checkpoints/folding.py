"""Which weights does a file hold in parts, and what do the parts make?

Pruning keeps a weight and its mask apart, weight normalisation its length and direction, spectral normalisation the
weight and the two vectors that estimate its largest singular value. In eval mode each is one plain weight.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from gradcam_core.checkpoints.naming import listed

State = dict[str, Tensor]
_Make = Callable[..., Tensor | None]


@dataclass(frozen=True)
class _Kind:
    """A way to keep a weight in parts: how the names of the parts end, and what the weight is then called."""

    said: str
    endings: tuple[str, ...]
    make: _Make
    middle: str = ""

    def parts(self, key: str) -> tuple[str, ...] | None:
        """The names of all parts, of which `key` is the first; None if it is no such name."""
        if not key.endswith(self.endings[0]) or self.middle not in key:
            return None
        stem = key.removesuffix(self.endings[0])
        return tuple(stem + ending for ending in self.endings)

    def whole(self, key: str) -> str:
        """The name of the plain weight."""
        stem = key.removesuffix(self.endings[0])
        return stem.replace(self.middle, ".", 1) if self.middle else stem


def fold(state: Mapping[str, Tensor]) -> tuple[State, tuple[str, ...]]:
    """The state with plain weights in place of their parts, and a sentence for each kind that was found.

    Parts whose shapes do not belong together are left as they are.
    """
    folded, notes = dict(state), []
    for kind in _KINDS:
        made = [key for key in state if _fold_one(folded, key, kind)]
        if made:
            notes.append(f"{kind.said}: {listed(made)}.")
    return folded, tuple(notes)


def _fold_one(state: State, key: str, kind: _Kind) -> bool:
    parts = kind.parts(key)
    if parts is None or not all(part in state for part in parts):
        return False
    tensors = [state[part] for part in parts]
    name = kind.whole(key)
    if name in state or not all(tensor.is_floating_point() or tensor.dtype == torch.bool for tensor in tensors):
        return False
    made = kind.make(*(tensor.float() for tensor in tensors))
    if made is None:
        return False
    for part in parts:
        del state[part]
    state[name] = made
    return True


def _masked(weight: Tensor, mask: Tensor) -> Tensor | None:
    return torch.mul(weight, mask) if weight.shape == mask.shape else None


def _scaled(length: Tensor, direction: Tensor) -> Tensor | None:
    """Weight normalisation: https://arxiv.org/abs/1602.07868, equation 2; `length` has a side of 1 where it sums."""
    if length.dim() == 0:
        return torch.mul(direction, length / torch.linalg.vector_norm(direction))
    sides = list(zip(length.shape, direction.shape, strict=False))
    if length.dim() != direction.dim() or not all(own in (1, other) for own, other in sides):
        return None
    summed = [number for number, (own, _) in enumerate(sides) if own == 1]
    norm = torch.linalg.vector_norm(direction, dim=summed, keepdim=True) if summed else direction.abs()
    return torch.mul(direction, length / norm)


def _divided(weight: Tensor, left: Tensor, right: Tensor) -> Tensor | None:
    """Spectral normalisation: https://arxiv.org/abs/1802.05957; the weight as a matrix with one row for each output."""
    if weight.dim() < 2 or left.shape != weight.shape[:1] or right.shape != (weight[0].numel(),):
        return None
    return torch.div(weight, torch.dot(left, weight.flatten(1) @ right))


_PARAMETRIZED = ".parametrizations."
_KINDS = (
    _Kind("Pruned weights were multiplied by their masks", ("_orig", "_mask"), _masked),
    _Kind("Weight normalisation was computed", ("_g", "_v"), _scaled),
    _Kind("Weight normalisation was computed", (".original0", ".original1"), _scaled, _PARAMETRIZED),
    _Kind("Spectral normalisation was computed", ("_orig", "_u", "_v"), _divided),
    _Kind("Spectral normalisation was computed", (".original", ".0._u", ".0._v"), _divided, _PARAMETRIZED),
)
