"""What is kept between two reruns: one shelf of models for everybody, and results by all that they depend on.

torch is imported in the functions that need it, so that a page paints before its seconds are over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.config import settings
from gradcam_core.explanation import Cam, Prediction
from gradcam_core.methods import DEFAULT_METHOD, get_method
from pages._ui.question import BY_CONTENT, ModelCard, Picture, Question

if TYPE_CHECKING:
    from gradcam_core.engine import ForwardPass
    from gradcam_core.shelf import ModelShelf

MOST_PREDICTIONS = 10
_MAPS_AT_ONCE = 5  # while the forward pass is at hand, a class costs one short backward pass


@dataclass(frozen=True, eq=False)
class Answer:
    """The map of one class, and what its raw values count."""

    cam: Cam
    unit: str


@dataclass(frozen=True, eq=False)
class Reading:
    """What one forward pass said: the likeliest classes, and the answers for the first few by class index."""

    top: tuple[Prediction, ...]
    answers: dict[int, Answer]


def model_card(name: str) -> ModelCard:
    """What the pages need to know of a model; it is loaded if it is not on the shelf.

    Raises:
        ModelError, ResourceError: if it can't be loaded.
    """
    with _shelf().borrow(name) as model:
        return ModelCard(model.spec, model.labels, model.layers, model.default_layer, model.weights_sha256)


def answer(question: Question, class_index: int) -> Answer:
    """The map of any class of the model."""
    answers = reading(question).answers
    return answers[class_index] if class_index in answers else _single_answer(question, class_index)


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
    with _forward(question) as forward:
        top = forward.top(MOST_PREDICTIONS)
        count = _MAPS_AT_ONCE if get_method(question.method).depends_on_class else 1
        indices = [prediction.class_index for prediction in top[:count]]
        return Reading(top, {index: _answer(forward, index, question.method) for index in indices})


@st.cache_resource(show_spinner=False, max_entries=256, hash_funcs=BY_CONTENT)
def _single_answer(question: Question, class_index: int) -> Answer:
    with _forward(question) as forward:
        return _answer(forward, class_index, question.method)


@contextmanager
def _forward(question: Question) -> Iterator[ForwardPass]:
    from gradcam_core.engine import Explainer

    with _shelf().borrow(question.model.spec.name) as model:
        explainer = Explainer(model, question.layer)
        yield explainer.forward(question.picture.image, preprocessing=question.preprocessing)


def _answer(forward: ForwardPass, class_index: int, method: str) -> Answer:
    from gradcam_core.report import unit_of

    cam = forward.cam(class_index, method)
    return Answer(cam, unit_of(forward.model, cam))
