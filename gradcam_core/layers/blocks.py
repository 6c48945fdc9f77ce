"""Which layers are offered before the rest, and which one is explained first? By how a network is built of parts."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from torch import nn

from gradcam_core.layers.calls import Call

_SEQUENCES = (nn.Sequential, nn.ModuleList)


def blocks(module: nn.Module, found: Sequence[Call]) -> set[str]:
    """Stages, their blocks, and, where layers simply follow one another, the last one at each resolution.

    Args:
        found: what can be explained, in the order in which it ends.
    """
    parts = _parts(module, found)
    path = [call for call in found if _is_on_path(module, parts, call.name)]
    chosen = {call.name for call in path if not call.is_plain} | _ends_of_silent_parts(module, parts, found)
    plain = [call for call in path if call.name.count(".") <= 1]
    for call, following in zip_longest(plain, plain[1:]):
        is_last = following is None or call.layout.grid != following.layout.grid
        if is_last and not _is_pooling(call):
            chosen.add(call.name)
    return chosen


def default_layer(module: nn.Module, calls: Sequence[Call], found: Sequence[Call]) -> str:
    """The last block before the mean over places; where only a class token is read, the last block's normalised input.

    Near the last layer that can be explained: of those that end after the last block to end before it, the least
    nested one, and of several the last. A plain sequence stands for its last child.

    Args:
        calls: of every module that is called once.
        found: those of them that can be explained.
    """
    usable = [call for call in found if not _is_pooling(call)] or list(found)
    order = {id(call.module): position for position, call in enumerate(calls)}
    ended = calls[: order[id(usable[-1].module)]]
    last_block = max(
        (order[id(call.module)] for call in ended if not call.is_plain and _follows(module, call.name)), default=-1
    )
    near = [call for call in usable if order[id(call.module)] > last_block]
    depth = min(call.name.count(".") for call in near)
    chosen = [call for call in near if call.name.count(".") == depth][-1]
    if isinstance(chosen.module, nn.Sequential):
        children = [call.name for call in usable if parent(call.name) == chosen.name]
        return children[-1] if children else chosen.name
    return chosen.name


def parent(name: str) -> str:
    """The name of the part that holds it; "" for the network itself."""
    return name.rpartition(".")[0]


def holders(name: str) -> Iterator[str]:
    """The parts that hold it, the innermost first, without the network itself."""
    while name := parent(name):
        yield name


def is_within(name: str, part: str) -> bool:
    """Whether it is this part or lies in it; nothing lies in a part without a name."""
    return bool(part) and (name == part or name.startswith(part + "."))


def _parts(module: nn.Module, found: Sequence[Call]) -> set[str]:
    """Every part that holds parts and, somewhere in it, a layer that can be explained."""
    names = {name for call in found for name in (call.name, *holders(call.name))}
    return {name for name in names if next(module.get_submodule(name).children(), None) is not None}


def _is_on_path(module: nn.Module, parts: set[str], name: str) -> bool:
    """Whether it is a child of the root or of the first sequence on the way from there.

    A part that holds all the others at its level, or beside which only an embedding or a stem stands, is a wrapper, and
    looked into; an Inception's branches are not.
    """
    above = list(holders(name))
    sequences = [part for part in above if isinstance(module.get_submodule(part), _SEQUENCES)]
    wrappers = [part for part in above if part not in sequences]
    alone = all(_is_alone(module, parts, part) for part in wrappers)
    return alone and len(sequences) <= 1 and parent(name) in ("", *sequences, *wrappers)


def _is_alone(module: nn.Module, parts: set[str], part: str) -> bool:
    """Whether no other part at its level holds layers, or it is the only one there that holds a sequence."""
    level = [other for other in parts if parent(other) == parent(part)]
    sequences = [name for name in parts if isinstance(module.get_submodule(name), _SEQUENCES)]
    with_sequences = [other for other in level if any(is_within(name, other) for name in sequences)]
    return level == [part] or with_sequences == [part]


def _ends_of_silent_parts(module: nn.Module, parts: set[str], found: Sequence[Call]) -> set[str]:
    """Of each block that gives no tensor of its own, as one that gives several, the last of its own layers."""
    names = {call.name for call in found}
    silent = {
        part
        for part in parts - names
        if isinstance(module.get_submodule(parent(part)), _SEQUENCES)
        and not isinstance(module.get_submodule(part), _SEQUENCES)
        and _is_on_path(module, parts, part)
    }
    last = {parent(call.name): call.name for call in found if parent(call.name) in silent}
    return set(last.values())


def _follows(module: nn.Module, name: str) -> bool:
    """Whether it is one of parts that follow one another: a child of the root or of a sequence, at any depth."""
    return not parent(name) or isinstance(module.get_submodule(parent(name)), _SEQUENCES)


def _is_pooling(call: Call) -> bool:
    return "pool" in type(call.module).__name__.lower()
