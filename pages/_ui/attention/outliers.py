"""Which patches stand out by their size, as where a transformer keeps what belongs to no place? A part of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gradcam_core.config import settings
from pages._ui.attention.reading import attention_reading, in_turn, reading_key
from pages._ui.session.question import Question

if TYPE_CHECKING:
    from gradcam_core.models import LoadedModel
    from gradcam_core.preprocessing import PreparedInput

_WORDS_BYTES = 300


def outliers_part(question: Question, _: int) -> tuple[dict[str, Any], bytes]:
    """`outliers-0`: of the last block but one, or of the only one; empty where that has no map."""
    layer = _layer(question)
    if layer is None:
        return {"layer": ""}, b""

    def read(model: LoadedModel, prepared: PreparedInput) -> np.ndarray:
        from gradcam_core.attention.sinks import outlying_cells
        from gradcam_core.recording import record

        activation = record(model, prepared.tensor, [layer]).activation(layer)
        return outlying_cells(activation, settings().sink_mads, times=settings().sink_times)

    found = in_turn(question, (*reading_key(question), "outliers"), read, lambda made: _WORDS_BYTES + made.nbytes)
    return {"layer": layer}, found.astype(np.uint8).tobytes()


def _layer(question: Question) -> str | None:
    """The innermost layer with a map that holds the last attention but one."""
    blocks = attention_reading(question).blocks[-2:]
    if not blocks:
        return None
    holding = [layer.name for layer in question.model.layers if blocks[0].block.name.startswith(f"{layer.name}.")]
    return max(holding, key=len, default=None)
