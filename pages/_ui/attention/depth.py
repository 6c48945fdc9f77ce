"""What is read off after each block, and how widely does each head attend? Values alone, computed in turn and kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pages._ui.attention.reading import attention_reading, in_turn, reading_key
from pages._ui.session.question import Question

if TYPE_CHECKING:
    from gradcam_core.attention.heads import HeadFigures
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


def lens_reading(question: Question) -> LensReading:
    """The likeliest classes after each block.

    Raises:
        HeatproofError: if there is no answer to the question.
    """

    def read(model: LoadedModel, prepared: PreparedInput) -> LensReading:
        from gradcam_core.attention.lens import logit_lens

        lens = logit_lens(model, prepared.tensor)
        rows = [LensRow(layer, tuple(best)) for layer, best in zip(lens.layers, lens.best(_MOST), strict=True)]
        return LensReading(tuple(rows), lens.reason)

    return in_turn(question, (*reading_key(question), "lens"), read, lambda made: _ROW_BYTES * (1 + len(made.rows)))


def figures_reading(question: Question) -> tuple[HeadFigures, ...]:
    """Of every block, in the order of the forward pass.

    Raises:
        HeatproofError: if there is no answer to the question.
    """

    reasons = [one.reason for one in attention_reading(question).blocks]

    def measure(model: LoadedModel, prepared: PreparedInput) -> tuple[HeadFigures, ...]:
        from gradcam_core.attention.heads import head_figures
        from gradcam_core.attention.passes import attend

        return head_figures(attend(model, prepared.tensor), reasons, prepared.geometry.input_size)

    return in_turn(question, (*reading_key(question), "figures"), measure, lambda made: _ROW_BYTES * (1 + len(made)))
