"""Which layers that lie beside a network in a file may belong to its answer?

A loss, a metric or an average does not. A layer that takes what the network gives, or gives what it takes, may well do:
to leave it out would give another answer.
"""

import re
from collections.abc import Mapping, Sequence

from torch import Tensor

from gradcam_core.checkpoints.containers import is_averaged
from gradcam_core.checkpoints.naming import shape_text, shown
from gradcam_core.errors import ModelError

_OF_TRAINING = re.compile(
    r"loss|crit|metric|acc|auroc|auc|f1|precision|recall|confusion|aux|queue|proj|teacher|mixup|optim|prototype|bank",
    re.IGNORECASE,
)
Layer = Mapping[str, Tensor]  # the tensors of one layer, by what stands behind its name, such as weight


def is_of_training(key: str) -> bool:
    """Whether the outermost part of a name says that only training uses it."""
    return _OF_TRAINING.search(key.partition(".")[0]) is not None or is_averaged(key)


def widths(layer: Layer) -> tuple[int, int]:
    """How many numbers or channels a layer takes and gives; 0 and 0 if it is none."""
    weight = layer.get("weight")
    if weight is None or weight.dim() == 0:
        return 0, 0
    if weight.dim() == 1:  # a normalisation; the weights of a loss have no bias
        return (weight.numel(), weight.numel()) if layer.keys() & {"bias", "running_mean"} else (0, 0)
    return int(weight.shape[1]), int(weight.shape[0])


def feeding(last: Sequence[Layer], parts: Sequence[Sequence[Layer]]) -> list[int]:
    """The places of those parts, in order, through which what `last` takes may have come; `last` is one of them."""
    taken = {next(place for place, part in enumerate(parts) if part is last)}
    found = 0
    while found != len(taken):
        found = len(taken)
        wanted = {widths(parts[place][0])[0] for place in taken} - {0}
        taken |= {place for place, part in enumerate(parts) if widths(part[-1])[1] in wanted}
    return sorted(taken)


def check_beside(tensors: Mapping[str, Tensor], *, channels: int, outputs: int) -> None:
    """Refuse a layer that may stand before or behind the network; ModelError names it.

    Args:
        tensors: beside the network, by the file's names.
        channels: that the network takes.
        outputs: that it gives.
    """
    layers: dict[str, dict[str, Tensor]] = {}
    for key, value in tensors.items():
        if not is_of_training(key):
            name, _, last = key.rpartition(".")
            layers.setdefault(name, {})[last] = value
    for name, layer in layers.items():
        takes, gives = widths(layer)
        if (takes == outputs or gives == channels) and takes:
            raise ModelError(
                f"The file has a layer beside the network that may belong to its answer: {shown(name)} "
                f"({shape_text(layer['weight'])}).",
                hint="If it does, explain the whole network in Python with wrap_model; else remove it from the file.",
            )
