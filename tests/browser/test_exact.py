"""What the browser draws is what `gradcam_core` draws: three shapes of image, all preprocessings, every tool."""

import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect

from gradcam_core.engine import Explainer
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel
from gradcam_core.preprocessing import PREPROCESSINGS
from gradcam_core.rendering.colormaps import COLORMAPS
from gradcam_core.rendering.overlays import OVERLAYS
from gradcam_core.rendering.render import SIGNS, Look, heatmap_image, overlay_image
from gradcam_core.samples import load_sample
from tests.browser.conftest import Visit
from tests.browser.test_viewer import next_frame, set_range
from tests.browser.viewer import canvas, open_look

NewVisit = Callable[..., Visit]
SHAPES = ("meadow", "hopper", "temple")  # square, tall, wide
PAIRS = [
    pytest.param(sample, how, marks=() if place == other != 1 else pytest.mark.slow)
    for place, sample in enumerate(SHAPES)
    for other, how in enumerate(PREPROCESSINGS)
]


def differences(page_heatmap: np.ndarray, page_overlay: np.ndarray, drawn: list[np.ndarray]) -> tuple[int, int]:
    """The largest difference in any channel of heatmap and overlay."""
    pairs = zip((page_heatmap, page_overlay), drawn, strict=True)
    heatmap, overlay = (int(np.abs(ours.astype(int) - theirs.astype(int)).max()) for ours, theirs in pairs)
    return heatmap, overlay


@pytest.mark.parametrize(("sample", "preprocessing"), PAIRS)
def test_the_canvases_equal_render(visit: NewVisit, tinynet: LoadedModel, sample: str, preprocessing: str) -> None:
    page = visit().open(f"/?image={sample}&preprocessing={preprocessing}")
    image = load_sample(sample)
    on_screen = LoadedImage(canvas(page, "original"), image.original_size, image.sha256)
    forward = Explainer(tinynet).forward(image, preprocessing=preprocessing)
    cam = forward.cam(forward.top(1)[0].class_index).fitted(on_screen.size)
    usual = [heatmap_image(cam, on_screen), overlay_image(on_screen, cam)]
    assert differences(canvas(page, "heatmap"), canvas(page, "overlay"), usual) == (0, 0)
    look = Look("viridis", opacity=0.7, threshold=0.3, scale=None, contour=0.2)
    open_look(page)
    page.get_by_label("Colours", exact=True).select_option(look.colormap)
    page.get_by_label("Contour", exact=True).select_option("20")
    set_range(page, "Opacity", 70)
    set_range(page, "Hide weak evidence", 30)
    next_frame(page)
    unusual = [heatmap_image(cam, on_screen, look), overlay_image(on_screen, cam, look)]
    assert differences(canvas(page, "heatmap"), canvas(page, "overlay"), unusual) == (0, 0)


def test_a_small_scene_arrives_without_loss(visit: NewVisit) -> None:
    page = visit().open()
    assert np.array_equal(canvas(page, "original"), load_sample("meadow").pixels)


@pytest.mark.parametrize("opacities", [(65,), pytest.param((0, 30, 100), marks=pytest.mark.slow)])
def test_every_overlay_is_the_cores_and_evidence_against_the_class_too(
    visit: NewVisit, tinynet: LoadedModel, opacities: tuple[int, ...]
) -> None:
    page = visit().open("/?image=temple")
    image = load_sample("temple")
    on_screen = LoadedImage(canvas(page, "original"), image.original_size, image.sha256)
    forward = Explainer(tinynet).forward(image)
    cam = forward.cam(forward.top(1)[0].class_index).fitted(on_screen.size)
    assert cam.tells_against
    open_look(page)
    for sign in SIGNS:
        for overlay in OVERLAYS:
            for opacity in opacities:
                page.get_by_label("Overlay", exact=True).select_option(overlay)
                page.get_by_label("Evidence", exact=True).select_option(sign)
                set_range(page, "Opacity", opacity)
                next_frame(page)
                look = Look(overlay=overlay, sign=sign, opacity=opacity / 100)
                drawn = [heatmap_image(cam, on_screen, look), overlay_image(on_screen, cam, look)]
                assert differences(canvas(page, "heatmap"), canvas(page, "overlay"), drawn) == (0, 0)
    expect(page).to_have_url(re.compile("overlay=even"))
    expect(page).to_have_url(re.compile("sign=both"))


def test_every_colour_map_is_the_cores(visit: NewVisit, tinynet: LoadedModel) -> None:
    page = visit().open()
    image = load_sample("meadow")
    forward = Explainer(tinynet).forward(image)
    cam = forward.cam(forward.top(1)[0].class_index)
    open_look(page)
    for slug in COLORMAPS:
        page.get_by_label("Colours", exact=True).select_option(slug)
        next_frame(page)
        assert np.array_equal(canvas(page, "heatmap"), heatmap_image(cam, image, Look(slug)))
