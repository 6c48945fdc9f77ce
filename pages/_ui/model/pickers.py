"""Which layer of the model, which method, which preprocessing? Slugs inside, titles and reasons on screen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.methods import DEFAULT_METHOD, METHODS
from pages._ui.session import address as link
from pages._ui.session.question import ModelCard
from pages._ui.text.choices import layer_sentence, layer_title, method_sentence
from pages._ui.text.sentences import literal

if TYPE_CHECKING:
    from gradcam_core.methods import CamMethod
    from gradcam_core.preprocessing import Preprocessing


def pick_layer(model: ModelCard) -> str:
    """Draw the layer's picker: blocks first, every layer on request."""
    st.markdown("## Explanation")
    layers = {layer.name: layer for layer in model.layers}
    wanted = layers.get(link.chosen("layer") or "")
    if wanted is not None and not wanted.is_block and (link.news("layer") or "all_layers" not in st.session_state):
        st.session_state["all_layers"] = True  # it was chosen by a link or on another page
    shows_all = st.session_state.get("all_layers", False)
    offered = [name for name, layer in layers.items() if shows_all or layer.is_block]
    chosen = link.restore("layer", offered, model.default_layer)
    st.selectbox(
        "Layer",
        offered,
        key="layer",
        format_func=lambda name: layer_title(layers[name], model.default_layer),
        on_change=link.acted,
    )
    st.caption(layer_sentence(model.layers, chosen, model.default_layer))
    st.toggle(f"All {len(layers)} layers", key="all_layers", on_change=link.acted)
    return chosen


def pick_method(model: ModelCard, layer: str) -> str:
    """Draw the method's picker, with what each costs at this layer."""
    target = next(one for one in model.layers if one.name == layer)
    sentences = [method_sentence(method, target) for method in METHODS.values()]
    return _pick_from("method", METHODS, DEFAULT_METHOD, sentences)


def pick_preprocessing() -> str:
    """Draw the preprocessing's picker."""
    from gradcam_core.preprocessing import PREPROCESSINGS

    sentences = [preprocessing.sentence for preprocessing in PREPROCESSINGS.values()]
    return _pick_from("preprocessing", PREPROCESSINGS, next(iter(PREPROCESSINGS)), sentences)


def _pick_from(
    name: str, choices: Mapping[str, CamMethod] | Mapping[str, Preprocessing], default: str, sentences: Sequence[str]
) -> str:
    """The picker of a registry whose entries have a title, and a sentence for each; the slug that is chosen."""
    slug = link.restore(name, choices, default)
    with st.container(gap="xsmall"):
        with st.popover(f"{name.capitalize()}: **{choices[slug].title}**", key=f"{name}_list", width="stretch"):
            st.radio(
                name.capitalize(),
                list(choices),
                key=name,
                format_func=lambda one: f"**{choices[one].title}**{' · default' if one == default else ''}",
                captions=[literal(sentence) for sentence in sentences],
                on_change=link.acted,
            )
        st.caption(literal(sentences[list(choices).index(slug)]))
    return slug
