"""Which class? The likeliest ones as a radio group with bars, every other one through a search."""

import streamlit as st

from gradcam_core.explanation import Prediction
from pages._ui import link
from pages._ui.question import Question
from pages._ui.words import literal, number, percent

_USUAL = 5
_DIGITS = 10  # more than any class index has; Python refuses to read a number of thousands
_CHOSEN = "chosen_class"  # (owner, class index); it counts only while its owner is on screen
_RADIO, _RADIO_TAKEN, _SEARCH = "prediction", "prediction_taken", "search"


def chosen_class(question: Question, top: tuple[Prediction, ...]) -> int:
    """The class to explain: the one chosen for this image and model, else the likeliest.

    What was chosen is read from the widgets and not noted by their callbacks, for a callback can be lost when
    clicks come fast.
    """
    if link.news("class"):
        told = st.query_params.get("class", "")
        is_index = told.isascii() and told.isdecimal() and len(told) < _DIGITS
        known = is_index and int(told) < len(question.model.labels)
        st.session_state[_CHOSEN] = (question.owner, int(told) if known else -1)
        if told and not known:
            st.warning(literal(f"{question.model.spec.title} has no class “{told[:20]}”. This is its likeliest one."))
    elif st.session_state.get(_CHOSEN, (question.owner,))[0] == question.owner:
        _take_choice(question, top)
    owner, index = st.session_state.get(_CHOSEN, (question.owner, -1))
    if owner != question.owner or not 0 <= index < len(question.model.labels):
        index = top[0].class_index
        st.session_state[_CHOSEN] = (question.owner, index)
        link.write("class", None)
    st.session_state[_SEARCH] = None
    return int(index)


def pick_class(question: Question, top: tuple[Prediction, ...], chosen: Prediction) -> None:
    """Draw the predictions and the search; a choice reruns the fragment."""
    with st.container(key="predictions", gap="small"):
        offered = _head(question, top)
        by_index = {prediction.class_index: prediction for prediction in offered}
        st.session_state[_RADIO] = chosen.class_index if chosen.class_index in by_index else None
        st.session_state[_RADIO_TAKEN] = st.session_state[_RADIO]
        st.html(_bars_css(offered))
        st.radio(
            "Class to explain",
            list(by_index),
            key=_RADIO,
            format_func=lambda index: literal(question.model.labels[index]),
            captions=[_figures(prediction) for prediction in offered],
            label_visibility="collapsed",
            width="stretch",
            on_change=link.acted,
        )


def _take_choice(question: Question, top: tuple[Prediction, ...]) -> None:
    """What the search or the radio group says now, if it has not been acted upon yet."""
    searched, clicked = st.session_state.get(_SEARCH), st.session_state.get(_RADIO)
    index = clicked if searched is None else searched
    if index is None or (searched is None and clicked == st.session_state.get(_RADIO_TAKEN)):
        return
    if not isinstance(index, int) or index >= len(question.model.labels):
        return  # of options that have changed meanwhile Streamlit hands on the title that was clicked
    st.session_state[_CHOSEN] = (question.owner, index)
    link.write("class", None if index == top[0].class_index else str(index))


def _head(question: Question, top: tuple[Prediction, ...]) -> tuple[Prediction, ...]:
    """The heading, how many to show, and the search; the predictions to show."""
    labels = question.model.labels
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.markdown("## Predictions", width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="bottom"):
            st.selectbox(
                "Explain any class",
                range(len(labels)),
                key=_SEARCH,
                format_func=lambda index: f"{labels[index]} · {index}",
                placeholder=f"Search all {len(labels):,} classes",
                width=220,
                label_visibility="collapsed",
                on_change=link.acted,
            )
            counts = [str(number) for number in range(1, len(top) + 1)]
            usual = counts[min(_USUAL, len(top)) - 1]
            link.restore("k", counts, usual)
            count = st.selectbox(
                "How many predictions",
                counts,
                key="k",
                format_func=lambda number: f"Top {number}",
                width=104,
                label_visibility="collapsed",
                on_change=link.written,
                args=("k", counts, usual),
            )
    return top[: int(count)]


def _figures(prediction: Prediction) -> str:
    return literal(f"{percent(prediction.probability)} · logit {number(prediction.logit, 1)}")


def _bars_css(predictions: tuple[Prediction, ...]) -> str:
    """How long each label's bar is; the bars themselves are drawn by style.css."""
    rules = (
        f".st-key-prediction [role=radiogroup] > div:nth-child({place}) {{ --share: {prediction.probability:.4f}; }}"
        for place, prediction in enumerate(predictions, start=1)
    )
    return f"<style>{' '.join(rules)}</style>"
