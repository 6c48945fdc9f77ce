"""What is kept between two reruns: one shelf of models for everybody, and results by all that they depend on.

torch is imported in the functions that need it, so that a page paints before its seconds are over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from gradcam_core.config import settings
from gradcam_core.explanation import Cam, Prediction
from gradcam_core.geometry import InputGeometry
from gradcam_core.methods import DEFAULT_METHOD, get_method
from pages._ui.question import BY_CONTENT, ModelCard, Picture, Question
from pages._ui.tray import pixels_of

if TYPE_CHECKING:
    from gradcam_core.engine import ForwardPass
    from gradcam_core.shelf import ModelShelf

MOST_PREDICTIONS = 10
_MAP_BYTES = 120_000  # of one message; maps of early layers are large and cost more to make, so fewer come along


@dataclass(frozen=True, eq=False)
class Reading:
    """What one forward pass said: values only, no graph and no model.

    Attributes:
        top: the likeliest classes, the likeliest first.
        cams: the maps of the first few of them by class index.
        unit: what the raw values count.
        input_picture: (h, w, 3) uint8, what the model really saw.
        geometry: where that lies in the image.
    """

    top: tuple[Prediction, ...]
    cams: dict[int, Cam]
    unit: str
    input_picture: np.ndarray
    geometry: InputGeometry


def model_card(name: str) -> ModelCard:
    """What the pages need to know of a model; it is loaded if it is not on the shelf.

    Raises:
        ModelError, ResourceError: if it can't be loaded.
    """
    with _shelf().borrow(name) as model:
        return ModelCard(model.spec, model.labels, model.layers, model.default_layer, model.weights_sha256)


def answer(question: Question, class_index: int) -> Cam:
    """The map of any class of the model."""
    cams = reading(question).cams
    return cams[class_index] if class_index in cams else _single_answer(question, class_index)


def answer_usual_question(picture: Picture) -> None:
    """What the first screen asks: with it everything slow has been imported, and the answer is there."""
    from gradcam_core.models import DEFAULT_MODEL
    from gradcam_core.preprocessing import PREPROCESSINGS

    card = model_card(DEFAULT_MODEL)
    reading(Question(picture, card, card.default_layer, DEFAULT_METHOD, next(iter(PREPROCESSINGS))))


@st.cache_resource(show_spinner=False)
def _shelf() -> ModelShelf:
    from gradcam_core.shelf import ModelShelf

    return ModelShelf(settings().shelf_bytes)


@st.cache_resource(show_spinner=False, max_entries=64, hash_funcs=BY_CONTENT)
def reading(question: Question) -> Reading:
    """The likeliest classes and their maps."""
    from gradcam_core.report import unit_of

    with _forward(question) as forward:
        top = forward.top(MOST_PREDICTIONS)
        first = forward.cam(top[0].class_index, question.method)
        count = max(1, _MAP_BYTES // first.values.nbytes)
        cams = [first, *(_another(forward, first, one) for one in top[1:count])]
        by_index = {cam.prediction.class_index: cam for cam in cams}
        return Reading(top, by_index, unit_of(forward.model, first), forward.input_picture, forward.geometry)


@st.cache_resource(show_spinner=False, max_entries=256, hash_funcs=BY_CONTENT)
def _single_answer(question: Question, class_index: int) -> Cam:
    with _forward(question) as forward:
        return forward.cam(class_index, question.method)


def _another(forward: ForwardPass, first: Cam, prediction: Prediction) -> Cam:
    """The map of another class; the same one under its name where the method knows no classes."""
    if get_method(first.key.method).depends_on_class:
        return forward.cam(prediction.class_index, first.key.method)
    return replace(first, prediction=prediction, key=replace(first.key, class_index=prediction.class_index))


@contextmanager
def _forward(question: Question) -> Iterator[ForwardPass]:
    from gradcam_core.engine import Explainer

    with _shelf().borrow(question.model.spec.name) as model:
        explainer = Explainer(model, question.layer)
        yield explainer.forward(pixels_of(question.picture), preprocessing=question.preprocessing)
