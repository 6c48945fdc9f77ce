"""What stands in the place of a network's head that was replaced before training?

A state dict shows the layers that have weights, and no others: dropout changes nothing in use, an activation does. So a
head with one linear layer is that layer; of one with more, the description must say what stands between them.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from gradcam_core.checkpoints.beside import feeding, is_of_training, widths
from gradcam_core.checkpoints.head_parts import DOUBLING, MOST_LAYERS, Head, columns, last_layer, pooled, replace_parts
from gradcam_core.checkpoints.mismatch import wrong_outputs
from gradcam_core.checkpoints.naming import is_counter, listed, shape_text, shown
from gradcam_core.checkpoints.renaming import Renamed
from gradcam_core.errors import ModelError

State = dict[str, Tensor]

_MOST_NAMED = 5
_PROJECTION = "proj"  # only training uses most of them; one may feed a head


@dataclass(frozen=True)
class FileLayer:
    """A layer with weights, as a file's names show it.

    Attributes:
        name: what stands before the last dot of its tensors' names.
        tensors: by what stands behind it, such as weight.
    """

    name: str
    tensors: Mapping[str, Tensor]

    @property
    def kind(self) -> str:
        """Linear, batch_norm, layer_norm, prelu, or "" if it is none of them."""
        weight = self.tensors.get("weight")
        sides = 0 if weight is None else weight.dim()
        if weight is not None and sides == 1:
            if weight.numel() == 1 and len(self.tensors) == 1:
                return "prelu"
            return "batch_norm" if "running_mean" in self.tensors else "layer_norm"
        return "linear" if sides == 2 else ""

    @property
    def rows(self) -> int:
        """How many numbers a linear layer gives; 0 if it is none."""
        return int(self.tensors["weight"].shape[0]) if self.kind == "linear" else 0

    @property
    def parent(self) -> str:
        """The name of the part that holds it."""
        return self.name.rpartition(".")[0]

    @property
    def number(self) -> int:
        """Its place in its Sequential; -1 if it has another name."""
        last = self.name.rpartition(".")[2]
        return int(last) if re.fullmatch(r"\d{1,4}", last) else -1

    @property
    def text(self) -> str:
        """Its name and the shape of its weight."""
        weight = self.tensors.get("weight")
        return f"{shown(self.name)} ({'no weight' if weight is None else shape_text(weight)})"


def refit_head(module: nn.Module, renamed: Renamed, *, described: str = "") -> tuple[State, tuple[str, ...]]:
    """The file's head by the network's names; where it is another one, the network is given it.

    Args:
        module: the network, on the meta device; its head is replaced if the file's is known to be another.
        described: the part that the description gave layers, which are in `module` already; "" if it gave none.

    Returns:
        The state, and a sentence for what was assumed. What can't be a head is given back as it is.

    Raises:
        ModelError: if the file's layers leave open what the head computes.
    """
    wanted = module.state_dict()
    place = described or _place(module, wanted, renamed)
    if not place or (not described and _is_there(wanted, renamed.state, place)):
        return renamed.state, ()
    layers = _layers_under(renamed.state, place) or _layers_beside(renamed, wanted, num_outputs(module))
    if not 0 < len(layers) <= MOST_LAYERS:
        return renamed.state, ()
    rest = {
        key: value
        for key, value in renamed.state.items()
        if not any(key.startswith(f"{layer.name}.") for layer in layers)
    }
    aligned = _aligned(module, place, layers) if described or _is_layer(module, place) else None
    if aligned is not None:
        is_plain = [layer.name for layer in layers] == [place]
        return {**rest, **aligned}, () if described or is_plain else (_said(layers, place),)
    if described:
        raise _misdescribed(place, layers)
    return _rebuilt(module, place, layers, rest)


def _place(module: nn.Module, wanted: Mapping[str, Tensor], renamed: Renamed) -> str:
    """The smallest part with the last layer in it, outside of which the file fits; "" if there is none."""
    last = last_layer(module)
    for place in _ancestors(last):
        outside = {
            key: value for key, value in wanted.items() if not key.startswith(f"{place}.") and not is_counter(key)
        }
        fits = all(key in renamed.state and renamed.state[key].shape == value.shape for key, value in outside.items())
        top = place.partition(".")[0]
        extra = [key for key in renamed.state if key.startswith(f"{top}.") and not key.startswith(f"{place}.")]
        if fits and all(key in wanted for key in extra):
            return place
    return ""


def num_outputs(module: nn.Module) -> int:
    """How many scores the network gives."""
    return int(module.get_parameter(f"{last_layer(module)}.weight").shape[0])


def _ancestors(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.rpartition(".")[0]


def _is_there(wanted: Mapping[str, Tensor], state: State, place: str) -> bool:
    own = {key for key in wanted if key.startswith(f"{place}.") and not is_counter(key)}
    given = {key for key in state if key.startswith(f"{place}.") and not is_counter(key)}
    return own == given


def _layers_under(state: Mapping[str, Tensor], place: str) -> list[FileLayer]:
    return _layers({key: value for key, value in state.items() if key.startswith(f"{place}.")})


def _layers(state: Mapping[str, Tensor]) -> list[FileLayer]:
    """In the order of their numbers, else in that of the file."""
    grouped: dict[str, dict[str, Tensor]] = {}
    for key, value in state.items():
        name, _, last = key.rpartition(".")
        grouped.setdefault(name, {})[last] = value
    layers = [FileLayer(name, tensors) for name, tensors in grouped.items()]
    return sorted(
        layers,
        key=lambda layer: [
            (part.isdecimal(), int(part) if len(part) < 5 and part.isdecimal() else 0) for part in layer.name.split(".")
        ],
    )


def _layers_beside(renamed: Renamed, wanted: Mapping[str, Tensor], outputs: int) -> list[FileLayer]:
    """The layers of the one part beside the network that ends in as many outputs, and of those that may feed it."""
    extra = {**{key: value for key, value in renamed.state.items() if key not in wanted}, **renamed.beside}
    own = {key: value for key, value in extra.items() if not is_of_training(key) or _PROJECTION in key.lower()} or extra
    tops = list(dict.fromkeys(key.partition(".")[0] for key in own))
    parts = [_layers({key: value for key, value in own.items() if key.partition(".")[0] == top}) for top in tops]
    heads = [part for part in parts if part[-1].rows == outputs]
    if len(heads) != 1:
        return []
    tensors = [[layer.tensors for layer in part] for part in parts]
    chain = feeding(tensors[parts.index(heads[0])], tensors)
    return [layer for place in chain for layer in parts[place]]


def _is_layer(module: nn.Module, place: str) -> bool:
    return not any(True for _ in module.get_submodule(place).children())


def _aligned(module: nn.Module, place: str, layers: Sequence[FileLayer]) -> State | None:
    """The tensors by the names of the network's layers at `place`, if those are as many and of the same shapes."""
    own = [
        (name, part)
        for name, part in module.get_submodule(place).named_modules()
        if any(True for _ in part.parameters(recurse=False))
    ]
    if len(own) != len(layers):
        return None
    state: State = {}
    for (name, part), layer in zip(own, layers, strict=True):
        _without_absent_bias(part, layer)
        shapes = {key: value.shape for key, value in part.state_dict().items() if not is_counter(key)}
        if shapes != {key: value.shape for key, value in layer.tensors.items() if not is_counter(key)}:
            return None
        state |= {".".join(filter(None, (place, name, key))): value for key, value in layer.tensors.items()}
    return state


