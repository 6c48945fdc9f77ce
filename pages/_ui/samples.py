"""Which scenes does the gallery offer? Seeds that were chosen by eye."""

import base64
from dataclasses import dataclass

import numpy as np
import streamlit as st
from PIL import Image

from gradcam_core.images import LoadedImage, decode_image
from gradcam_core.render import to_png
from gradcam_core.scenes import draw_scene
from pages._ui.pictures import jpeg_of

_SIDE, _THUMBNAIL_SIDE = 512, 144


@dataclass(frozen=True)
class Sample:
    """A scene: `slug` names it in links."""

    slug: str
    title: str
    seed: int
    things: tuple[str, ...]
    ground: str


SAMPLES = {
    sample.slug: sample
    for sample in (
        Sample("meadow", "Meadow", 6, ("cat", "dog"), "grass"),
        Sample("bay", "Bay", 3, ("boat", "bird"), "water"),
        Sample("winter", "Winter", 5, ("house", "tree"), "snow"),
        Sample("garden", "Garden", 6, ("butterfly", "flower"), "grass"),
        Sample("night", "Night", 7, ("mushroom", "cat"), "night"),
        Sample("desert", "Desert", 3, ("car", "balloon"), "sand"),
    )
}
DEFAULT_SAMPLE = "meadow"


@st.cache_resource(show_spinner=False)
def sample_image(slug: str) -> LoadedImage:
    """The scene as if its PNG file had been opened."""
    return decode_image(to_png(_drawn(slug, _SIDE)), name=SAMPLES[slug].title)


@st.cache_resource(show_spinner=False)
def thumbnail(slug: str) -> str:
    """A small JPEG of the scene, as a data URL."""
    small = Image.fromarray(_drawn(slug, _THUMBNAIL_SIDE))
    return "data:image/jpeg;base64," + base64.b64encode(jpeg_of(small)).decode()


def _drawn(slug: str, side: int) -> np.ndarray:
    sample = SAMPLES[slug]
    return draw_scene(sample.seed, size=side, things=sample.things, ground=sample.ground).pixels
