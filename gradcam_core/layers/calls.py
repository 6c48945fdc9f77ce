"""What does each module of a network do in one forward pass? Seen by hooks, while nothing is kept of its values."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from gradcam_core.errors import LayerError
from gradcam_core.layers.layouts import Grid, Kind, Layout, readings
from gradcam_core.layers.reasons import shape_text


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a module.

    Attributes:
        shape: of its output; None where that is not one tensor.
        layouts: how a map can be read from it: one way or none as a rule.
        hands_on: whether its output is one of its inputs, unchanged.
        depends: whether its output depends on the image.
    """

    name: str
    module: nn.Module
    shape: tuple[int, ...] | None
    layouts: tuple[Layout, ...] = ()
    hands_on: bool = False
    depends: bool = True

    @property
    def layout(self) -> Layout:
        """The one that is read."""
        return self.layouts[0]

    @property
    def is_plain(self) -> bool:
        """Whether it holds no parts."""
        return next(self.module.children(), None) is None


@dataclass(frozen=True, eq=False)
class Forward:
    """One forward pass.

    Attributes:
        calls: in the order in which they end.
        num_outputs: how many numbers the network gives for an image.
        used: ids of the parameters that were computed with, the last one last.
    """

    calls: tuple[Call, ...]
    num_outputs: int
    used: tuple[int, ...]


def run(module: nn.Module, input_tensor: Tensor) -> Forward:
    """Run the network once; it is left as it was.

    Args:
        module: a classifier in eval mode.
        input_tensor: (1, channels, height, width); it is not changed.

    Raises:
        LayerError: if the network's output is not (1, outputs).
    """
    image = input_tensor.detach().requires_grad_()
    nothing = torch.empty(0)
    nothing_kept = saved_tensors_hooks(
        lambda _: nothing, lambda kept: kept
    )  # the graph only tells what depends on what
    watch = _Watch((image.shape[-2], image.shape[-1]))
    with _frozen(module), watch.on(module), _UsedParameters() as used, torch.enable_grad(), nothing_kept:
        outputs = module(image.clone())  # a network may write into its input
    if not isinstance(outputs, Tensor) or outputs.dim() != 2 or len(outputs) != 1:
        raise LayerError(
            f"Its output is {_described(outputs)}, where a classifier gives one tensor, (images, classes).",
            hint="Wrap it in a module that returns the logits alone.",
        )
    return Forward(tuple(watch.calls), outputs.shape[1], tuple(used.ids))


@contextmanager
def _frozen(module: nn.Module) -> Iterator[None]:
    """Within it no parameter requires a gradient: what does depends on the image, and not on weights alone."""
    trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
    for parameter in trained:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)


def _described(outputs: object) -> str:
    return shape_text(tuple(outputs.shape)) if isinstance(outputs, Tensor) else f"of type {type(outputs).__name__}"


class _Watch:
    """Notes the calls of a forward pass as they end, and how each output can be read after those before it."""

    def __init__(self, image: Grid) -> None:
        self.calls: list[Call] = []
        self._image = image
        self._grids: list[Grid] = []
        self._lengths: set[int] = set()
        self._begun: list[list[tuple[int, int]]] = []  # inputs, and their versions, of calls that have not ended

    @contextmanager
    def on(self, module: nn.Module) -> Iterator[None]:
        """Watch the parts of this network within it."""
        parts = [(name, part) for name, part in module.named_modules() if name]
        handles = [part.register_forward_pre_hook(self._begin, with_kwargs=True) for _, part in parts]
        handles += [part.register_forward_hook(partial(self._end, name), with_kwargs=True) for name, part in parts]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _begin(self, _module: nn.Module, args: Any, kwargs: Any) -> None:
        self._begun.append([(id(tensor), tensor._version) for tensor in _tensors((args, kwargs))])

    def _end(self, name: str, module: nn.Module, args: Any, kwargs: Any, output: Any) -> Tensor | None:
        given = self._begun.pop()
        if not isinstance(output, Tensor):
            self.calls.append(Call(name, module, None))
            return None
        hands_on = (id(output), output._version) in given  # what is changed in place has a new version
        cut = not output.requires_grad and any(tensor.requires_grad for tensor in _tensors((args, kwargs)))
        depends = output.requires_grad or cut
        shape = tuple(output.shape)
        layouts = self._readings(shape) if depends and not hands_on and shape[:1] == (1,) else ()
        self.calls.append(Call(name, module, shape, layouts, hands_on, depends))
        return _joined(output) if cut and output.is_floating_point() else None

    def _readings(self, shape: tuple[int, ...]) -> tuple[Layout, ...]:
        found = readings(shape, grids=self._grids, lengths=self._lengths, image=self._image)
        if len(found) == 1:
            if found[0].grid not in self._grids:
                self._grids.append(found[0].grid)
            if found[0].kind is Kind.TOKENS:
                self._lengths.add(shape[1])
        return found


def _tensors(tree: Any) -> list[Tensor]:
    return [leaf for leaf in tree_leaves(tree) if isinstance(leaf, Tensor)]


def _joined(output: Tensor) -> Tensor:
    """The same values, joined to the graph again where a network cuts it: what follows depends on the image as well."""
    with torch.inference_mode(False), torch.enable_grad():
        return output.detach().clone().requires_grad_().clone()


class _UsedParameters(TorchFunctionMode):
    """Within it, every parameter that something is computed with is noted; reading its shape or device is no use.

    Attributes:
        ids: of the parameters, in the order of their last use.
    """

    def __init__(self) -> None:
        super().__init__()
        self.ids: dict[int, None] = {}

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") != "__get__":
            for value in (*args, *(kwargs or {}).values()):
                if isinstance(value, nn.Parameter):
                    self.ids.pop(id(value), None)
                    self.ids[id(value)] = None
        return func(*args, **(kwargs or {}))
