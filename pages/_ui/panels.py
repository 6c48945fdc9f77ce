"""Original, heatmap and overlay, and how they are drawn."""

from base64 import b64encode

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gradcam_core.explanation import Cam
from gradcam_core.images import LoadedImage
from gradcam_core.methods import get_method
from gradcam_core.render import COLORMAPS, DEFAULT_COLORMAP, get_colormap
from pages._ui import link
from pages._ui.cache import Answer
from pages._ui.pictures import Look, heatmap_png, overlay_jpeg, shown
from pages._ui.question import Question
from pages._ui.words import sentence

_USUAL_OPACITY = 50  # per cent
_STACKED_FROM = 2.2  # width to height; beyond it three panels side by side would be three slits


def prepare_panels(question: Question, cam: Cam) -> None:
    """Encode the pictures before anything is drawn, so that they and the words of one answer appear together."""
    look = Look(
        st.session_state.get("colormap", DEFAULT_COLORMAP), st.session_state.get("opacity", _USUAL_OPACITY) / 100
    )
    shown(question.picture.image)
    heatmap_png(question, cam.prediction.class_index, look.colormap)
    overlay_jpeg(question, cam.prediction.class_index, look)


def show_panels(question: Question, cam: Cam, look: Look) -> None:
    """The three panels side by side, or below one another where the image is very wide."""
    image, class_index = question.picture.image, cam.prediction.class_index
    words = sentence(cam, depends_on_class=get_method(question.method).depends_on_class)
    is_stacked = image.width / image.height > _STACKED_FROM
    original, heatmap, overlay = [st.container() for _ in range(3)] if is_stacked else st.columns(3, gap="small")
    show_original(original, image)
    _show_map(heatmap, "Heatmap", heatmap_png(question, class_index, look.colormap), alt=f"Heatmap. {words}")
    _show_map(overlay, "Overlay", overlay_jpeg(question, class_index, look), alt=f"Heatmap over the image. {words}")


def show_original(place: DeltaGenerator, image: LoadedImage) -> None:
    """The image itself: a file of the server's, which the browser keeps while classes change."""
    alt = f"The image {image.name}".strip()
    place.image(shown(image).jpeg, caption="Original", width="stretch", output_format="JPEG", alt=alt)


def _show_map(place: DeltaGenerator, title: str, data: bytes, *, alt: str) -> None:
    """A picture within the message: as a file it would be gone, and missed, when clicks come fast."""
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    place.image(f"data:image/{kind};base64,{b64encode(data).decode()}", caption=title, width="stretch", alt=alt)


def pick_look() -> Look:
    """Draw the pickers of colour map and opacity."""
    colormap = st.selectbox(
        "Colour map",
        list(COLORMAPS),
        index=list(COLORMAPS).index(DEFAULT_COLORMAP),
        key="colormap",
        bind="query-params",
        width=160,
        on_change=link.acted,
    )
    opacity = st.slider(
        "Opacity, %",
        0,
        100,
        _USUAL_OPACITY,
        step=5,
        key="opacity",
        bind="query-params",
        width=170,
        on_change=link.acted,
    )
    return Look(colormap or DEFAULT_COLORMAP, opacity / 100)


def show_colour_bar(answer: Answer, look: Look) -> None:
    """What the colours mean: from no evidence to the map's largest raw value, with its unit."""
    if not answer.cam.usable:
        return
    largest = f"{answer.cam.maximum:.3g}"
    table = get_colormap(look.colormap).table
    stops = ", ".join(f"rgb({red} {green} {blue})" for red, green, blue in table[::15].tolist())
    st.html(
        f'<div class="bar" role="img" aria-label="Colour bar: from 0 to {largest} {answer.unit}">'
        f'<div style="background: linear-gradient(to right, {stops})"></div>'
        f"<span>0</span><span>{largest} {answer.unit}</span></div>"
    )
