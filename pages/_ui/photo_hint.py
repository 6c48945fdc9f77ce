"""A photograph before a network that knows only drawn things: say so at once, and offer one that knows photographs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from pages._ui import link
from pages._ui.question import Question
from pages._ui.words import literal, megabytes

if TYPE_CHECKING:
    from gradcam_core.models import ModelSpec

_DRAWS = "embedded"


def show_photo_hint(question: Question) -> None:
    """One sentence and one button, where the image is a photograph and the model knows drawings alone."""
    if question.picture.is_scene or question.model.spec.source != _DRAWS:
        return
    with st.container(key="photo_hint", border=True, horizontal=True, vertical_alignment="center"):
        network = _photo_network()
        st.markdown(
            f"This network knows only {literal(question.model.spec.knows)}: what it says of a photograph is a guess."
        )
        if network.ready:
            st.button(f"Ask {literal(network.title)}", type="primary", on_click=_ask, args=(network.name,))
        else:
            st.markdown(
                f"For photographs fetch {literal(network.title)} ({megabytes(network.download_bytes)}) once, "
                f"in a terminal: `python -m gradcam_core download {network.name}`"
            )


def _photo_network() -> ModelSpec:
    """The ready one that knows the most, else the first that can be fetched."""
    from gradcam_core.models import list_models

    others = [spec for spec in list_models() if spec.source != _DRAWS]
    ready = [spec for spec in others if spec.ready]
    return max(ready, key=lambda spec: spec.num_classes) if ready else next(spec for spec in others if not spec.ready)


def _ask(name: str) -> None:
    link.acted()
    st.session_state["model"] = name
    link.write("model", name)
