"""The maps of this page that are about a class: what raised its score, by every method that follows attention."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from gradcam_core.methods import METHODS, default_method, why_unfit
from gradcam_core.methods.base import Need
from gradcam_core.resources.job import JobReport, Work
from gradcam_core.sentences import rounded_percent, short_label
from pages._ui.result.view import photo_of
from pages._ui.session.checks import map_key
from pages._ui.session.question import Question
from pages._ui.session.results import forward_result, image_ready
from pages._ui.text.sentences import escape_markdown
from pages._ui.trust.asked import Offer, asked
from pages._ui.trust.works import MAPS, Named, model_work
from pages._ui.viewer import PaneSet, chosen_look, show_panes

if TYPE_CHECKING:
    from gradcam_core.cam import Cam
    from gradcam_core.methods import CamMethod
    from gradcam_core.models import LoadedModel

_OFFER = Offer(
    "class_maps",
    "Draw the maps of this class",
    "Those that follow attention, and the usual map. All come of two forward passes and a few backward.",
)
_MEANING = (
    "Attention above is not about a class. These maps are: each tells in its own way what raised the score of this "
    "one. A map that is the same for every class is set beside them, and says so."
)
_WORDS_BYTES = 3_000


@dataclass(frozen=True, eq=False)
class ClassMap:
    """One map, and what its raw values count."""

    cam: Cam
    unit: str


def show_class_maps(question: Question, class_index: int) -> None:
    """Ask for them, then draw them side by side."""
    known = forward_result(question)
    listed = {one.class_index: one for one in known.top}
    label, sure = question.model.labels[class_index], float(known.probabilities[class_index])
    said = listed[class_index].label if class_index in listed else label
    st.markdown(f"## What speaks for {escape_markdown(short_label(said))} ({rounded_percent(sure)})?")
    st.caption(_MEANING)
    key = map_key(question, "class maps", class_index)
    maps = asked(key, _OFFER, lambda: _mapping(question, class_index, key))
    if maps is not None:
        show_panes([_pane_set(question, one) for one in maps], key="class_maps")


def _mapping(question: Question, class_index: int, key: Hashable) -> Work[tuple[ClassMap, ...]]:
    image = image_ready(question)

    def mapped(model: LoadedModel, report: JobReport[Any]) -> tuple[ClassMap, ...]:
        from gradcam_core.engine import Explainer, unit_of

        found, methods = [], _methods(question, model)
        explainer = Explainer(model, question.layer)
        forward = explainer.forward(image, preprocessing=question.preprocessing, place=question.place)
        for done, method in enumerate(methods):
            cam = forward.cam(class_index, method.slug)
            found.append(ClassMap(cam, unit_of(model, cam)))
            report(done + 1, len(methods))
        return tuple(found)

    return model_work(question, key, mapped, Named("Drawing the maps", MAPS, _nbytes))


def _methods(question: Question, model: LoadedModel) -> list[CamMethod]:
    """The usual one of the layer, then those that follow attention, about a class first."""
    following = [one for one in METHODS.values() if Need.ATTENTION in one.needs and not why_unfit(one, model)]
    usual = METHODS[default_method(question.model.layer(question.layer))]
    return [usual, *sorted(following, key=lambda one: not one.depends_on_class)]


def _nbytes(maps: tuple[ClassMap, ...]) -> int:
    return sum(_WORDS_BYTES + one.cam.values.nbytes for one in maps)


def _pane_set(question: Question, one: ClassMap) -> PaneSet:
    method, image = METHODS[one.cam.key.method], question.picture
    title = method.title if method.depends_on_class else f"{method.title}: the same for every class"
    return PaneSet(
        photo=photo_of(image),
        size=image.size,
        cam=one.cam,
        title=title,
        look=chosen_look(),
        panels=("overlay",),
        alt=f"The image {image.name}".strip(),
        unit=one.unit,
    )
