"""One map of attention or of features: computed, and laid over the image. Values only: no model is kept."""

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from gradcam_core.attention.blocks import CHANGED
from gradcam_core.attention.features import colours, similarity
from gradcam_core.attention.passes import AttentionPass, attend
from gradcam_core.attention.places import fields_of_cells, why_no_place
from gradcam_core.attention.views import FeatureView, View, attention_map, readers_of
from gradcam_core.cam import BESIDE, BLANK, Cam, Prediction, ResultKey, unusable_because
from gradcam_core.errors import MethodError
from gradcam_core.export.attention_words import NO_CLASS, NO_EVIDENCE, attention_sentence, features_sentence
from gradcam_core.geometry import InputGeometry
from gradcam_core.layers.place import DEFAULT_PLACE, ReceptiveField, get_place
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel
from gradcam_core.preprocessing import prepare
from gradcam_core.receptive_field import receptive_field
from gradcam_core.recording import memory_for_a_pass, record
from gradcam_core.targets import one_class

_NOTES = {  # of a map that is about no class
    BLANK: "The map is empty: no cell has a share in it.",
    BESIDE: "The map is empty over the image: all of it lies on the padding beside it.",
}


@dataclass(frozen=True, eq=False, kw_only=True)
class LaidMap:
    """A map over an image.

    Attributes:
        cam: with its cells at their place; its class is none, and its title the sentence. Zeros for colours.
        colours: (h, w, 3) uint8, in place of values.
        caveat: what the map is no evidence of, in one sentence.
        facts: what a file says of it beside all this.
    """

    view: View | FeatureView
    cam: Cam
    caveat: str
    facts: dict[str, Any]
    colours: np.ndarray | None = None

    @property
    def sentence(self) -> str:
        """What it shows."""
        return self.cam.prediction.label

    @property
    def values(self) -> np.ndarray:
        """(h, w) float32, or (h, w, 3) uint8."""
        return self.cam.values if self.colours is None else self.colours

    @property
    def unit(self) -> str:
        """What the values count."""
        return "cosine" if isinstance(self.view, FeatureView) else "share of attention"

    @property
    def nbytes(self) -> int:
        """Of its arrays."""
        return self.cam.values.nbytes + (0 if self.colours is None else self.colours.nbytes)


class SeenInput(NamedTuple):
    """By which model an image was seen, and where; `place` is a slug of PLACES."""

    model: LoadedModel
    geometry: InputGeometry
    image_sha256: str
    preprocessing: str = "trained"
    place: str = DEFAULT_PLACE


def laid_map(
    model: LoadedModel,
    image: LoadedImage,
    view: View | FeatureView,
    *,
    preprocessing: str = "trained",
    place: str = DEFAULT_PLACE,
) -> LaidMap:
    """The map of a view, after a forward pass of its own.

    Raises:
        LayerError, MethodError: if there is no such map of this network.
        ResourceError: if the memory does not suffice.
        ValueError: as `attention_map`.
    """
    with memory_for_a_pass():
        prepared = prepare(image, model.input_spec, preprocessing=preprocessing)
        seen = SeenInput(model, prepared.geometry, image.sha256, preprocessing, place)
        if isinstance(view, FeatureView):
            return laid_features(record(model, prepared.tensor, [view.layer]).activation(view.layer), view, seen)
        needs_gradients = view.needs_readers or view.is_rollout  # they tell what is read, and what follows what
        attended = attend(model, prepared.tensor, gradients=needs_gradients)
        readers = readers_of(attended, one_class(int(attended.logits.argmax()))) if view.needs_readers else None
        return laid_attention(attended, view, readers, seen)


def laid_attention(attended: AttentionPass, view: View, readers: np.ndarray | None, seen: SeenInput) -> LaidMap:
    """The map of a pass that has been made; otherwise as `laid_map`.

    Args:
        readers: as `readers_of` gives them; nothing is told of them where the view does not depend on them.
    """
    readers = readers if view.needs_readers else None
    found = attention_map(attended, view, readers)
    block = attended.blocks[view.block]
    field = fields_of_cells(seen.model, attended.blocks)[view.block]
    if reason := why_no_place(field):
        raise MethodError(reason, hint="Choose another model.")
    title = "Attention rollout" if view.is_rollout else "Attention"
    facts = {
        "block": {"index": view.block, "count": len(attended.blocks), "name": block.name, "heads": block.heads},
        "head": view.head,
        "rollout": {"fusion": view.fusion, "discard": view.discard} if view.is_rollout else None,
        "of": _of(view),
        "direction": "received" if view.is_received else "given",
        "hidden": None if view.hidden is None else {"cells": view.hidden, "tokens_that_are_no_cells": True},
        "tokens_read": None if readers is None else np.flatnonzero(readers).tolist(),
        "elsewhere": found.elsewhere,
        "doubts": [CHANGED] if block.is_changed else [],
    }
    sentence = attention_sentence(view, attended.blocks, readers)
    cam = _laid(found.values, title, sentence, _Layer(block.name, field), seen)
    return LaidMap(view=view, cam=cam, caveat=NO_EVIDENCE, facts=facts)


def laid_features(activation: np.ndarray, view: FeatureView, seen: SeenInput) -> LaidMap:
    """The map of features that have been recorded, (channels, h, w); otherwise as `laid_map`."""
    grid, sentence = activation.shape[1:], features_sentence(view)
    layer = _Layer(view.layer, receptive_field(seen.model, seen.model.recorded_layer(view.layer)))
    facts: dict[str, Any] = {"channels": len(activation), "of": _of(view)}
    if view.cell is None:
        cam = _laid(np.zeros(grid, dtype=np.float32), "Colours of features", sentence, layer, seen)
        return LaidMap(view=view, cam=cam, caveat=NO_CLASS, facts=facts, colours=colours(activation))
    place = int(np.ravel_multi_index(view.cell, grid))
    cam = _laid(similarity(activation)[place].reshape(grid), "Similarity of features", sentence, layer, seen)
    return LaidMap(view=view, cam=cam, caveat=NO_CLASS, facts=facts)


class _Layer(NamedTuple):
    name: str
    field: ReceptiveField


def _laid(values: np.ndarray, title: str, sentence: str, layer: _Layer, seen: SeenInput) -> Cam:
    name, field = layer
    geometry = replace(seen.geometry, shift=get_place(seen.place).shift(field))
    note = unusable_because(values, seen=geometry.cells_seen(values.shape), evidence_is_finite=True)
    slug = title.lower().replace(" ", "-")
    return Cam(
        values=values,
        prediction=Prediction(-1, sentence, math.nan, math.nan),
        key=ResultKey(seen.image_sha256, seen.model.spec.name, name, slug, -1, seen.preprocessing, place=seen.place),
        geometry=geometry,
        method_title=title,
        model_title=seen.model.spec.title,
        note=_NOTES.get(note, note),
        field=field,
    )


def _of(view: View | FeatureView) -> dict[str, Any] | None:
    """Whose map it is; None where it is that of all."""
    if view.cell is not None:
        return {"cell": list(view.cell)}
    if isinstance(view, FeatureView) or view.is_of_all:
        return None
    return {"read": True} if view.token is None else {"token": view.token}
