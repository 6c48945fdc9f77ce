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
from gradcam_core.rendering.colormaps import COLORMAPS, diverging_tables
from gradcam_core.rendering.render import Look, colorize, heatmap_image, overlay_image
from tests.core.made_maps import made_cam, made_image

VALUES = np.random.default_rng(5).normal(size=(6, 7))
IMAGE = made_image(45, 33)
WINDOWS = [None, (6.0, -2.0, 39.5, 31.0), (-5.0, 3.3, 50.0, 30.0)]
F = np.float32
Picture = Callable[[Cam, LoadedImage, Look], np.ndarray]


def overlay(cam: Cam, image: LoadedImage, look: Look) -> np.ndarray:
    return overlay_image(image, cam, look)


def evidence(cam: Cam, scale: float | None = None, *, is_signed: bool = False) -> np.ndarray:
    """In steps of 1/4,080, not a number where nothing was seen."""
    laid = cam.geometry.to_original(cam.signed_heatmap(scale) if is_signed else cam.heatmap(scale))
    return np.asarray(np.floor(laid * F(4080) + F(0.5)))


def drawn_by_hand(cam: Cam, image: LoadedImage, look: Look, *, is_overlay: bool) -> list[list[tuple[int, ...]]]:
    """The whole recipe once more, pixel by pixel and in other words, as a viewer in another language must follow it."""
    is_signed = look.sign == "both" and cam.is_signed
    steps, inside = evidence(cam, look.scale, is_signed=is_signed), set[tuple[int, int]]()
    if look.contour:
        seen = [int(step) for step in steps.ravel() if step >= 1]
        enough = [step for step in seen if sum(s for s in seen if s >= step) >= look.contour * sum(seen)]
        level = max(enough, default=1)
        inside = {(y, x) for (y, x), step in np.ndenumerate(steps) if step >= level}
    width = max(1, (max(image.size) + 160) // 320)
    cut, opacity = math.floor(look.threshold * 4080 + 0.5), math.floor(look.opacity * 256 + 0.5)
    tables = diverging_tables() if is_signed else (COLORMAPS[look.colormap].table,) * 2
    against, favouring = (table.astype(int).tolist() for table in tables)

    def holds(y: int, x: int, radius: int) -> bool:
        around = range(-radius, radius + 1)
        return all((y + down, x + right) in inside for down in around for right in around)

    def colour(step: float) -> list[int]:
        if math.isnan(step):
            return [96] * 3
        entry, between = divmod(0 if abs(step) < cut else abs(int(step)), 16)
        table = against if step < 0 else favouring
        below, above = table[entry], table[min(entry + 1, 255)]
        return [math.floor(low + (high - low) * between / 16 + 0.5) for low, high in zip(below, above, strict=True)]

    def share(of: int, step: float) -> int:
        return math.floor(of * step * (8160 - step) / 4080**2 + 0.5)

    def parts(step: float) -> tuple[int, int, int]:
        """The shares of the image, of grey and of the colour."""
        hidden = abs(step) < cut
        if look.overlay == "evidence":
            heat = 0 if hidden else share(opacity, abs(step))
            return 256 - heat, 0, heat
        if look.overlay == "even":
            return (256, 0, 0) if hidden else (256 - opacity, 0, opacity)
        most = min(2 * opacity, 256)
        away = most - (0 if hidden else share(most, max(step, 0)))
        rest = 256 - (0 if hidden else share(opacity, max(-step, 0)))
        grey = math.floor(away * (256 - opacity) / 256 + 0.5)
        return math.floor((256 - away) * rest / 256), math.floor(grey * rest / 256), 256 - rest

    def pixel(y: int, x: int) -> tuple[int, ...]:
        step, ground = float(steps[y, x]), image.pixels[y, x].tolist()
        if holds(y, x, 0) and not holds(y, x, 2 * width):
            return (18,) * 3 if holds(y, x, width) else (255,) * 3
        if not is_overlay:
            return tuple(colour(step))
        luma = (77 * ground[0] + 150 * ground[1] + 29 * ground[2] + 128) // 256
        if math.isnan(step):
            own, grey, added = (0, 31, 52 * 256) if look.overlay == "spotlight" else (102, 0, 154 * 128)
            return tuple((own * low + grey * luma + added + 128) // 256 for low in ground)
        own, grey, heat = parts(step)
        return tuple(
            (own * low + grey * luma + heat * high + 128) // 256 for low, high in zip(ground, colour(step), strict=True)
        )

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
        Look(overlay="even", opacity=0.3, threshold=0.4),
        Look(overlay="even", opacity=1 / 3, sign="both"),
        Look(overlay="spotlight"),
        Look(overlay="spotlight", opacity=0.3, threshold=0.2, contour=0.5, sign="both"),
        Look(sign="both", threshold=0.05, scale=1.7, contour=0.4),
    ],
)
def test_every_pixel_is_what_the_recipe_says(window: tuple[float, float, float, float] | None, look: Look) -> None:
    cam = made_cam(VALUES, IMAGE, window=window, is_signed=True)
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
def test_what_was_not_seen_is_never_hidden_nor_outlined(picture: Picture) -> None:
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
    assert shades[0, :, 0].tolist() == [0, 0, 128, 255, 96]


@pytest.mark.parametrize("wrong", [-0.01, 1.01, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["opacity", "threshold", "contour"])
def test_a_share_outside_0_to_1_is_refused(name: str, wrong: float) -> None:
    fields: dict[str, Any] = {name: wrong}
    with pytest.raises(ValueError, match=f"{name.capitalize()} goes from 0 to 1, not {wrong}"):
        Look(**fields)


@pytest.mark.parametrize(
    ("name", "message"), [("overlay", "evidence or spotlight or even"), ("sign", "positive or both")]
)
@pytest.mark.parametrize("wrong", ["", "Even", "hatch", 3, None])
def test_an_overlay_and_a_sign_that_are_none_are_refused(name: str, message: str, wrong: Any) -> None:
    fields: dict[str, Any] = {name: wrong}
    with pytest.raises(ValueError, match=f"{name.capitalize()} is {message}, not {wrong!r}"):
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
