"""What does a network attend to in an image? Values alone, computed in turn and kept for everybody."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from gradcam_core.layers.place import ReceptiveField
from pages._ui.session import results
from pages._ui.session.question import Question
from pages._ui.session.shared import shared

if TYPE_CHECKING:
    from gradcam_core.attention.blocks import AttentionBlock
    from gradcam_core.attention.passes import AttentionPass
    from gradcam_core.geometry import InputGeometry
    from gradcam_core.loaded_image import LoadedImage
    from gradcam_core.models import LoadedModel
    from gradcam_core.preprocessing import PreparedInput

_HEADS_BYTES = 24_000_000  # of all heads of all blocks: more is made again for the block that is asked for
_FACTS_BYTES = 500
_WORDS_BYTES = 20_000  # about what the names and numbers of a reading take beside its matrices
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class BlockReading:
    """One block.

    Attributes:
        mean: (tokens, tokens) float32, the mean of the heads; None where the tokens are not all those of the image.
        rows: (1 + heads, tokens) float32, what the tokens that are read attend to: the mean first; None likewise.
        field: what its cells look at.
        reason: why it can't be shown, in one sentence; empty where it can.
    """

    block: AttentionBlock
    mean: np.ndarray | None = None
    rows: np.ndarray | None = None
    field: ReceptiveField = ReceptiveField()
    reason: str = ""


@dataclass(frozen=True, eq=False)
class AttentionReading:
    """All blocks of a network, for one image.

    Attributes:
        readers: (tokens,) float32, the share of each token of the last block in what is read of it; None where that
            is not known: then it is the mean of all cells.
        why_not_followed: why attention can't be followed from block to block, in one sentence; empty where it can.
        unseen: the parts whose attention is computed in a way that shows no weights.
        geometry: where the input lies in the image.
    """

    blocks: tuple[BlockReading, ...]
    readers: np.ndarray | None
    why_not_followed: str
    unseen: tuple[str, ...]
    geometry: InputGeometry

    @property
    def nbytes(self) -> int:
        """Of its matrices, and about what is round them."""
        arrays = (one for block in self.blocks for one in (block.mean, block.rows) if one is not None)
        return _WORDS_BYTES + sum(array.nbytes for array in arrays)


def reading_key(question: Question) -> tuple[str, ...]:
    """Everything that the attention depends on, by content: no layer, no method, no class."""
    return ("attention", question.picture.sha256, *_model_key(question), question.preprocessing)


def attention_reading(question: Question) -> AttentionReading:
    """What the network attends to; without blocks where it has no attention.

    Raises:
        HeatproofError: if there is no answer to the question.
    """

    def read(model: LoadedModel, prepared: PreparedInput) -> AttentionReading:
        from gradcam_core.attention.passes import attend

        known = shared().results.get(_facts_key(question))
        attended = attend(model, prepared.tensor, gradients=known is None)  # they double the time
        _keep_heads(question, attended)
        readers, why_not = known or _kept_facts(question, attended)
        blocks = _blocks(model, attended, readers)
        why_not = why_not or next((one.reason for one in blocks if one.reason), "")
        return AttentionReading(blocks, readers, why_not, attended.unseen, prepared.geometry)

    return in_turn(question, reading_key(question), read, lambda made: made.nbytes)


def heads_of(question: Question, block: int) -> np.ndarray:
    """(heads, tokens, tokens) float16: the weights of every head of a block whose tokens are all those of the image."""

    def read(model: LoadedModel, prepared: PreparedInput) -> np.ndarray:
        from gradcam_core.attention.passes import attend

        attended = attend(model, prepared.tensor)
        _keep_heads(question, attended)
        return _halves(attended, block)

    return in_turn(question, _heads_key(question, block), read, lambda made: made.nbytes)


def in_turn(
    question: Question,
    key: Hashable,
    make: Callable[[LoadedModel, PreparedInput], T],
    nbytes: Callable[[T], int],
) -> T:
    """`results.in_turn` for what is made of the network's input."""

    def made(model: LoadedModel, image: LoadedImage) -> T:
        from gradcam_core.preprocessing import prepare
        from gradcam_core.recording import memory_for_a_pass

        with memory_for_a_pass():
            prepared = prepare(image, model.input_spec, preprocessing=question.preprocessing)
        return make(model, prepared)

    return results.in_turn(question, key, made, nbytes)


def _kept_facts(question: Question, attended: AttentionPass) -> tuple[np.ndarray | None, str]:
    """Which tokens are read, None: not known; and why attention can't be followed. Asked once, of the first image.

    Args:
        attended: a pass with gradients.
    """
    from gradcam_core.attention.views import readers_of
    from gradcam_core.targets import one_class

    kept: tuple[np.ndarray | None, str] = shared().kept(
        _facts_key(question),
        lambda: (readers_of(attended, one_class(int(attended.logits.argmax()))), attended.why_not_followed),
        lambda made: _FACTS_BYTES + (0 if made[0] is None else made[0].nbytes),
    )
    return kept


def _blocks(model: LoadedModel, attended: AttentionPass, readers: np.ndarray | None) -> tuple[BlockReading, ...]:
    from gradcam_core.attention.places import fields_of_cells

    fields = fields_of_cells(model, attended.blocks)
    return tuple(_block(attended, place, readers, field) for place, field in enumerate(fields))


def _block(attended: AttentionPass, place: int, readers: np.ndarray | None, field: ReceptiveField) -> BlockReading:
    from gradcam_core.attention.places import why_no_place

    block = attended.blocks[place]
    reason = block.reason or why_no_place(field)
    if reason or block.layout is None:
        return BlockReading(block, field=field, reason=reason)
    weights = attended.weights(place)
    own = np.einsum("t,htk->hk", shares_read(readers, block), weights)
    rows = np.concatenate([own.mean(axis=0)[None], own]).astype(np.float32)
    return BlockReading(block, weights.mean(axis=0).astype(np.float32), rows, field)


def shares_read(readers: np.ndarray | None, block: AttentionBlock) -> np.ndarray:
    """(tokens,) whose attention stands for the block's: `queries_read`; of a block without cells all tokens."""
    from gradcam_core.attention.views import queries_read

    tokens = block.shape[-1]
    return (
        np.full(tokens, 1 / tokens, np.float32) if block.layout is None else queries_read(readers, tokens, block.layout)
    )


def _keep_heads(question: Question, attended: AttentionPass) -> None:
    """The heads of all blocks where they are small enough: they cost a pass otherwise."""
    places = [place for place, block in enumerate(attended.blocks) if block.is_global]
    if sum(2 * attended.calls[place].weights.numel() for place in places) > _HEADS_BYTES:
        return
    for place in places:
        made = _halves(attended, place)
        shared().results.put(_heads_key(question, place), made, made.nbytes)


def _halves(attended: AttentionPass, place: int) -> np.ndarray:
    return attended.weights(place).astype(np.float16)


def _heads_key(question: Question, block: int) -> tuple[str | int, ...]:
    return (*reading_key(question), "heads", block)


def _facts_key(question: Question) -> tuple[str, ...]:
    return ("attention of", *_model_key(question))


def _model_key(question: Question) -> tuple[str, str, str]:
    model = question.model
    return (model.spec.name, model.weights_sha256, model.description_sha256)
