"""What do threshold, scale and contour do to the pictures, pixel for pixel?"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcam_core
from gradcam_core.cam import Cam
from gradcam_core.errors import HeatproofError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.rendering.render import COLORMAPS, Look, colorize, heatmap_image, overlay_image
from tests.core.made_maps import made_cam, made_image

VALUES = np.random.default_rng(5).normal(size=(6, 7))
IMAGE = made_image(45, 33)
WINDOWS = [None, (6.0, -2.0, 39.5, 31.0), (-5.0, 3.3, 50.0, 30.0)]
F = np.float32
Picture = Callable[[Cam, LoadedImage, Look], np.ndarray]


def overlay(cam: Cam, image: LoadedImage, look: Look) -> np.ndarray:
    return overlay_image(image, cam, look)


def evidence(cam: Cam, scale: float | None = None) -> np.ndarray:
    """In steps of 1/4,080, not a number where nothing was seen."""
    laid = cam.geometry.to_original(cam.heatmap(scale))
    return np.asarray(np.floor(laid * F(4080) + F(0.5)))


def drawn_by_hand(cam: Cam, image: LoadedImage, look: Look, *, is_overlay: bool) -> list[list[tuple[int, ...]]]:
    """The whole recipe once more, pixel by pixel and in other words, as a viewer in another language must follow it."""
    steps, inside = evidence(cam, look.scale), set[tuple[int, int]]()
    if look.contour:
        seen = sorted((int(step) for step in steps.ravel() if not math.isnan(step)), reverse=True)
        enough = [step for step in seen if step >= 1 and sum(s >= step for s in seen) >= look.contour * len(seen)]
        level = max(enough, default=1)
        inside = {(y, x) for (y, x), step in np.ndenumerate(steps) if step >= level}
    width = max(1, (max(image.size) + 160) // 320)
    table, cut = COLORMAPS[look.colormap].table.astype(int).tolist(), math.floor(look.threshold * 4080 + 0.5)
    period = max(8, max(image.size) // 40)

    def holds(y: int, x: int, radius: int) -> bool:
        around = range(-radius, radius + 1)
        return all((y + down, x + right) in inside for down in around for right in around)

    def colour(step: float, y: int, x: int) -> list[int]:
        if math.isnan(step):
            return [150 if (x + y) % period < period // 4 else 226] * 3
        entry, between = divmod(int(step), 16)
        below, above = table[entry], table[min(entry + 1, 255)]
        return [math.floor(low + (high - low) * between / 16 + 0.5) for low, high in zip(below, above, strict=True)]

    def pixel(y: int, x: int) -> tuple[int, ...]:
        step, ground = float(steps[y, x]), image.pixels[y, x].tolist()
        if holds(y, x, 0) and not holds(y, x, 2 * width):
            return (18,) * 3 if holds(y, x, width) else (255,) * 3
        if step < cut:
            return tuple(ground) if is_overlay else tuple(table[0])
        if not is_overlay:
            return tuple(colour(step, y, x))
        share = F(look.opacity)
        pairs = zip(ground, colour(step, y, x), strict=True)
        return tuple(int(np.floor(F(F(F(low) * F(F(1) - share)) + F(F(high) * share)) + F(0.5))) for low, high in pairs)

    return [[pixel(y, x) for x in range(image.width)] for y in range(image.height)]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize(
    "look",
    [
        Look(),
        Look("viridis", opacity=0.3, threshold=0.37),
        Look("jet", opacity=1 / 3, scale=0.9, contour=0.2),
        Look("turbo", opacity=0.85, threshold=0.61, scale=3.7, contour=0.05),
        Look("gray", threshold=1.0, contour=1.0),
    ],
)
def test_every_pixel_is_what_the_recipe_says(window: tuple[float, float, float, float] | None, look: Look) -> None:
    cam = made_cam(VALUES, IMAGE, window=window)
    assert (heatmap_image(cam, IMAGE, look) == drawn_by_hand(cam, IMAGE, look, is_overlay=False)).all()
    assert (overlay_image(IMAGE, cam, look) == drawn_by_hand(cam, IMAGE, look, is_overlay=True)).all()


def test_a_large_image_gets_a_wider_line_from_the_same_recipe() -> None:
    image = made_image(490, 12)
    cam, look = made_cam(np.random.default_rng(2).normal(size=(2, 3)) + 1, image), Look(contour=0.7)
    drawn = overlay_image(image, cam, look)
    assert (drawn == drawn_by_hand(cam, image, look, is_overlay=True)).all()
    assert (drawn == 18).all(axis=2).any()


@pytest.mark.parametrize("picture", [heatmap_image, overlay])
def test_a_threshold_too_low_to_hide_anything_changes_nothing(picture: Picture) -> None:
    cam = made_cam(VALUES, IMAGE, window=WINDOWS[1])
    for threshold in (0.0, 0.4 / 4080):
        assert (picture(cam, IMAGE, Look(threshold=threshold)) == picture(cam, IMAGE, Look())).all()


@pytest.mark.parametrize("threshold", [0.1, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("window", WINDOWS)
def test_what_is_hidden_shows_the_image_or_no_evidence(window: Any, threshold: float) -> None:
    cam, look = made_cam(VALUES, IMAGE, window=window), Look(threshold=threshold)
    hidden = evidence(cam) < math.floor(4080 * threshold + 0.5)
    assert hidden.any()
    assert (overlay_image(IMAGE, cam, look)[hidden] == IMAGE.pixels[hidden]).all()
    assert (heatmap_image(cam, IMAGE, look)[hidden] == COLORMAPS["inferno"].table[0]).all()
    assert (overlay_image(IMAGE, cam, look)[~hidden] == overlay_image(IMAGE, cam)[~hidden]).all()
    assert (heatmap_image(cam, IMAGE, look)[~hidden] == heatmap_image(cam, IMAGE)[~hidden]).all()


@pytest.mark.parametrize("picture", [heatmap_image, overlay])
def test_the_hatch_is_never_hidden_nor_outlined(picture: Picture) -> None:
    cam = made_cam(VALUES, IMAGE, window=WINDOWS[1])
    unseen = np.isnan(evidence(cam))
    plain = picture(cam, IMAGE, Look())
    assert unseen.any()
    assert (picture(cam, IMAGE, Look(threshold=1.0, contour=1.0))[unseen] == plain[unseen]).all()


@pytest.mark.parametrize("picture", [heatmap_image, overlay])
def test_the_line_is_drawn_at_full_strength_over_all_else(picture: Picture) -> None:
    cam = made_cam(VALUES, IMAGE)
    plain = picture(cam, IMAGE, Look("jet", 0.0, threshold=1.0))
    drawn = picture(cam, IMAGE, Look("jet", 0.0, threshold=1.0, contour=0.3))
    changed = (plain != drawn).any(axis=2)
    assert changed.any()
    assert set(map(tuple, drawn[changed].tolist())) <= {(255,) * 3, (18,) * 3}


@pytest.mark.parametrize("value", [0.0, 3.0, -1.0, np.nan, np.inf])
def test_an_unusable_map_has_no_contour_and_hides_all_or_nothing(value: float) -> None:
    cam = made_cam(np.full((3, 3), value), IMAGE)
    assert (heatmap_image(cam, IMAGE, Look(contour=0.5)) == COLORMAPS["inferno"].table[0]).all()
    assert (overlay_image(IMAGE, cam, Look(threshold=0.1, contour=0.5)) == IMAGE.pixels).all()


def test_colours_below_the_threshold_are_the_first() -> None:
    shades = colorize(np.array([[0.0, 0.49, 0.5, 1.0, np.nan]]), "gray", threshold=0.5)
    assert shades[0, :, 0].tolist() == [0, 0, 128, 255, 226]


@pytest.mark.parametrize("wrong", [-0.01, 1.01, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["opacity", "threshold", "contour"])
def test_a_share_outside_0_to_1_is_refused(name: str, wrong: float) -> None:
    fields: dict[str, Any] = {name: wrong}
    with pytest.raises(ValueError, match=f"{name.capitalize()} goes from 0 to 1, not {wrong}"):
        Look(**fields)


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf"), 1e-50, 1e39])
def test_a_scale_that_is_none_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="above 0 and finite"):
        Look(scale=scale)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", [1.5e-45, 3.4e38])
def test_the_smallest_and_the_largest_scale_draw(scale: float) -> None:
    positive = evidence(made_cam(VALUES, IMAGE), scale)
    assert positive.max() == (4080 if scale < 1 else 0)


def test_an_unknown_colour_map_is_refused_when_it_is_needed() -> None:
    with pytest.raises(HeatproofError, match="'rainbow' is not a colour map"):
        heatmap_image(made_cam(VALUES, IMAGE), IMAGE, Look("rainbow"))


def test_the_look_is_public() -> None:
    assert gradcam_core.Look is Look
