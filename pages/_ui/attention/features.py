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
    """The layers that are offered: blocks, and stages that give something else than the last block in them.

    Also those blocks of a transformer that no class map can be made of, for only their class token is read.
    """
    offered = [layer for layer in question.model.layers if layer.is_block]
    names = {layer.name for layer in offered}
    offered += [layer for layer in question.model.attention.blocks if layer.name not in names]
    return [layer for layer in offered if not _repeats_a_block(layer, offered)]


def _repeats_a_block(layer: TargetLayer, offered: list[TargetLayer]) -> bool:
    """Whether it gives what the last block in it gives, as a sequence does."""
    from gradcam_core.layers.blocks import parent

    inner = [one for one in offered if parent(one.name) == layer.name]
    return layer.kind == "Sequential" and bool(inner) and inner[-1].layout == layer.layout


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
    shift = get_place(question.place).shift(receptive_field(model, model.recorded_layer(layer)))
    return LayerFeatures(directions(activation).astype(np.float16), colours(activation), shift)
