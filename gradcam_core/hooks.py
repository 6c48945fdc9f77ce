"""How does a layer's output reach us without touching anybody else's forward pass?

Hooks are registered once, when a model is loaded. They write only to a record of the calling thread, so any
number of threads use one module at once without a lock, and a hook that finds no record does nothing.
"""

import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.utils.hooks import RemovableHandle

_thread = threading.local()


def attach(module: nn.Module, layers: Collection[str]) -> list[RemovableHandle]:
    """Let these layers be recorded from now on; called once per module.

    Args:
        module: the network.
        layers: names as `module.named_modules()` gives them; each gives one tensor per forward.
    """
    return [module.get_submodule(name).register_forward_hook(_hook(name)) for name in layers]


@contextmanager
def recording(layers: Collection[str]) -> Iterator[dict[str, Tensor | None]]:
    """Record these layers' outputs as leaves that require grad, for the calling thread alone.

    What comes after the layer is given a clone: an in-place ReLU behind it can't rewrite the record. With
    several layers only the earliest is cut from the graph; the others are recorded as they are.
    """
    outer = getattr(_thread, "record", None)
    _thread.record = dict.fromkeys(layers)
    try:
        yield _thread.record
    finally:
        _thread.record = outer


@contextmanager
def replacing(layer: str, output: Tensor) -> Iterator[None]:
    """Let this layer give `output`, whatever it computed, for the calling thread alone.

    Args:
        output: shaped as the layer's own; it may hold more images than went in, if what follows takes any number.
    """
    outer = getattr(_thread, "replaced", None)
    _thread.replaced = (layer, output)
    try:
        yield
    finally:
        _thread.replaced = outer


def _hook(name: str) -> Any:
    def record(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor | None:
        layer, instead = getattr(_thread, "replaced", None) or ("", None)
        if layer == name:
            return instead
        wanted = getattr(_thread, "record", None)
        if wanted is None or name not in wanted:
            return None
        wanted[name] = output if output.requires_grad else output.detach().requires_grad_()
        return wanted[name].clone()  # type: ignore[no-any-return]

    return record
