"""A picture before a network that never saw its like: say so at once, and offer one that did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.samples import SAMPLES
from gradcam_core.text import megabytes
from pages._ui.model.downloads import is_downloading, offer_download, say_end, start_download
from pages._ui.model.picker import choose_model, refused_models
from pages._ui.session.question import Question
from pages._ui.text.sentences import escape_markdown

if TYPE_CHECKING:
    from gradcam_core.models import ModelSpec

_DRAWS = "embedded"  # the source whose networks know drawn scenes alone


def show_photo_hint(question: Question) -> None:
    """One line and one button, where a photograph meets a network of drawings or a drawing one of photographs."""
    knows_drawings = question.model.spec.source == _DRAWS
    if question.picture.is_scene == knows_drawings:
        return
    if knows_drawings:
        _hint_at_photo_network(question)
    else:
        _hint_at_drawing_network(question.model.spec)


def _hint_at_photo_network(question: Question) -> None:
    network, knows = _photo_network(), escape_markdown(question.model.spec.label_summary)
    thing = "a photograph" if question.picture.address in SAMPLES else "this picture"
    with st.container(key="photo_hint", border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"This network knows only {knows}: what it says of {thing} is a guess.")
        if network is not None:
            _offer(network)


def _offer(network: ModelSpec) -> None:
    """Ask it, or fetch it first: how far that has come, and how it ended."""
    if network.ready:
        _ask_button(network, key="ask_photo")
    elif is_downloading(network):
        offer_download(network, place="hint")
    else:
        say_end(network, place="hint")
        label = f"Download {escape_markdown(network.title)} ({megabytes(network.download_bytes)})"
        st.button(label, key="fetch_photo", type="primary", on_click=_fetch, args=(network,))


def _hint_at_drawing_network(spec: ModelSpec) -> None:
    network = next((other for other in _all_models() if other.source == _DRAWS), None)
    if network is None:
        return
    with st.container(key="scene_hint", horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(
            f"This scene is drawn, and {escape_markdown(spec.title)} may never have seen a drawing like it.",
            width="content",
        )
        _ask_button(network, key="ask_drawing", is_quiet=True)


def _ask_button(network: ModelSpec, *, key: str, is_quiet: bool = False) -> None:
    st.button(
        f"Ask {escape_markdown(network.title)}",
        key=key,
        type="tertiary" if is_quiet else "primary",
        on_click=choose_model,
        args=(network.name,),
    )


def _photo_network() -> ModelSpec | None:
    """The ready one that knows the most, else the first that can be fetched; none that could not be loaded."""
    others = [spec for spec in _all_models() if spec.source != _DRAWS and spec.name not in refused_models()]
    ready = [spec for spec in others if spec.ready]
    return max(ready, key=lambda spec: spec.num_classes) if ready else next(iter(others), None)


def _fetch(network: ModelSpec) -> None:
    choose_model(network.name)
    start_download(network)


def _all_models() -> list[ModelSpec]:
    from gradcam_core.models import list_models

    return list_models()
