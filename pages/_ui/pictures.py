"""Arrays to the bytes that a browser shows. A visitor's own picture is kept for his session alone."""

import io
from dataclasses import dataclass, replace

import streamlit as st
from PIL import Image

from gradcam_core.explanation import Cam
from gradcam_core.geometry import InputGeometry, Window
from gradcam_core.images import LoadedImage, decode_image
from gradcam_core.render import heatmap_image, overlay_image, to_png
from pages._ui.cache import answer
from pages._ui.question import BY_CONTENT, Question

_LONGEST_SIDE = 1024  # a panel is never shown larger, and 2,048 pixels would be four times the bytes


@dataclass(frozen=True, eq=False)
class Shown:
    """The copy of an image that is put on screen, and its JPEG file."""

    image: LoadedImage
    jpeg: bytes


@dataclass(frozen=True)
class Look:
    """How a heatmap is drawn: a colour map's slug, and the opacity of the overlay from 0 to 1."""

    colormap: str
    opacity: float


@st.cache_resource(show_spinner=False, scope="session", max_entries=4, hash_funcs=BY_CONTENT)
def shown(image: LoadedImage) -> Shown:
    """The copy on screen, at most 1,024 pixels long."""
    if max(image.size) <= _LONGEST_SIDE:
        return Shown(image, jpeg_of(image.to_pil()))
    small = image.to_pil()
    small.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE), Image.Resampling.LANCZOS)
    jpeg = jpeg_of(small)
    return Shown(decode_image(jpeg, name=image.name), jpeg)


@st.cache_resource(show_spinner=False, scope="session", max_entries=24, hash_funcs=BY_CONTENT)
def heatmap_png(question: Question, class_index: int, colormap: str) -> bytes:
    """The heatmap over the whole image."""
    small = shown(question.picture.image).image
    return to_png(heatmap_image(_fitted(answer(question, class_index).cam, small), small, colormap))


@st.cache_resource(show_spinner=False, scope="session", max_entries=24, hash_funcs=BY_CONTENT)
def overlay_jpeg(question: Question, class_index: int, look: Look) -> bytes:
    """The image under its heatmap."""
    small = shown(question.picture.image).image
    cam = _fitted(answer(question, class_index).cam, small)
    return jpeg_of(Image.fromarray(overlay_image(small, cam, colormap=look.colormap, opacity=look.opacity)))


def _fitted(cam: Cam, image: LoadedImage) -> Cam:
    """The same map over a smaller copy of its image."""
    width, height = cam.geometry.image_size
    across, down = image.width / width, image.height / height
    left, top, right, bottom = cam.geometry.window
    window = Window(left * across, top * down, right * across, bottom * down)
    return replace(cam, geometry=InputGeometry(image.size, cam.geometry.input_size, window))


def jpeg_of(picture: Image.Image) -> bytes:
    """A Pillow picture as the bytes of a JPEG file, its colours at full resolution."""
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=92, subsampling=0)
    return buffer.getvalue()