def _without_absent_bias(part: nn.Module, layer: FileLayer) -> None:
    if isinstance(part, nn.Linear) and "bias" not in layer.tensors:
        part.register_parameter("bias", None)


def _said(layers: Sequence[FileLayer], place: str) -> str:
    names = [layer.name for layer in layers]
    head = "The file's head" if names == [place] else f"{listed(names)} of the file"
    verb = "were" if len(names) > 1 else "was"
    left = "what else may have stood there (dropout, say) has no weights and was left out."
    return f"{head} {verb} read as {place}; {left}"


def _rebuilt(module: nn.Module, place: str, layers: Sequence[FileLayer], rest: State) -> tuple[State, tuple[str, ...]]:
    """With a head made from the file's layers, where nothing can stand between them."""
    outputs = num_outputs(module)
    if layers[-1].kind == "linear" and layers[-1].rows != outputs:
        raise wrong_outputs(f"{layers[-1].name}.weight", layers[-1].rows, outputs)
    if not _are_neighbours(layers) or layers[-1].kind != "linear":
        raise _undetermined(module, place, layers)
    texts = [*pooled(module, place), *_texts(layers)]
    replace_parts(module, Head({place: tuple(texts)}), outputs)
    aligned = _aligned(module, place, layers)
    if aligned is None:
        raise _undetermined(module, place, layers)
    return {**rest, **aligned}, (_said(layers, place),)


