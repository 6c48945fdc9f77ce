"""Which model? A list that says what each one is, what it knows, and whether it is ready or how large it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.errors import HeatproofError
from pages._ui.frame.bar import Chip, show_chip
from pages._ui.model.downloads import has_arrived, offer_download, show_other_downloads
from pages._ui.model.model_search import show_model_search
from pages._ui.session import page_state
from pages._ui.session.question import ModelCard
from pages._ui.session.results import model_card
from pages._ui.text.choices import label_sentence, model_caption, model_groups, model_titles, readiness
from pages._ui.text.incidents import error_markdown, report_internal_errors
from pages._ui.text.messages import say_warning
from pages._ui.text.sentences import escape_markdown

if TYPE_CHECKING:
    from gradcam_core.models import ModelSpec

_IN_USE, _REFUSED, _ASKED = "model_in_use", "models_refused", "model_asked"


def pick_model() -> ModelCard:
    """Draw the model's section of the sidebar; a model that can't be had is said so, and the former one goes on."""
    with st.sidebar, st.container(key="section_model", gap="small"):
        st.markdown("## Model")
        card = _draw_section()
    show_chip("model", Chip(card.spec.name, card.spec.title))
    return card


def _draw_section() -> ModelCard:
    from gradcam_core.models import DEFAULT_MODEL, broken_checkpoints, list_models

    specs = {spec.name: spec for spec in list_models()}
    default = DEFAULT_MODEL if DEFAULT_MODEL in specs else next(iter(specs))
    chosen = specs[page_state.restore("model", specs, default)]
    picker, below = st.container(gap="xsmall"), st.container(gap="xsmall")
    with below:
        card = _card_or_former(chosen, default)
        _show_notes(card.notes)
        show_other_downloads(specs, but=chosen.name)
        _show_broken(broken_checkpoints())
    with picker:
        _draw_list(specs, card.spec, chosen=chosen.name)
    return card


def choose_model(name: str) -> None:
    """A button's callback: take this model, as if it had been chosen in the list."""
    page_state.choose("model", name)


def refused_models() -> dict[str, str]:
    """The models that this session could not load when it asked for them last, and why, as markdown."""
    refused: dict[str, str] = st.session_state.setdefault(_REFUSED, {})
    return refused


def _draw_list(specs: dict[str, ModelSpec], in_use: ModelSpec, *, chosen: str) -> None:
    titles, groups = model_titles(list(specs.values())), model_groups(list(specs.values()))
    listed = [spec for group in groups.values() for spec in group]
    names = [spec.name for spec in listed]
    with st.popover(escape_markdown(in_use.title), key="model_list", icon=":material/neurology:", width="stretch"):
        show_model_search(groups)
        st.radio(
            "Model",
            names,
            names.index(chosen),
            key="model",
            format_func=lambda name: f"**{escape_markdown(titles[name])}**" if name in titles else name,
            captions=[f"{readiness(spec)} {escape_markdown(model_caption(spec))}" for spec in listed],
            on_change=page_state.mark_user_action,
        )
    st.caption(escape_markdown(label_sentence(in_use)))


def _card_or_former(chosen: ModelSpec, default: str) -> ModelCard:
    """The chosen model if it can be used, else the one in use, with a sentence that says which."""
    if not chosen.ready:
        former = _former(default)
        st.markdown(
            escape_markdown(f"{chosen.title} is not on this machine yet. Maps are still those of {former.spec.title}.")
        )
        if chosen.beyond_limits:
            st.caption(escape_markdown(chosen.beyond_limits))
        else:
            offer_download(chosen, place="sidebar")
        return former
    is_new, st.session_state[_ASKED] = st.session_state.get(_ASKED) != chosen.name, chosen.name
    if is_new or chosen.name not in refused_models():  # one that failed is tried again once it is chosen again
        try:
            with report_internal_errors("while a model was loaded"):
                card = model_card(chosen.name)
        except HeatproofError as error:
            refused_models()[chosen.name] = error_markdown(error)
        else:
            _take(card)
            return card
    former = _former(default)
    say_warning(f"{refused_models()[chosen.name]} {escape_markdown(f'What you see is still {former.spec.title}.')}")
    return former


def _take(card: ModelCard) -> None:
    """The chosen model is the one in use; to get one that was waited for is an act."""
    if has_arrived(card.spec.name):
        page_state.mark_user_action()
    refused_models().pop(card.spec.name, None)
    st.session_state[_IN_USE] = card


def _former(default: str) -> ModelCard:
    """The model in use goes on, and the address says so, for it says what is on screen."""
    card: ModelCard = st.session_state.get(_IN_USE) or model_card(default)
    name = card.spec.name
    page_state.set_parameter("model", None if name == default else name)
    return card


def _show_notes(notes: tuple[str, ...]) -> None:
    """What was assumed of the model in use: one sentence as it is, several folded to one line."""
    if len(notes) == 1:
        st.caption(escape_markdown(notes[0]))
    elif notes:
        with st.expander(f"{len(notes)} things are assumed of this model"):
            for note in notes:
                st.caption(escape_markdown(note))


def _show_broken(broken: list[tuple[str, str]]) -> None:
    """The operator's own models that can't be used, and why."""
    if not broken:
        return
    with st.expander(f"{len(broken)} of your own can't be used"):
        for name, sentence in broken:
            st.caption(f"**{escape_markdown(name)}**: {escape_markdown(sentence)}")
