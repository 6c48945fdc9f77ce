"""A picture before a network that never saw its like: say so at once, and offer one that did; a person chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.samples import SAMPLES
from gradcam_core.text import megabytes
from pages._ui.model.downloads import is_downloading, offer_download, say_end, start_download
from pages._ui.model.picker import choose_model, refused_models
from pages._ui.session.question import Question
from pages._ui.text.choices import label_sentence
from pages._ui.text.sentences import escape_markdown

if TYPE_CHECKING:
    from gradcam_core.models import ModelSpec

_OWN = "checkpoint"  # the source whose networks anybody may have made
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
    """One that knows ImageNet's classes, by its name; where that is not here, one that is may be asked as well."""
    knows = escape_markdown(question.model.spec.label_summary)
    thing = "a photograph" if question.picture.address in SAMPLES else "this picture"
    general, other = _photo_networks()
    about = f" {escape_markdown(f'{general.title} knows {general.label_summary}.')}" if general else ""
    with st.container(key="photo_hint", border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(f"This network knows only {knows}: what it says of {thing} is a guess.{about}")
        if general is not None:
            _offer(general)
        if other is not None:
            _ask_button(other, key="ask_photo", is_quiet=general is not None)


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
        help=escape_markdown(label_sentence(network)),
        type="tertiary" if is_quiet else "primary",
        on_click=choose_model,
        args=(network.name,),
    )


def _photo_networks() -> tuple[ModelSpec | None, ModelSpec | None]:
    """The one that knows ImageNet's classes, and where that is not here another that is; none that could not be loaded.

    Of several with ImageNet's classes one that is here, and of those one whose weights have a maker. Of others, which
    may know birds alone, the one with most classes.
    """
    from gradcam_core.models.spec import IMAGENET

    usable = [spec for spec in _all_models() if not spec.beyond_limits and spec.name not in refused_models()]
    found = [spec for spec in usable if spec.source != _DRAWS]
    of_imagenet = [spec for spec in found if spec.label_summary == IMAGENET]
    general = min(of_imagenet, key=lambda spec: (not spec.ready, spec.source == _OWN), default=None)
    others = [spec for spec in found if spec.ready and spec not in of_imagenet]
    if general is not None and general.ready:
        return general, None
    return general, max(others, key=lambda spec: spec.num_classes, default=None)


def _fetch(network: ModelSpec) -> None:
    choose_model(network.name)
    start_download(network)


def _all_models() -> list[ModelSpec]:
    from gradcam_core.models import list_models

    return list_models()
