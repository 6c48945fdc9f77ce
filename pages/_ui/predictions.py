"""Which class? The likeliest ones as a radio group with bars, every other one through a search."""

import streamlit as st

from gradcam_core.explanation import Prediction
from pages._ui import link
from pages._ui.question import Question
from pages._ui.words import literal, number, percent

_USUAL = 5
_CHOSEN = "chosen_class"  # (owner, class index); it counts only while its owner is on screen


def chosen_class(question: Question, top: tuple[Prediction, ...]) -> int:
    """The class to explain: the one chosen for this image and model, else the likeliest."""
    if link.news("class"):
        told = st.query_params.get("class", "")
        known = told.isdecimal() and int(told) < len(question.model.labels)
        st.session_state[_CHOSEN] = (question.owner, int(told) if known else None)
    owner, index = st.session_state.get(_CHOSEN, (None, None))
    if owner != question.owner:
        link.write("class", None)
        index = None
    return top[0].class_index if index is None else int(index)


def pick_class(question: Question, top: tuple[Prediction, ...], chosen: Prediction) -> None:
    """Draw the predictions and the search; a choice reruns the fragment."""
    with st.container(key="predictions", gap="small"):
        offered = _head(question, top)
        indices = [prediction.class_index for prediction in offered]
        by_index = {prediction.class_index: prediction for prediction in offered}
        st.session_state["prediction"] = chosen.class_index if chosen.class_index in indices else None
        st.html(_bars_css(offered))
        st.radio(
            "Class to explain",
            indices,
            key="prediction",
            format_func=lambda index: literal(question.model.labels[index]),
            captions=[_figures(by_index[index]) for index in indices],
            label_visibility="collapsed",
            width="stretch",
            on_change=_choose,
            args=(question, "prediction", top[0].class_index),
        )


def _head(question: Question, top: tuple[Prediction, ...]) -> tuple[Prediction, ...]:
    """The heading, how many to show, and the search; the predictions to show."""
    labels = question.model.labels
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        st.markdown("## Predictions", width="content")
        with st.container(horizontal=True, width="content", vertical_alignment="bottom"):
            st.session_state["search"] = None
            st.selectbox(
                "Explain any class",
                range(len(labels)),
                key="search",
                format_func=lambda index: f"{labels[index]} · {index}",
                placeholder=f"Search all {len(labels):,} classes",
                width=220,
                label_visibility="collapsed",
                on_change=_choose,
                args=(question, "search", top[0].class_index),
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
                args=("k", usual),
            )
    return top[: int(count)]


def _choose(question: Question, widget: str, likeliest: int) -> None:
    index = st.session_state[widget]
    if index is None:
        return
    st.session_state[_CHOSEN] = (question.owner, index)
    link.write("class", None if index == likeliest else str(index))


def _figures(prediction: Prediction) -> str:
    return literal(f"{percent(prediction.probability)} · logit {number(prediction.logit, 1)}")


def _bars_css(predictions: tuple[Prediction, ...]) -> str:
    """How long each label's bar is; the bars themselves are drawn by style.css."""
    rules = (
        f".st-key-prediction [role=radiogroup] > div:nth-child({place}) {{ --share: {prediction.probability:.4f}; }}"
        for place, prediction in enumerate(predictions, start=1)
    )
    return f"<style>{' '.join(rules)}</style>"
