"""How does a heatmap become colours, alone and over the image?"""

import io
from dataclasses import replace

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from gradcam_core.encoding import to_png
from gradcam_core.errors import HeatproofError
from gradcam_core.rendering.colormaps import COLORMAPS, DEFAULT_COLORMAP, Colormap, diverging_tables, get_colormap
from gradcam_core.rendering.overlays import OVERLAYS
from gradcam_core.rendering.render import Look, blend, colorize, heatmap_image, overlay_image
from tests.core.made_maps import made_cam, made_image

ONE_HOT = np.eye(1, 49, 24).reshape(7, 7)  # the middle cell of 7 × 7


def luminous(colours: np.ndarray) -> np.ndarray:
    """Grey by ITU-R BT.601, on which the spotlight stands."""
    return np.asarray(colours @ [0.299, 0.587, 0.114])


def luminance(colours: np.ndarray) -> np.ndarray:
    """Relative luminance of sRGB colours (WCAG 2), which colour-blind eyes see as well."""
    share = colours / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return np.asarray(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("slug", COLORMAPS)
def test_a_colour_table_is_matplotlibs(slug: str) -> None:
    theirs = mpl.colormaps[slug](np.arange(256))[:, :3] * 255
    assert np.abs(COLORMAPS[slug].table - theirs).max() <= 0.5 + 1e-9
    every_entry = colorize(np.arange(256)[None] / 255, slug)[0]
    assert (every_entry == COLORMAPS[slug].table).all()


def test_known_ends_of_published_tables() -> None:
    assert COLORMAPS["viridis"].table[[0, 255]].tolist() == [[68, 1, 84], [253, 231, 37]]
    assert COLORMAPS["jet"].table[[0, 255]].tolist() == [[0, 0, 128], [128, 0, 0]]


@pytest.mark.parametrize("colormap", COLORMAPS.values(), ids=COLORMAPS)
def test_a_map_called_safe_is_told_by_brightness_alone(colormap: Colormap) -> None:
    brightness = luminance(colormap.table[::8])
    assert bool((np.diff(brightness) > 0).all()) == colormap.is_colour_blind_safe


def test_the_default_map_is_safe() -> None:
    assert get_colormap(DEFAULT_COLORMAP).is_colour_blind_safe


@pytest.mark.parametrize("slug", COLORMAPS)
def test_a_step_too_small_to_see_changes_no_channel_by_more_than_one(slug: str) -> None:
    fine = colorize(np.linspace(0, 1, 4081)[None], slug)[0].astype(int)
    assert np.abs(np.diff(fine, axis=0)).max() <= 1


def test_an_unknown_colour_map_is_refused_with_the_names_of_the_others() -> None:
    with pytest.raises(HeatproofError, match="'rainbow' is not a colour map") as caught:
        get_colormap("rainbow")
    assert "viridis" in caught.value.hint


def test_a_ramp_between_two_cells_is_linear_between_their_centres() -> None:
    image = made_image(40, 3)
    grey = heatmap_image(made_cam([[0.0, 5.0]], image), image, Look("gray"))[1, :, 0]
    expected = np.clip((np.arange(40) + 0.5) / 20 - 0.5, 0, 1) * 255
    assert np.abs(grey - expected).max() < 0.54  # half a level, and half a step of the table


def test_the_brightest_pixels_lie_in_the_middle_of_the_largest_cell() -> None:
    image = made_image(70, 140)
    grey = heatmap_image(made_cam(ONE_HOT, image), image, Look("gray"))[..., 0]
    rows, columns = np.nonzero(grey == grey.max())
    assert (rows.mean(), columns.mean()) == (69.5, 34.5)
    assert grey[: 3 * 20 - 10].max() == 0


def test_values_are_interpolated_and_not_colours() -> None:
    image = made_image(4, 1)
    halfway = heatmap_image(made_cam([[0.0, 1.0]], image, window=(0, 0, 3, 1)), image, Look("jet"))[0, 1]
    table = COLORMAPS["jet"].table.astype(int)
    assert np.abs(halfway - table[127:129].mean(axis=0)).max() <= 2  # green, where mixed ends would be violet
    assert halfway[1] > 200


def test_evidence_against_the_class_is_shown_as_none() -> None:
    image = made_image(9, 9)
    grey = heatmap_image(made_cam([[-4.0, -1.0, 2.0]], image), image, Look("gray"))
    assert grey[:, :4].max() == 0


def test_a_signed_map_has_white_for_none_blue_against_and_red_for() -> None:
    image = made_image(90, 9)
    cam = made_cam([[-4.0, 0.0, 2.0]], image, is_signed=True)
    against, none, favouring = heatmap_image(cam, image, Look(sign="both"))[4, [10, 45, 80]].astype(int)
    assert against.tolist() == diverging_tables()[0][255].tolist()
    assert np.abs(none - diverging_tables()[1][0]).max() <= 1
    assert np.abs(favouring - diverging_tables()[1][128]).max() <= 2  # half of the largest value
    assert heatmap_image(cam, image, Look(sign="both", scale=1e9))[4, 45].tolist() == [247, 247, 246]
    assert cam.magnitude == 4


def test_a_map_without_a_sign_is_drawn_as_ever_when_both_are_asked_for() -> None:
    image = made_image(90, 9)
    cam = made_cam([[-4.0, 0.0, 2.0]], image)
    assert (heatmap_image(cam, image, Look(sign="both")) == heatmap_image(cam, image)).all()
    assert (overlay_image(image, cam, Look(sign="both")) == overlay_image(image, cam)).all()


def test_a_negative_map_leaves_the_image_and_shows_all_of_it_signed() -> None:
    image = made_image(90, 9)
    cam = made_cam([[-4.0, -1.0, -2.0]], image, is_signed=True)
    assert cam.note.startswith("The map is negative everywhere")
    assert (overlay_image(image, cam) == image.pixels).all()
    assert heatmap_image(cam, image, Look(sign="both"))[4, 10].tolist() == [5, 48, 97]
    assert (overlay_image(image, cam, Look(sign="both")) != image.pixels).mean() > 0.9


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_a_blank_or_flat_map_has_no_signed_view_either(value: float) -> None:
    image = made_image(12, 9)
    cam = made_cam(np.full((3, 3), value), image, is_signed=True)
    assert not cam.tells_against
    assert (overlay_image(image, cam, Look(sign="both")) == image.pixels).all()


def test_a_shared_scale_dims_the_weaker_map() -> None:
    image = made_image(9, 9)
    grey = heatmap_image(made_cam(ONE_HOT, image), image, Look("gray", scale=2.0))
    assert grey.max() == 128


@pytest.mark.parametrize("size", [(8, 8), (100, 50), (900, 700)])
def test_the_unseen_part_is_one_grey_at_every_size_and_never_coloured(size: tuple[int, int]) -> None:
    image, (width, height) = made_image(*size), size
    cam = made_cam(ONE_HOT + 1, image, window=(width / 4, 0, 3 * width / 4, height))
    picture, left, right = heatmap_image(cam, image), width // 4, 3 * width // 4
    unseen = np.concatenate([picture[:, :left], picture[:, right:]], axis=1)
    assert {tuple(colour) for colour in unseen.reshape(-1, 3).tolist()} == {(96,) * 3}
    assert not (np.ptp(picture[:, left:right], axis=2) == 0).any()


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("opacity", [0.0, 0.65, 1.0])
def test_the_overlays_unseen_part_is_the_image_faded_and_neither_bright_nor_black(overlay: str, opacity: float) -> None:
    image = made_image(100, 50)
    cam = made_cam(ONE_HOT, image, window=(25, 0, 75, 50))
    unseen = overlay_image(image, cam, Look(overlay=overlay, opacity=opacity))[:, :25].astype(int)
    assert 40 < unseen.min() < unseen.max() < 190
    assert np.corrcoef(luminous(unseen).ravel(), luminous(image.pixels[:, :25]).ravel())[0, 1] > 0.99


@pytest.mark.parametrize("overlay", OVERLAYS)
@pytest.mark.parametrize("window", [None, (0.0, -25.0, 100.0, 75.0)])
def test_opacity_0_is_the_image_bit_for_bit(overlay: str, window: tuple[float, float, float, float]) -> None:
    image = made_image(100, 50)
    cam = made_cam(ONE_HOT, image, window=window)
    assert (overlay_image(image, cam, Look(opacity=0, overlay=overlay)) == image.pixels).all()


def test_the_even_overlay_at_opacity_1_is_the_heatmap_bit_for_bit() -> None:
    image = made_image(100, 50)
    cam = made_cam(ONE_HOT, image)
    assert (overlay_image(image, cam, Look(opacity=1, overlay="even")) == heatmap_image(cam, image)).all()


def test_the_usual_overlay_leaves_the_image_where_there_is_no_evidence_and_shows_it_where_it_is_strongest() -> None:
    image = made_image(140, 140)
    cam = made_cam(ONE_HOT, image)
    drawn, heatmap = overlay_image(image, cam), heatmap_image(cam, image)
    empty, (x, y) = (heatmap == COLORMAPS["inferno"].table[0]).all(axis=2), cam.peak
    assert 0.7 < empty.mean() < 1
    assert (drawn[empty] == image.pixels[empty]).all()
    strongest = image.pixels[y, x] * 0.35 + heatmap[y, x] * 0.65
    assert np.abs(drawn[y, x] - strongest).max() < 1.5


def test_more_evidence_is_never_less_of_the_heatmap() -> None:
    image = made_image(400, 1)
    black = replace(image, pixels=np.zeros_like(image.pixels))
    cam = made_cam([[0.0, 1.0]], image)
    assert (np.diff(overlay_image(black, cam, Look("gray"))[0, :, 0].astype(int)) >= 0).all()


def test_a_spotlight_keeps_colour_at_the_evidence_and_is_dim_and_grey_elsewhere() -> None:
    image = made_image(140, 140)
    cam = made_cam(ONE_HOT, image)
    drawn, (x, y) = overlay_image(image, cam, Look(overlay="spotlight")), cam.peak
    assert np.abs(drawn[y, x].astype(int) - image.pixels[y, x]).max() <= 1
    corner = drawn[:40, :40].astype(int)
    assert np.ptp(corner, axis=2).max() == 0
    assert abs(corner[..., 0].mean() / luminous(image.pixels[:40, :40]).mean() - 0.35) < 0.01


def test_a_half_is_rounded_up() -> None:
    below, above = np.array([[[0, 2, 10]]], np.uint8), np.array([[[1, 5, 10]]], np.uint8)
    assert blend(below, above, 0.5).tolist() == [[[1, 4, 10]]]


@pytest.mark.parametrize("opacity", [-0.1, 1.1, float("nan")])
def test_an_opacity_that_is_none_is_refused(opacity: float) -> None:
    picture = made_image(4, 4).pixels
    with pytest.raises(ValueError, match="Opacity goes from 0 to 1"):
        blend(picture, picture, opacity)


@pytest.mark.parametrize("value", [0.0, 3.0, -1.0, np.nan, np.inf])
def test_an_unusable_map_is_drawn_empty(value: float) -> None:
    image = made_image(12, 9)
    picture = heatmap_image(made_cam(np.full((3, 3), value), image), image, Look("viridis"))
    assert (picture == COLORMAPS["viridis"].table[0]).all()


def test_a_map_of_another_image_is_refused() -> None:
    cam = made_cam(ONE_HOT, made_image(8, 8))
    with pytest.raises(ValueError, match="lies over an image of"):
        heatmap_image(cam, made_image(9, 8))


def test_an_image_of_one_pixel_is_drawn() -> None:
    image = made_image(1, 1)
    assert overlay_image(image, made_cam(ONE_HOT, image)).shape == (1, 1, 3)


def test_a_png_holds_the_same_pixels_and_nothing_else() -> None:
    image = made_image(5, 7)
    with Image.open(io.BytesIO(to_png(image.pixels))) as opened:
        assert (np.array(opened) == image.pixels).all()
        assert opened.info == {}