def _are_neighbours(layers: Sequence[FileLayer]) -> bool:
    """Whether no layer without weights can stand between them."""
    numbers = [layer.number for layer in layers]
    parents = {layer.parent for layer in layers}
    return len(layers) == 1 or (
        len(parents) == 1 and numbers == list(range(numbers[0], numbers[0] + len(layers))) and numbers[0] >= 0
    )


def _undetermined(module: nn.Module, place: str, layers: Sequence[FileLayer]) -> ModelError:
    """Name the file's own layers, and give the line that says the rest."""
    names = _named(layers)
    if not _are_chain(layers):
        return ModelError(
            f"The head was replaced by {names}, which are not linear layers and normalisations one after the other.",
            hint="Declare the network with HEATPROOF_MODELS, or wrap its module with wrap_model in Python.",
        )
    return ModelError(
        f"The head was replaced by one of {len(layers)} layers, {names}, and what stands between them has no weights, "
        "so the file does not show it.",
        hint="Say it in the description in the order of your code, such as "
        f'"head": {json.dumps({**_pooling(module, place, layers[0]), place: _texts(layers)})}.',
    )


def _misdescribed(place: str, layers: Sequence[FileLayer]) -> ModelError:
    """The layers that the description gives are not those of the file."""
    return ModelError(
        f"The head that the description gives {place} is another one than the file's: {_named(layers)}.",
        hint=f'Say it in the order of your code, such as "head": {json.dumps({place: _texts(layers)})}.'
        if _are_chain(layers)
        else "Leave it out, and declare the network with HEATPROOF_MODELS, or wrap it with wrap_model in Python.",
    )


def _named(layers: Sequence[FileLayer]) -> str:
    more = f" and {len(layers) - _MOST_NAMED} more" if len(layers) > _MOST_NAMED else ""
    return ", ".join(layer.text for layer in layers[:_MOST_NAMED]) + more


def _are_chain(layers: Sequence[FileLayer]) -> bool:
    """Whether each can be described, and takes as many numbers as the last linear layer before it gives."""
    size = 0
    for layer in layers:
        takes, gives = widths(layer.tensors)
        if not layer.kind or (layer.kind == "linear" and size not in (0, takes)):
            return False
        size = gives if layer.kind == "linear" else size
    return layers[-1].kind == "linear"


def _pooling(module: nn.Module, place: str, first: FileLayer) -> dict[str, list[str]]:
    """Where the head takes twice as many numbers as the network gives, largest values and means were pooled."""
    weight = first.tensors.get("weight")
    is_doubled = weight is not None and weight.shape[-1] == 2 * columns(module.get_submodule(place))
    pools = [name for name, part in module.named_children() if isinstance(part, nn.AdaptiveAvgPool2d)]
    return {pools[-1]: [DOUBLING]} if is_doubled and pools else {}


def _texts(layers: Sequence[FileLayer]) -> list[str]:
    """The layers as the description names them, with what may stand between two of them."""
    texts: list[str] = []
    is_open = False  # whether a linear layer waits for its activation
    for layer, following in pairwise(layers):
        texts.append(f"linear {layer.rows}" if layer.rows else layer.kind or "identity")
        is_open = layer.kind != "prelu" and (is_open or layer.rows > 0)
        is_numbered = min(layer.number, following.number) >= 0 and layer.parent == following.parent
        gap = following.number - layer.number - 1 if is_numbered else int(is_open)
        if gap > 0:
            texts += [*["relu"] * is_open, *["dropout"] * (gap - is_open)]
            is_open = False
    return [*texts, layers[-1].kind or "identity"]
