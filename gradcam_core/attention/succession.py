"""Which blocks of a transformer follow one another with the same tokens, so that what follows the last fits them all?

Told by where in the network attention is called and what the parts around it give, never by a name: of the parts that
hold the last attention, the children of one part that attend one after another and whose outputs have one layout.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from gradcam_core.attention.blocks import AttentionBlock
from gradcam_core.layers.blocks import holders, is_within, parent
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.text import counted


@dataclass(frozen=True)
class Succession:
    """Blocks whose outputs are of one kind, up to the last that attends to cells among each other.

    Attributes:
        layers: the blocks' outputs, in order; none where the last block gives no tensor of its own.
        calls: for each of them, which calls of attention lie in it, by their places in the forward pass.
        reason: why not all blocks of the network are among them, in one sentence; empty where they are.
    """

    layers: tuple[TargetLayer, ...] = ()
    calls: tuple[tuple[int, ...], ...] = ()
    reason: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the blocks."""
        return tuple(layer.name for layer in self.layers)


_NONE = "No blocks of attention that follow one another were seen in this network, as a vision transformer has them."


def succession(attention: Sequence[AttentionBlock], layers: Sequence[TargetLayer]) -> Succession:
    """The longest one that ends with the last block; of several the outermost.

    What only reads from the tokens at the end, as a class token that joins there, comes after the blocks.

    Args:
        attention: every call of it in a forward pass.
        layers: all that give a map, whether or not the class depends on its cells.
    """
    names = [block.name for block in without_readers(attention)]
    by_name = {layer.name: layer for layer in layers}
    around = [part for name in names[-1:] for part in (name, *holders(name)) if part in by_name]
    if not around:
        return Succession(reason=_why_none(names))
    beside = {part: _beside(names, part) for part in reversed(around)}
    last = max(beside, key=lambda part: (len(_alike(beside[part], by_name)), len(beside[part]) > 1))
    found = _alike(beside[last], by_name)
    calls = tuple(tuple(place for place, name in enumerate(names) if is_within(name, one.name)) for one in found)
    return Succession(found, calls, _why_not_all(found, is_all=sum(map(len, calls)) == len(names)))


def without_readers(attention: Sequence[AttentionBlock]) -> list[AttentionBlock]:
    """Without those at the end that take from the tokens and leave them as they are."""
    blocks = list(attention)
    while blocks and blocks[-1].shape[-2] == 1:
        blocks.pop()
    return blocks


def _beside(names: Sequence[str], part: str) -> list[str]:
    """The parts of the same part that attend, in order, up to this one."""
    return list(dict.fromkeys(one for name in names for one in (name, *holders(name)) if parent(one) == parent(part)))


def _alike(parts: Sequence[str], layers: Mapping[str, TargetLayer]) -> tuple[TargetLayer, ...]:
    """The last of them that follow one another and give what the very last one gives."""
    layout = layers[parts[-1]].layout
    alike = takewhile(lambda part: part in layers and layers[part].layout == layout, reversed(parts))
    return tuple(layers[part] for part in alike)[::-1]


def _why_none(names: Sequence[str]) -> str:
    if not names:
        return _NONE
    name = names[-1] or "the network itself"
    return f"It can't be read off after its blocks: {name} attends last, and no part around it gives one tensor."


def _why_not_all(found: Sequence[TargetLayer], *, is_all: bool) -> str:
    if is_all:
        return ""
    layout = found[-1].layout
    which = found[0].name if len(found) == 1 else f"{found[0].name} to {found[-1].name}"
    tokens = f" after {counted(layout.prefix, 'other token', 'other tokens')}" if layout.prefix else ""
    return (
        f"It can be read off after {which} alone: what the end of the network takes, {layout.height} x {layout.width} "
        f"cells of {layout.channels:,} channels{tokens}, is not what the parts before give."
    )
