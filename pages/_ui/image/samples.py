"""The gallery: samples as cards, and a sample as a picture."""

import io

import streamlit as st
from PIL import Image

from gradcam_core.samples import (
    SAMPLES,
    SCHEME,
    Sample,
    available_samples,
    load_sample,
    sample_bytes,
)
from pages._ui.image.cards import ELSEWHERE, cards_css, mark, thumbnail_of
from pages._ui.session import page_state
from pages._ui.session.pixels import image_info
from pages._ui.session.question import ImageInfo
from pages._ui.session.tray import tray

_SIDE = 240  # decoded no smaller than this, which is fine enough for a thumbnail


@st.cache_resource(show_spinner=False)
def sample_picture(slug: str) -> ImageInfo:
    """A sample that lies on this machine."""
    image = load_sample(slug)
    is_scene = SAMPLES[slug].kind == "scene"
    return image_info(image, name=image.name, address=slug, source=f"{SCHEME}{slug}", is_scene=is_scene)


def show_gallery(current: ImageInfo) -> None:
    """Draw the samples as cards, the one on screen marked, and whose it is."""
    offered = {sample.slug: sample for sample in available_samples()}
    st.html(cards_css("sample", [_thumbnail(sample) for sample in offered.values()]))
    mark("sample", list(offered), current.address)
    st.radio(
        "Sample",
        list(offered),
        key="sample",
        format_func=lambda slug: SAMPLES[slug].title if slug in SAMPLES else slug,
        label_visibility="collapsed",
        on_change=page_state.mark_user_action,
    )
    if current.address in offered:
        st.caption(offered[current.address].credit)


def thumbnail(picture: ImageInfo) -> str:
    """A small copy of an image that is on this machine, as a data URL; nothing where it has left the tray."""
    if picture.address in tray():
        return tray()[picture.address].thumbnail
    return _own_thumbnail(picture.address) if picture.address in SAMPLES else ""


def _thumbnail(sample: Sample) -> str:
    if sample.slug in tray():
        return tray()[sample.slug].thumbnail
    return ELSEWHERE if sample.kind == "link" else _own_thumbnail(sample.slug)


@st.cache_resource(show_spinner=False)
def _own_thumbnail(slug: str) -> str:
    """A small picture of a sample that lies on this machine."""
    with Image.open(io.BytesIO(sample_bytes(slug))) as image:
        image.draft("RGB", (_SIDE, _SIDE))
        return thumbnail_of(image)
