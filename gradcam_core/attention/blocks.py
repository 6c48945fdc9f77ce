"""Which calls of attention weigh all tokens of the image, and why do the others not?"""

from collections.abc import Sequence
from dataclasses import dataclass

from gradcam_core.layers.finding import TargetLayer
from gradcam_core.layers.layouts import Kind, Layout

CHANGED = (
    "Its weights are those that the softmax gave: the network changes them, as by mixing its heads, before they weigh "
    "anything."
)
_BESIDE = "It does not follow the attention before it: they lie beside each other."


@dataclass(frozen=True)
class AttentionBlock:
    """One call of attention.

    Attributes:
        name: of the part of the network that attends.
        shape: of its weights: (images or windows, heads, queries, keys), or (heads, queries, keys).
        layout: which of its tokens are cells of the image, after how many others; None where they are not known.
        reason: why its tokens are not all those of the image, in one sentence; empty where they are.
        is_changed: whether the network mixes or changes its weights, as a softmax gave them, before they weigh values.
        is_beside: whether it does not depend on the call before, as two of one block beside each other.
    """

    name: str
    shape: tuple[int, ...]
    layout: Layout | None
    reason: str = ""
    is_changed: bool = False
    is_beside: bool = False

    @property
    def is_global(self) -> bool:
        """Whether every token of the image attends to all of them."""
        return not self.reason

    @property
    def heads(self) -> int:
        """How many times over each token attends."""
        return self.shape[-3]


def attention_block(
    name: str, shape: Sequence[int], layers: Sequence[TargetLayer], *, is_changed: bool = False, is_beside: bool = False
) -> AttentionBlock:
    """The call whose weights have this shape, for one image.

    Args:
        layers: of the network that have a layout: they tell its grids and the tokens before their cells.
    """
    layout = _layout(shape[-1], layers)
    return AttentionBlock(name, tuple(shape), layout, _reason(shape, layout), is_changed, is_beside)


def why_not_followed(blocks: Sequence[AttentionBlock], unseen: Sequence[str] = ()) -> str:
    """Why attention can't be followed from block to block through a network, in one sentence; empty where it can.

    The first blocks may have cells alone, as where a class token joins late.

    Args:
        unseen: the parts whose attention was not recorded.
    """
    if unseen:
        return f"The attention of {_listed(unseen)} is computed in a way that shows no weights."
    if not blocks:
        return (
            "No attention of cells to each other was seen in this network: it has none, or computes it in a way that "
            "shows no weights."
        )
    kinds = (
        [(block.name, block.reason) for block in blocks if block.reason],
        [(block.name, CHANGED) for block in blocks if block.is_changed],
        [(block.name, _BESIDE) for block in blocks if block.is_beside],
    )
    for found in filter(None, kinds):
        return f"Attention can't be followed through {_listed([name for name, _ in found])}. {found[0][1]}"
    return _why_not_the_same([block.layout for block in blocks if block.layout is not None])


def _why_not_the_same(layouts: Sequence[Layout]) -> str:
    if len({layout.grid for layout in layouts}) > 1:
        return "The blocks of this network have different grids of cells: attention can't be followed through them."
    prefixes = [layout.prefix for layout in layouts]
    if prefixes != sorted(prefixes) or len({*prefixes} - {0}) > 1:
        return "Tokens beside the cells join and leave on the way: attention can't be followed through this network."
    return ""


def _layout(tokens: int, layers: Sequence[TargetLayer]) -> Layout | None:
    """Of the layers with as many tokens, or else with as many cells, the first one's."""
    sequences = [layer.layout for layer in layers if layer.layout.kind is Kind.TOKENS]
    grids = [layer.layout for layer in layers if layer.layout.kind is not Kind.TOKENS]
    fitting = (one for one in (*sequences, *grids) if one.prefix + one.height * one.width == tokens)
    return next(fitting, None)


def _reason(shape: Sequence[int], layout: Layout | None) -> str:
    *before, queries, keys = shape
    if len(before) > 2:
        return "Its tokens are cut into groups, and each attends to its own group only."
    if len(before) == 2 and before[0] > 1:
        return f"It attends in {before[0]:,} windows of {keys:,} tokens each, and not across them."
    if queries == 1:
        return f"It only reads: one query takes from {keys:,} tokens, and they do not attend to each other."
    if queries != keys:
        return f"Its {queries:,} queries take from {keys:,} tokens: they are not the same ones."
    if layout is None:
        return f"It weighs {keys:,} things that are not the tokens of any grid in this network, such as channels."
    return ""


def _listed(names: Sequence[str]) -> str:
    named = [name or "the network itself" for name in dict.fromkeys(names)]
    return f"{named[0]} and {len(named) - 1} more of its parts" if len(named) > 1 else named[0]
