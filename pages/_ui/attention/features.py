"""The features of a layer's cells, for the browser to compare: parts of the page, for networks of every kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcam_core.errors import HeatproofError
from pages._ui.attention.reading import in_turn, reading_key
from pages._ui.session.question import Question

if TYPE_CHECKING:
    from gradcam_core.layers.finding import TargetLayer
    from gradcam_core.models import LoadedModel
    from gradcam_core.preprocessing import PreparedInput

_WORDS_BYTES = 1_000


@dataclass(frozen=True, eq=False)
class LayerFeatures:
    """What a layer makes of the cells of an image.

    Attributes:
        directions: (cells, channels) float16 of length 1: their products are the cosines of the cells.
        colours: (h, w, 3) uint8, the first three principal components.
        shift: (x, y) in cells, from the squares that the grid suggests to where the cells are laid.
    """

    directions: np.ndarray
    colours: np.ndarray
    shift: tuple[float, float]

    @property
    def nbytes(self) -> int:
        """Of its arrays, and about what is round them."""
        return _WORDS_BYTES + self.directions.nbytes + self.colours.nbytes


def feature_layers(question: Question) -> list[TargetLayer]:
    """The layers that are offered: blocks, and stages that give something else than the last block in them."""
    from gradcam_core.layers.blocks import is_within

    offered = [layer for layer in question.model.layers if layer.is_block]
    return [
        layer
        for layer in offered
        if not any(
            is_within(one.name, layer.name) and one.layout == layer.layout for one in offered if one is not layer
        )
    ]


def similarity_part(question: Question, place: int) -> tuple[dict[str, Any], bytes]:
    """`similarity-N`."""
    found = _features(question, place)
    more = {"shift": found.shift, "channels": found.directions.shape[1]}
    return more, found.directions.astype("<f2").tobytes()


def colours_part(question: Question, place: int) -> tuple[dict[str, Any], bytes]:
    """`colours-N`."""
    found = _features(question, place)
    return {"shift": found.shift}, found.colours.tobytes()


def _features(question: Question, place: int) -> LayerFeatures:
    layers = feature_layers(question)
    if place >= len(layers):
        raise HeatproofError("There is no such layer.", hint="Choose another one.")
    key = (*reading_key(question), "features", layers[place].name, question.place)
    return in_turn(
        question,
        key,
        lambda model, prepared: _read(question, model, prepared, layers[place].name),
        lambda made: made.nbytes,
    )


def _read(question: Question, model: LoadedModel, prepared: PreparedInput, layer: str) -> LayerFeatures:
    from gradcam_core.attention.features import colours, directions
    from gradcam_core.layers.place import get_place
    from gradcam_core.receptive_field import receptive_field
    from gradcam_core.recording import record

    activation = record(model, prepared.tensor, [layer]).activation(layer)
    shift = get_place(question.place).shift(receptive_field(model, model.layer(layer)))
    return LayerFeatures(directions(activation).astype(np.float16), colours(activation), shift)
