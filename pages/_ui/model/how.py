"""How is it explained: layer, method, preprocessing, and the place of the cells? One row, folded to one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.layers.place import DEFAULT_PLACE, PLACES
from gradcam_core.methods import METHODS, default_method
from gradcam_core.sentences import unfit_sentences
from pages._ui.session import page_state
from pages._ui.session.question import ImageInfo, ModelCard, Question
from pages._ui.text.choices import cell_sentence, layer_sentence, layer_title, method_sentence
from pages._ui.text.messages import show_warning_here
from pages._ui.text.sentences import escape_markdown

if TYPE_CHECKING:
    from gradcam_core.layers.finding import TargetLayer
    from gradcam_core.layers.place import Place
    from gradcam_core.methods import CamMethod
    from gradcam_core.preprocessing import Preprocessing

    Choices = Mapping[str, CamMethod] | Mapping[str, Preprocessing] | Mapping[str, Place]


def pick_question(picture: ImageInfo, model: ModelCard) -> Question:
    """Draw the row: what is chosen, and behind it the pickers.

    Whether it is folded is the browser's business (frame.js). What a link asks for in vain is said above it.
    """
    from gradcam_core.preprocessing import PREPROCESSINGS

    usual_preprocessing = next(iter(PREPROCESSINGS))
    layers = _offered_layers(model)
    layer = page_state.restore("layer", layers, model.default_layer, say=show_warning_here)
    target = model.layer(layer)
    usual_method = default_method(target)
    unfit = _unfit(model)
    methods = {slug: one for slug, one in METHODS.items() if slug not in unfit}
    refused = {slug: unfit_sentences({METHODS[slug].title: why}, model.spec.title)[0] for slug, why in unfit.items()}
    method = page_state.restore("method", methods, usual_method, refused=refused, say=show_warning_here)
    preprocessing = page_state.restore("preprocessing", PREPROCESSINGS, usual_preprocessing, say=show_warning_here)
    place = page_state.restore("place", PLACES, DEFAULT_PLACE, say=show_warning_here)
    unusual = [] if place == DEFAULT_PLACE else [PLACES[place].title]
    at_layer = [layer] if METHODS[method].depends_on_layer else []
    _draw_line(*at_layer, METHODS[method].title, PREPROCESSINGS[preprocessing].title, *unusual)
    with st.container(key="how", border=True):
        places = st.columns(3, gap="medium")
        with places[0]:
            _draw_layers(model, layers, layer)
        with places[1]:
            sentences = [method_sentence(one, target, one.remark(model.attention)) for one in methods.values()]
            below = unfit_sentences({METHODS[slug].title: why for slug, why in unfit.items()}, model.spec.title)
            _draw_list("method", methods, usual_method, method, sentences, below)
        with places[2]:
            sentences = [one.sentence(model.input_spec) for one in PREPROCESSINGS.values()]
            _draw_list("preprocessing", PREPROCESSINGS, usual_preprocessing, preprocessing, sentences)
            _draw_list("place", PLACES, DEFAULT_PLACE, place, [one.sentence for one in PLACES.values()])
    return Question(picture, model, layer, method, preprocessing, place)


def _unfit(model: ModelCard) -> dict[str, str]:
    """Why methods can't explain the model, by slug."""
    return {slug: reason for slug, one in METHODS.items() if (reason := one.unfit_because(model.attention))}


def _draw_line(*titles: str) -> None:
    words = "".join(f"<span>{escape(title)}</span>" for title in titles)
    st.html(f'<button type="button" class="fold" data-fold="how" aria-expanded="false">How: {words}</button>')


def _offered_layers(model: ModelCard) -> list[str]:
    """The blocks, and every other layer on request."""
    layers = {layer.name: layer for layer in model.layers}
    wanted = layers.get(page_state.chosen("layer") or "")
    is_new_here = page_state.is_unread("layer") or "all_layers" not in st.session_state
    if wanted is not None and not wanted.is_block and is_new_here:
        st.session_state["all_layers"] = True  # it was chosen by a link or on another page
    shows_all = st.session_state.get("all_layers", False)
    return [name for name, layer in layers.items() if shows_all or layer.is_block]


def _draw_layers(model: ModelCard, offered: list[str], chosen: str) -> None:
    layers = {layer.name: layer for layer in model.layers}
    with st.container(gap="xsmall"):
        st.selectbox(
            "Layer",
            offered,
            offered.index(chosen),
            key="layer",
            format_func=lambda name: layer_title(layers[name], model.default_layer),
            on_change=page_state.mark_user_action,
        )
        st.caption(f"{layer_sentence(model.layers, chosen, model.default_layer)} {_cells(model, layers[chosen])}")
        st.toggle(f"All {len(layers)} layers", key="all_layers", on_change=page_state.mark_user_action)


def _cells(model: ModelCard, layer: TargetLayer) -> str:
    from gradcam_core.receptive_field import known_field

    field = known_field(model.weights_sha256, model.description_sha256, layer.name)
    return cell_sentence(layer, model.input_spec.size, field)


def _draw_list(  # noqa: PLR0913, PLR0917 (what a list has)
    name: str, choices: Choices, default: str, chosen: str, sentences: Sequence[str], below: Sequence[str] = ()
) -> None:
    """A registry whose entries have a title, and a sentence for each, behind a button that says which is chosen.

    Args:
        below: why others can't be chosen.
    """
    with st.container(gap="xsmall"):
        with st.popover(f"{name.capitalize()}: **{choices[chosen].title}**", key=f"{name}_list", width="stretch"):
            st.radio(
                name.capitalize(),
                list(choices),
                list(choices).index(chosen),
                key=name,
                format_func=lambda one: f"**{choices[one].title}**{' · default' if one == default else ''}",
                captions=[escape_markdown(sentence) for sentence in sentences],
                on_change=page_state.mark_user_action,
            )
            for sentence in below:
                st.caption(escape_markdown(sentence))
        st.caption(escape_markdown(sentences[list(choices).index(chosen)]))
