"""Which model, which layer of it, which method, which preprocessing? Slugs inside, titles on screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.errors import HeatproofError
from gradcam_core.methods import DEFAULT_METHOD, METHODS
from pages._ui import link
from pages._ui.cache import model_card
from pages._ui.question import ModelCard
from pages._ui.words import literal, megabytes

if TYPE_CHECKING:
    from gradcam_core.layers import TargetLayer
    from gradcam_core.methods import CamMethod
    from gradcam_core.models import ModelSpec
    from gradcam_core.preprocessing import Preprocessing

_IN_USE, _LAYER_OF = "model_in_use", "layer_of"


def pick_model() -> ModelCard:
    """Draw the model's picker; a model that can't be had is said so, and the former one goes on."""
    from gradcam_core.models import DEFAULT_MODEL, broken_checkpoints, list_models

    st.markdown("## Model")
    specs = {spec.name: spec for spec in list_models()}
    default = DEFAULT_MODEL if DEFAULT_MODEL in specs else next(iter(specs))
    link.restore("model", specs, default)
    st.selectbox(
        "Model",
        list(specs),
        key="model",
        format_func=lambda name: _model_title(specs[name]),
        label_visibility="collapsed",
        on_change=link.written,
        args=("model", list(specs), default),
    )
    chosen = specs[st.session_state["model"]]
    st.caption(literal(f"Knows {chosen.knows}{'' if chosen.knows.endswith('.') else '.'}"))
    _show_broken(broken_checkpoints())
    return _card_or_former(chosen, default)


def pick_layer(model: ModelCard) -> str:
    """Draw the layer's picker: blocks first, every layer on request."""
    st.markdown("## Explanation")
    layers = {layer.name: layer for layer in model.layers}
    shows_all = st.session_state.get("all_layers", False)
    if link.peek("layer") in layers and not layers[str(link.peek("layer"))].is_block:
        st.session_state["all_layers"] = shows_all = True
    offered = [name for name, layer in layers.items() if shows_all or layer.is_block]
    if st.session_state.get(_LAYER_OF) != model.spec.name:
        st.session_state[_LAYER_OF] = model.spec.name
        st.session_state["layer"] = link.said("layer")  # a layer that nobody chose does not outlive its model
    link.restore("layer", offered, model.default_layer)
    st.selectbox(
        "Layer",
        offered,
        key="layer",
        format_func=lambda name: _layer_title(layers[name], model.default_layer),
        on_change=link.written,
        args=("layer", offered, model.default_layer),
    )
    st.toggle(f"All {len(layers)} layers", key="all_layers", on_change=link.acted)
    return str(st.session_state["layer"])


def pick_method() -> str:
    """Draw the method's picker, with its one sentence."""
    return _pick_from("method", METHODS, DEFAULT_METHOD)


def pick_preprocessing() -> str:
    """Draw the preprocessing's picker, with its one sentence."""
    from gradcam_core.preprocessing import PREPROCESSINGS

    return _pick_from("preprocessing", PREPROCESSINGS, next(iter(PREPROCESSINGS)))


def _pick_from(name: str, choices: Mapping[str, CamMethod] | Mapping[str, Preprocessing], default: str) -> str:
    """The picker of a registry whose entries have a title and a sentence; the slug that is chosen."""
    link.restore(name, choices, default)
    st.selectbox(
        name.capitalize(),
        list(choices),
        key=name,
        format_func=lambda slug: choices[slug].title,
        on_change=link.written,
        args=(name, list(choices), default),
    )
    slug = str(st.session_state[name])
    st.caption(choices[slug].sentence)
    return slug


def _show_broken(broken: list[tuple[str, str]]) -> None:
    """The files of the checkpoint folder that can't be used, and why."""
    if not broken:
        return
    with st.expander(f"{len(broken)} in the checkpoint folder can't be used"):
        for name, sentence in broken:
            st.caption(f"**{literal(name)}**: {literal(sentence)}")


def _card_or_former(chosen: ModelSpec, default: str) -> ModelCard:
    """The chosen model if it can be used, else the one in use, with a sentence that says which."""
    if not chosen.ready:
        return _former(default, f"{chosen.title} is not on this machine yet.", command=f"download {chosen.name}")
    try:
        card = model_card(chosen.name)
    except HeatproofError as error:
        return _former(default, f"{error.message} {error.hint}")
    st.session_state[_IN_USE] = chosen.name
    return card


def _former(default: str, reason: str, *, command: str = "") -> ModelCard:
    former = model_card(st.session_state.get(_IN_USE, default))
    st.warning(literal(f"{reason} What you see is still {former.spec.title}."))
    if command:
        st.caption("Fetch it once, in a terminal:")
        st.code(f"python -m gradcam_core {command}", language=None, wrap_lines=True)
    return former


def _model_title(spec: ModelSpec) -> str:
    return spec.title if spec.ready else f"{spec.title} (not here yet, {megabytes(spec.download_bytes)})"


def _layer_title(layer: TargetLayer, default: str) -> str:
    width, height = layer.size
    return f"{layer.name}  ·  {width} × {height}{'  ·  default' if layer.name == default else ''}"
