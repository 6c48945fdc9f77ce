"""Which patches stand out by their size, as where a transformer keeps what belongs to no place? A part of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pages._ui.attention.reading import attention_reading, in_turn, reading_key
from pages._ui.session.question import Question

if TYPE_CHECKING:
    from gradcam_core.models import LoadedModel
    from gradcam_core.preprocessing import PreparedInput

_WORDS_BYTES = 300


def outliers_part(question: Question, _: int) -> tuple[dict[str, Any], bytes]:
    """`outliers-0`: of the last block but one, or of the only one; empty where that has no map."""
    from gradcam_core.attention.sinks import sink_layer

    layer = sink_layer([one.block for one in attention_reading(question).blocks], question.model.layers)
    if not layer:
        return {"layer": ""}, b""

    def read(model: LoadedModel, prepared: PreparedInput) -> np.ndarray:
        from gradcam_core.attention.sinks import sinks_in

        return sinks_in(model, prepared.tensor, layer)

    found = in_turn(question, (*reading_key(question), "outliers"), read, lambda made: _WORDS_BYTES + made.nbytes)
    return {"layer": layer}, found.astype(np.uint8).tobytes()
