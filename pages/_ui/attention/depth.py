"""What is read off after each block, and how widely does each head attend? Values alone, computed in turn and kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pages._ui.attention.reading import in_turn, reading_key
from pages._ui.session.question import Question

if TYPE_CHECKING:
    from gradcam_core.attention.passes import AttentionPass
    from gradcam_core.models import LoadedModel
    from gradcam_core.preprocessing import PreparedInput

_MOST = 3  # classes of a row
_ROW_BYTES = 500


@dataclass(frozen=True)
class LensRow:
    """What the network would answer if it ended after one of its blocks.

    Attributes:
        layer: the part of the network that it is read off after.
        top: its likeliest classes, the likeliest first, and how probable they would be.
    """

    layer: str
    top: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class LensReading:
    """A row for each block in order, and why there is none for some, in one sentence; empty where there is."""

    rows: tuple[LensRow, ...]
    reason: str


@dataclass(frozen=True, eq=False)
class HeadFigures:
    """How each head of one block attends.

    Attributes:
        entropies: (heads,) from 0, each token attends to one, to 1, to all alike.
        distances: (heads,) in pixels of the network's input; None where its tokens are not all those of the image.
        even: the distance that attention would have which is the same everywhere; NaN where there are no distances.
    """

    entropies: np.ndarray
    distances: np.ndarray | None = None
    even: float = float("nan")


def lens_reading(question: Question) -> LensReading:
    """The likeliest classes after each block.

    Raises:
        HeatproofError: if there is no answer to the question.
    """

    def read(model: LoadedModel, prepared: PreparedInput) -> LensReading:
        from gradcam_core.attention.lens import logit_lens

        lens = logit_lens(model, prepared.tensor)
        probable = _probabilities(lens.logits, activation=model.activation)
        read = (lens.layers, lens.logits, probable)
        rows = (LensRow(layer, _top(logits, one)) for layer, logits, one in zip(*read, strict=True))
        return LensReading(tuple(rows), lens.reason)

    return in_turn(question, (*reading_key(question), "lens"), read, lambda made: _ROW_BYTES * (1 + len(made.rows)))


def head_figures(question: Question) -> tuple[HeadFigures, ...]:
    """Of every block, in the order of the forward pass.

    Raises:
        HeatproofError: if there is no answer to the question.
    """

    def measure(model: LoadedModel, prepared: PreparedInput) -> tuple[HeadFigures, ...]:
        from gradcam_core.attention.passes import attend

        attended = attend(model, prepared.tensor)
        width, height = prepared.geometry.input_size
        return tuple(_figures(attended, place, (height, width)) for place in range(len(attended.blocks)))

    return in_turn(question, (*reading_key(question), "figures"), measure, lambda made: _ROW_BYTES * (1 + len(made)))


def _probabilities(logits: np.ndarray, *, activation: str) -> np.ndarray:
    """(blocks, classes), as the network makes them of its own logits."""
    import torch

    scores = torch.from_numpy(np.array(logits))
    return np.asarray(scores.softmax(1) if activation == "softmax" else scores.sigmoid())


def _top(logits: np.ndarray, probabilities: np.ndarray) -> tuple[tuple[int, float], ...]:
    best = np.argsort(-logits, kind="stable")[:_MOST]
    return tuple((int(index), float(probabilities[index])) for index in best)


def _figures(attended: AttentionPass, place: int, size: tuple[int, int]) -> HeadFigures:
    """`size`: (height, width) of the input."""
    from gradcam_core.attention.statistics import entropies, mean_distances

    weights, block = attended.weights(place), attended.blocks[place]
    if not block.is_global or block.layout is None:
        return HeadFigures(entropies(weights))
    cell = (size[0] / block.layout.height, size[1] / block.layout.width)
    tokens = weights.shape[-1]
    even = mean_distances(np.full((1, tokens, tokens), 1 / tokens, dtype=np.float32), block.layout, cell)
    return HeadFigures(entropies(weights), mean_distances(weights, block.layout, cell), float(even[0]))
