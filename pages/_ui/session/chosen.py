"""Which class is chosen? One for the whole session, whichever page asks; it belongs to one image and one model.

The browser draws a choice at once and tells it afterwards; an address names one at a visit's beginning and when the
browser goes back or forward. What came last counts. Where nothing is chosen it is the likeliest class.
"""

import streamlit as st

from gradcam_core.samples import DEFAULT_SAMPLE
from pages._ui.session import page_state
from pages._ui.session.question import Question
from pages._ui.session.results import forward_result
from pages._ui.text.messages import show_warning_here
from pages._ui.text.sentences import escape_markdown

_CHOSEN = "chosen_class"  # (image and model as `image_and_model` names them, class index or None)
_DIGITS = 10  # more than any class index has; Python refuses to read a number of thousands
ImageAndModel = tuple[str, str]


def chosen_class(question: Question) -> int:
    """The class on screen for this image and model: the chosen one, else the likeliest.

    Raises:
        HeatproofError: if there is no answer to the question.
    """
    chosen = explicit_class(question)
    return forward_result(question).top[0].class_index if chosen is None else chosen


def explicit_class(question: Question) -> int | None:
    """The class that was chosen for this image and model, if any was: by a person, or by the address."""
    image_and_model, count = image_and_model_of(question), len(question.model.labels)
    _hear_address(question, image_and_model, count)
    of, index = st.session_state.get(_CHOSEN, (None, None))
    return index if of == image_and_model and index is not None and 0 <= index < count else None


def keep_chosen_class(image_and_model: ImageAndModel, index: int) -> None:
    """A person chose this class of this image and model."""
    st.session_state[_CHOSEN] = (image_and_model, index)


def image_and_model_of(question: Question) -> ImageAndModel:
    """The image and the model as the address names them; what is usual has no words there."""
    names = (question.picture.address, question.model.spec.name)
    image, model = ("" if name == usual else name for name, usual in zip(names, usual_image_and_model(), strict=True))
    return (image, model)


def usual_image_and_model() -> ImageAndModel:
    """The names of those that need no words in the address; a link may name them all the same."""
    from gradcam_core.models import DEFAULT_MODEL

    return (DEFAULT_SAMPLE, DEFAULT_MODEL)


def _hear_address(question: Question, image_and_model: ImageAndModel, count: int) -> None:
    """Take what the address newly names: once, for a person may choose another one afterwards."""
    of, _ = st.session_state.get(_CHOSEN, (None, None))
    if page_state.is_unread("class") or (of != image_and_model and not page_state.has_user_action()):
        page_state.mark_read("class")
        st.session_state[_CHOSEN] = (image_and_model, _class_in_address(question, image_and_model, count))


def _class_in_address(question: Question, image_and_model: ImageAndModel, count: int) -> int | None:
    told = st.query_params.get("class", "")
    if not told or not _is_named(image_and_model):
        return None
    is_number = told.isascii() and told.isdecimal()
    if is_number and len(told) < _DIGITS and int(told) < count:
        return int(told)
    fault = f"{question.model.spec.title} has no class “{told[:20]}”."
    if not is_number:
        fault = f"A link names a class by its number, here from 0 to {count - 1}, and not as “{told[:20]}”."
    show_warning_here(escape_markdown(f"{fault} This is the likeliest one."))
    return None


def _is_named(image_and_model: ImageAndModel) -> bool:
    """Whether the address names this image and this model, whatever it may call the usual ones."""
    told = [st.query_params.get(name, "") for name in ("image", "model")]
    pairs = zip(told, image_and_model, usual_image_and_model(), strict=True)
    return all(name == own or (name == usual and not own) for name, own, usual in pairs)
