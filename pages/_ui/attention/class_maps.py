"""The maps that are about a class, beside attention that is about none: what on this page is evidence for an answer?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from gradcam_core.methods import METHODS, CamMethod, default_method
from gradcam_core.methods.base import Family
from gradcam_core.sentences import short_label, unfit_sentences
from pages._ui.attention.message import view_id
from pages._ui.attention.near import is_near
from pages._ui.frame.page import errors_shown
from pages._ui.frame.registry import foreign_parameters, page_at
from pages._ui.result.for_chosen_class import pane_set
from pages._ui.session import page_state
from pages._ui.session.chosen import chosen_class
from pages._ui.session.question import Question
from pages._ui.session.queue import queue_shown
from pages._ui.session.results import MethodMap, maps_by_method
from pages._ui.text.sentences import escape_markdown
from pages._ui.viewer import PaneSet, show_panes

_TITLE = "Which map is evidence for “{label}”?"
_ALL = (
    "Attention weights are not: they say what is taken from, whatever the answer. The maps marked “about {label}” are "
    "made for this class, and are others for another one. Whether one deserves belief is tried on Trust. Another class "
    "is chosen on Explore."
)
_LINKS = {"explore": "Explore this map", "trust": "Check it on Trust"}  # by the page's slug


@st.fragment(key="attention_class_maps")
def show_class_maps(question: Question) -> None:
    """Small maps of the chosen class, computed once somebody comes near."""
    with errors_shown():
        if not is_near(view_id(question), key="attention_class_maps_near", words="Making the maps about a class."):
            return
        with queue_shown():
            class_index = chosen_class(question)
            base = pane_set(question, class_index, title="", panels=("overlay",))
            found = _found(question, class_index, base)
        _draw(question, found, base)


def _found(question: Question, class_index: int, base: PaneSet) -> dict[str, MethodMap]:
    """By the methods' slugs; the question's own map is known from Explore."""
    others = [method.slug for method in shown_methods(question) if method.slug != question.method]
    made = maps_by_method(question, class_index, others) if others else {}
    return {question.method: MethodMap(base.cam, base.unit), **made}


def _draw(question: Question, found: dict[str, MethodMap], base: PaneSet) -> None:
    label = short_label(base.cam.prediction.label)
    st.markdown(f"## {escape_markdown(_TITLE.format(label=label))}")
    st.caption(escape_markdown(_ALL.format(label=label)))
    with st.container(key="class_maps"):
        for method in shown_methods(question):
            _show_map(method, found[method.slug], base, label)
    for sentence in why_not(question):
        st.caption(escape_markdown(sentence))


def shown_methods(question: Question) -> tuple[CamMethod, ...]:
    """Those without a class first, then the question's own, or the usual one, then all others of attention that fit."""
    own = METHODS[question.method]
    if not own.depends_on_class:
        own = METHODS[default_method(question.model.layer(question.layer))]
    fitting = [method for method in _of_attention() if not method.unfit_because(question.model.attention)]
    ordered = sorted([own, *fitting], key=lambda method: method.depends_on_class)
    return tuple(dict.fromkeys(ordered))


def why_not(question: Question) -> list[str]:
    """Why other methods of attention have no map of this network, a sentence for each reason."""
    unfit = {method.title: method.unfit_because(question.model.attention) for method in _of_attention()}
    return unfit_sentences({title: why for title, why in unfit.items() if why}, question.model.spec.title)


def title_of(method: CamMethod, label: str) -> str:
    """What stands above a map."""
    return f"{method.title}: {f'about {label}' if method.depends_on_class else 'not about a class'}"


def _of_attention() -> Sequence[CamMethod]:
    return [method for method in METHODS.values() if method.family is Family.ATTENTION]


def _show_map(method: CamMethod, found: MethodMap, base: PaneSet, label: str) -> None:
    with st.container(key=f"class_map_{method.slug}", gap="xsmall"):
        if found.cam is None:
            st.markdown(f"**{escape_markdown(title_of(method, label))}**")
            st.caption(escape_markdown(found.why))
            return
        pane = replace(base, cam=found.cam, title=title_of(method, label), unit=found.unit)
        show_panes([pane], key=f"class_map_panes_{method.slug}")
        for sentence in filter(None, [found.cam.note, found.cam.remark]):
            st.caption(escape_markdown(sentence))
        with st.container(key=f"class_map_links_{method.slug}", horizontal=True, gap="small"):
            for slug, words in _LINKS.items():
                _link(slug, method, words)


def _link(slug: str, method: CamMethod, words: str) -> None:
    """A button, for within a visit the choices that are kept count, and not an address."""
    if st.button(words, key=f"class_map_{slug}_{method.slug}", type="tertiary", help=method.title):
        page_state.choose("method", method.slug)
        view = page_state.parameters_on(foreign_parameters(slug))
        st.switch_page(page_at(slug), query_params=view | {"method": method.slug})
