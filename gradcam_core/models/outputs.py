"""What is in a network's output, and how does it become the logits of some images?"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from gradcam_core.errors import ModelError
from gradcam_core.layers.reasons import shape_text

Path = tuple[str | int, ...]
"""Where the logits lie in an output: an attribute, a key or a place; () where the output itself is the logits."""

_KEYS = ("logits", "out", "output", "scores")  # in the order in which they are looked for
_RESHAPING = ("View", "Squeeze", "Reshape", "Unsqueeze", "Unsafe", "Alias", "Clone", "Slice", "Select", "ToCopy")
_LEAST = 1e-30  # probability whose logarithm is still taken: float32 goes a little further


class Logits(nn.Module):
    """A network that gives more than logits, or probabilities, as one that gives (n, classes) logits.

    It has the very layers of the network, under the names that they have there, and its class's name.
    """

    def __init__(self, network: nn.Module, path: Path, ending: str = "") -> None:
        """Take over the network's layers; `ending` is softmax or sigmoid where it ends in one, which is undone."""
        super().__init__()
        self._network = (network,)  # in a tuple, for a module would become a layer of its own
        self._modules, self._parameters, self._buffers = network._modules, network._parameters, network._buffers
        self._path, self.ending = path, ending
        self.__class__ = type(type(network).__name__, (Logits,), {})  # the name that a summary shows

    def forward(self, images: Tensor) -> Tensor:
        """(n, classes) for n images."""
        output: Tensor = taken(self._network[0](images), self._path).reshape(len(images), -1)
        if self.ending == "softmax":
            return output.clamp_min(_LEAST).log()
        return torch.logit(output, eps=torch.finfo(output.dtype).eps / 2) if self.ending == "sigmoid" else output


def taken(output: Any, path: Path) -> Any:
    """What lies at a place of an output."""
    for key in path:
        output = getattr(output, key) if isinstance(key, str) and hasattr(output, key) else output[key]
    return output


def path_to_logits(output: Any) -> Path:
    """Where the scores of the classes lie in what a network gave.

    Raises:
        ModelError: if that can't be told.
    """
    if isinstance(output, Tensor):
        return ()
    if isinstance(getattr(output, "logits", None), Tensor):
        return ("logits",)
    if isinstance(output, Mapping):
        return _path_in_mapping(output)
    if isinstance(output, Sequence) and not isinstance(output, str | bytes):
        place = next((place for place, part in enumerate(output) if isinstance(part, Tensor)), None)
        if place is not None:
            return (place,)
    raise ModelError(
        f"The network gives {_kind(output)}, in which no scores of classes are found.",
        hint="Let it give one tensor (images, classes), or put it into a module that does.",
    )


def ending_of(logits: Tensor) -> str:
    """The function that a network applied last, softmax or sigmoid, as the graph of its output tells; "" if none.

    (log-softmax needs no undoing: the softmax of its values is that of the logits.)
    """
    node = logits.grad_fn
    while node is not None:
        name = node.name()
        if name.startswith(("SoftmaxBackward", "SigmoidBackward")):
            return "softmax" if name.startswith("Soft") else "sigmoid"
        if not name.startswith(_RESHAPING) or not node.next_functions:
            return ""
        node = node.next_functions[0][0]
    return ""


def count_outputs(one: Tensor, two: Tensor) -> int:
    """How many scores an image has.

    Args:
        one: what the network gave for one image.
        two: what it gave for two.

    Raises:
        ModelError: if that is no list of scores.
    """
    for output, images in ((one, 1), (two, 2)):
        if sum(side > 1 for side in (output.shape[1:] if output.shape[:1] == (images,) else output.shape)) > 1:
            raise ModelError(
                f"The network gives {shape_text(tuple(output.shape))} for {images} image{'s' * (images > 1)}: it looks "
                "like a segmentation, a sequence or features, not one score for each class.",
                hint="Only classifiers are explained: put it into a module that pools to (images, classes).",
            )
    if not one.numel() or two.numel() != 2 * one.numel():
        raise ModelError(
            f"The network gives {shape_text(tuple(one.shape))} for one image and {shape_text(tuple(two.shape))} "
            "for two.",
            hint="Its output must be (images, classes) for any number of images.",
        )
    return one.numel()


def _path_in_mapping(output: Mapping[Any, Any]) -> Path:
    tensors = [key for key, value in output.items() if isinstance(value, Tensor)]
    wanted = next((key for key in _KEYS if key in tensors), tensors[0] if len(tensors) == 1 else None)
    if wanted is None:
        raise ModelError(
            f"The network gives {_kind(output)}, in which no scores of classes are found.",
            hint=f"Name them one of {', '.join(_KEYS)}, or put it into a module that gives one tensor.",
        )
    return (wanted,)


def _kind(output: Any) -> str:
    if isinstance(output, Mapping):
        return f"a dictionary with {', '.join(map(str, list(output)[:5])) or 'nothing in it'}"
    return "nothing" if output is None else f"a {type(output).__name__}"
