"""How does a layer's output reach us without touching anybody else's forward pass?

Hooks are registered once, when a model is loaded. They write only to a record of the calling thread, so any
number of threads use one module at once without a lock, and a hook that finds no record does nothing.
"""

import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
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


@contextmanager
def batching(layers: Sequence[str], chosen: Collection[str]) -> Iterator[list[str]]:
    """Let the last of these layers give what the chosen ones gave, one after another, for the calling thread alone.

    So what follows the last layer is run once on the outputs of all of them, as if each had been the last. The others
    hand on their outputs without their graph: what one of them does to the answer does not pass through the next.

    Args:
        layers: in the order in which they are called; the outputs of those chosen are of one shape, (1, …) each.

    Yields:
        The layers that were called so far: afterwards all of them in their order, if it went as it should.
    """
    outer = getattr(_thread, "batch", None)
    _thread.batch = _Batch(layers, chosen)
    try:
        yield _thread.batch.called
    finally:
        _thread.batch = outer


@dataclass(eq=False)
class _Batch:
    layers: Sequence[str]
    chosen: Collection[str]
    called: list[str] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)

    def after(self, layer: str, output: Tensor) -> Tensor:
        """What this layer hands on."""
        self.called.append(layer)
        if layer in self.chosen:
            self.outputs.append(output)
        return torch.cat(self.outputs) if layer == self.layers[-1] else output.detach().clone()


def _hook(name: str) -> Any:
    def record(_module: nn.Module, _inputs: Any, output: Tensor) -> Tensor | None:
        layer, instead = getattr(_thread, "replaced", None) or ("", None)
        if layer == name:
            return instead
        batch = getattr(_thread, "batch", None)
        if batch is not None and name in batch.layers:
            return batch.after(name, output)  # type: ignore[no-any-return]
        wanted = getattr(_thread, "record", None)
        if wanted is None or name not in wanted:
            return None
        wanted[name] = output if output.requires_grad else output.detach().requires_grad_()
        return wanted[name].clone()  # type: ignore[no-any-return]

    return record
