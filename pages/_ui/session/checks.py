"""Does a heatmap deserve belief? Sweeps, and what follows from them: kept for everybody, and computed in turn.

A sweep belongs to an image, a model and a preprocessing, and serves every class, layer and method of them. It is long
work; what follows from it for one map is quick.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import streamlit as st

from gradcam_core.methods import get_method
from gradcam_core.resources.job import CANCELLED, DONE, FAILED, Job, JobReport, Unit, Work
from gradcam_core.samples import sample_masks
from pages._ui.session import page_state
from pages._ui.session.jobs import session_job, start_job
from pages._ui.session.question import Question
from pages._ui.session.queue import my_turn
from pages._ui.session.results import cam_for, image_ready
from pages._ui.session.shared import ensure_room, model_cache, shared

if TYPE_CHECKING:
    from gradcam_core.cam import Cam
    from gradcam_core.loaded_image import LoadedImage
    from gradcam_core.trust.judgement import Judgement
    from gradcam_core.trust.numbers import Provisional
    from gradcam_core.trust.sweep import Sweep

SEED = 0
"""Of the parts: everybody's, so that the same heatmap gets the same verdict."""

_TITLE = "Checking this heatmap"
_ASKED = "checks_asked"
_WORDS_BYTES = 4_000  # about what the numbers of one map take
_Answer = TypeVar("_Answer")


def sweep_key(question: Question) -> tuple[str, ...]:
    """Everything that a sweep depends on, by content."""
    model = question.model
    model_key = (model.spec.name, model.weights_sha256, model.description_sha256)
    return ("sweep", question.picture.sha256, *model_key, question.preprocessing, str(SEED))


def map_key(question: Question, what: str, class_index: int) -> tuple[str | int, ...]:
    """Everything that a longer look at the map of one class depends on, by content."""
    return (what, *question.key, SEED, class_index)


def class_key(question: Question, what: str, class_index: int) -> tuple[str | int, ...]:
    """The same where the layer and the method do not matter."""
    return (what, *sweep_key(question), question.place, class_index)


def hear_check(question: Question) -> bool:
    """Whether this visit, or the address, asks for a check of this image and model; the address is to say so."""
    key, asked = sweep_key(question), _asked()
    if page_state.is_unread("check") and st.query_params.get("check") == "1":
        asked.setdefault(key, None)
    job = session_job(key)
    if key in asked and job is not None and job.state in (CANCELLED, FAILED) and job is not asked[key]:
        del asked[key]  # it is not begun again before somebody asks
    page_state.set_parameter("check", "1" if key in asked else None)
    return key in asked


def is_check_asked(question: Question) -> bool:
    """Whether this visit has asked for a check of this image and model."""
    return sweep_key(question) in _asked()


def ask_for_check(question: Question) -> None:
    """A button's callback."""
    page_state.mark_user_action()
    _asked()[sweep_key(question)] = session_job(sweep_key(question))


def is_to_begin(question: Question) -> bool:
    """Where a check is asked for and there is no sweep: whether the job has not been begun since."""
    key = sweep_key(question)
    job = session_job(key)
    return job is None or job is _asked().get(key) or job.state == DONE  # done: its sweep was let go of meanwhile


def kept_sweep(question: Question) -> Sweep | None:
    """The sweep of this image and model, if it was made and is still kept."""
    key = sweep_key(question)
    kept: Sweep | None = shared().checks.get(key)
    job = session_job(key)
    return job.result if kept is None and job is not None and job.state == DONE else kept


def sweep_job(question: Question) -> Job[Any] | None:
    """The job that makes it for this session, or made it last."""
    return session_job(sweep_key(question))


def start_sweep(question: Question) -> Job[Sweep]:
    """Begin it as this session's long work."""
    return start_job(sweep_key(question), Work(_sweeping(question, image_ready(question)), _TITLE, Unit("images")))


def make_sweep(question: Question, image: LoadedImage, report: JobReport[Any]) -> Sweep:
    """The sweep of an image, made in a job's thread unless it is kept; everybody's from then on."""
    from gradcam_core.engine import Explainer
    from gradcam_core.trust.check import sweep_of

    key = sweep_key(question)
    kept: Sweep | None = shared().checks.get(key)
    if kept is not None:
        return kept
    ensure_room()
    with model_cache().borrow(question.model.spec.name) as model:
        forward = Explainer(model, question.layer).forward(
            image, preprocessing=question.preprocessing, place=question.place
        )
        made = sweep_of(forward, seed=SEED, turn=report.turn, progress=report)
    found: Sweep = shared().checks.put(key, made, made.nbytes)
    return found


def numbers_of(question: Question, sweep: Sweep, class_index: int) -> Provisional:
    """What the sweep says of the map of one class, without the network."""
    from gradcam_core.trust.provisional import provisional

    def measured() -> Provisional:
        cam, least = cam_for(question, class_index), _least_likely(question, sweep, class_index)
        with my_turn(shared().slots):
            return provisional(sweep, cam, least)

    return _kept(question, ("numbers", class_index), measured)


def judgement_of(question: Question, sweep: Sweep, class_index: int) -> Judgement:
    """The verdict on the map of one class: four more pictures, as quick work."""
    from gradcam_core.scoring.function import score_function
    from gradcam_core.trust.judgement import judge

    def judged() -> Judgement:
        cam, least = cam_for(question, class_index), _least_likely(question, sweep, class_index)
        mask = thing_mask(question, class_index)
        ensure_room()
        with my_turn(shared().slots) as turn, model_cache().borrow(question.model.spec.name) as model:
            return judge(score_function(model, turn=turn), sweep, cam, least, thing_mask=mask)

    return _kept(question, ("judgement", class_index), judged)


def judgement_if_known(question: Question, class_index: int) -> Judgement | None:
    """The verdict that was found before, for files to take away."""
    found: Judgement | None = shared().checks.get(_key(question, ("judgement", class_index)))
    return found


def thing_mask(question: Question, class_index: int) -> np.ndarray | None:
    """Where the thing that a class names is seen, on a drawn scene; None where that is not known."""
    mask = sample_masks(question.picture.address).get(question.model.labels[class_index])
    return mask if mask is not None and mask.shape[::-1] == question.picture.size else None


def _least_likely(question: Question, sweep: Sweep, class_index: int) -> Cam | None:
    """The map of the least likely other class; None where the method does not depend on the class."""
    if not get_method(question.method).depends_on_class or sweep.classes < 2:
        return None
    first, second = np.argsort(sweep.logits, kind="stable")[:2]
    return cam_for(question, int(second if first == class_index else first))


def _sweeping(question: Question, image: LoadedImage) -> Callable[[JobReport[Any]], Sweep]:
    return lambda report: make_sweep(question, image, report)


def _kept(question: Question, more: tuple[str | int, ...], make: Callable[[], _Answer]) -> _Answer:
    key = _key(question, more)
    known: _Answer | None = shared().checks.get(key)
    if known is not None:
        return known
    kept: _Answer = shared().checks.put(key, make(), _WORDS_BYTES)
    return kept


def _key(question: Question, more: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return (*question.key, SEED, *more)


def _asked() -> dict[tuple[str, ...], Job[Any] | None]:
    """The sweeps that this visit has asked for, and the job that had been begun and had ended before that."""
    asked: dict[tuple[str, ...], Job[Any] | None] = st.session_state.setdefault(_ASKED, {})
    return asked
