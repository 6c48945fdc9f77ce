"""How much memory do the activations of one image take in a forward pass?"""

import weakref
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

_measured: WeakKeyDictionary[nn.Module, dict[tuple[int, ...], int]] = WeakKeyDictionary()


def activation_bytes(module: nn.Module, shape: tuple[int, ...], device: torch.device) -> int:
    """The most that tensors made in a forward pass of one image take at one time, without the weights.

    Measured in a forward pass of the calling thread, once for each module and shape; a batch takes that much for each
    of its images. What an operation takes for itself and gives back is not seen.

    Args:
        shape: (channels, height, width).
    """
    known = _measured.setdefault(module, {})
    if shape not in known:
        with _LiveTensors() as live:
            module(torch.zeros(1, *shape, dtype=torch.float32, device=device))
        known[shape] = live.most
    return known[shape]


class _LiveTensors(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Within it, the calling thread's new tensors are counted while they live.

    Attributes:
        most: bytes at the fullest moment.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.most = self._now = 0
        self._alive: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        given = {tensor.untyped_storage()._cdata for tensor in _tensors((args, kwargs))}
        result = func(*args, **kwargs)
        for tensor in _tensors(result):
            storage = tensor.untyped_storage()
            if storage._cdata not in given | self._alive:  # neither changed in place nor a view of what was there
                self._count(storage)
        self.most = max(self.most, self._now)
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        self._alive.add(key)
        self._now += size
        weakref.finalize(storage, self._forget, key, size)

    def _forget(self, key: int, size: int) -> None:
        self._alive.discard(key)
        self._now -= size


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]
