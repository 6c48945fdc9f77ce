"""What is hidden, under what, and how a map lies over it: facts of shape, share and place."""

import tracemalloc

import numpy as np
import pytest
import torch
from torch.nn import functional

from gradcam_core.geometry import InputGeometry, Window
from gradcam_core.metrics.fills import filled, with_hidden
from gradcam_core.metrics.laying import averaged, cell_areas, cell_shares, laid, layout_of, layout_over
from gradcam_core.metrics.parts import Parts, part_means
from gradcam_core.metrics.region import Region
from gradcam_core.metrics.strongest import _squared_distance, strongest_fifth

SHAPES = [(64, 64), (96, 40), (37, 90)]
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_part_is_exactly_a_fifth_and_a_function_of_the_seed(shape: tuple[int, int]) -> None:
    masks = Parts(shape).masks()
    assert masks.shape == (64, *shape)
    assert set(masks.sum(axis=(1, 2))) == {round(0.2 * shape[0] * shape[1])}
    assert np.array_equal(masks, Parts(shape).masks())
    assert not np.array_equal(masks, Parts(shape, seed=1).masks())


def test_parts_hide_every_place_alike_also_the_corners_of_what_is_not_square() -> None:
    often = np.mean([Parts((48, 24), seed, 256).masks().mean(axis=0) for seed in range(12)], axis=0)
    by_place = averaged(often, (4, 2))  # each mean over 144 pixels and 3,072 parts
    assert np.abs(by_place - 0.2).max() < 0.015
    assert np.abs(often[[0, 0, -1, -1], [0, -1, 0, -1]] - 0.2).max() < 0.03


@pytest.mark.parametrize("shape", [(128, 128), (224, 149)])
def test_every_pixel_is_hidden_by_about_as_many_of_the_64_parts(shape: tuple[int, int]) -> None:
    for seed in range(3):
        often = Parts(shape, seed).masks().sum(axis=0)
        assert often.min() >= 7  # by chance alone 3 to 24
        assert often.max() <= 19


def test_parts_are_as_smooth_along_both_axes() -> None:
    masks = Parts((160, 40), 0, 256).masks()
    down, across = (masks[:, 1:] != masks[:, :-1]).mean(), (masks[..., 1:] != masks[..., :-1]).mean()
    assert down == pytest.approx(across, rel=0.15)
    assert down < 0.05  # blobs, not grains


def test_a_part_s_share_of_a_cell_is_its_mean_there() -> None:
    parts = Parts((64, 96))
    means = part_means(parts, (16, 24))
    direct = parts.masks().reshape(64, 16, 4, 24, 4).mean(axis=(2, 4))
    assert means == pytest.approx(direct, abs=1e-6)
    values = RNG.random((7, 5))
    assert averaged(values, (3, 2)).mean() == pytest.approx(values.mean())  # a pixel may be divided


@pytest.mark.parametrize("shape", SHAPES)
def test_the_blur_is_a_gaussian_of_a_tenth_of_the_side_with_mirrored_borders(shape: tuple[int, int]) -> None:
    picture, region = RNG.standard_normal((3, *shape)).astype(np.float32), Region(0, 0, *shape)
    sigma = region.side / 10
    reach = min(int(np.ceil(3 * sigma)), min(shape) - 1)
    at = np.arange(-reach, reach + 1)
    kernel = torch.tensor(np.exp(-(at**2) / (2 * sigma**2)))
    kernel /= kernel.sum()
    padded = functional.pad(torch.tensor(picture, dtype=torch.float64)[None], (reach,) * 4, mode="reflect")[0][:, None]
    expected = functional.conv2d(functional.conv2d(padded, kernel.view(1, 1, -1, 1)), kernel.view(1, 1, 1, -1))[:, 0]
    assert filled(picture, region)["blur"] == pytest.approx(expected.numpy(), abs=1e-5)


def test_fills_know_nothing_of_the_padding_and_hiding_leaves_it_as_it_is() -> None:
    region, picture = Region(8, 0, 16, 32), RNG.standard_normal((3, 32, 32)).astype(np.float32)
    masks, other = RNG.random((2, 16, 32)) < 0.3, picture.copy()
    other[:, :8], other[:, 24:] = 99, -99
    for name, fill in filled(picture, region).items():
        assert np.array_equal(fill, filled(other, region)[name])
        hidden = with_hidden(picture, region, masks, fill)
        assert np.array_equal(hidden[:, :, :8], np.repeat(picture[None, :, :8], 2, axis=0))
        assert np.array_equal(hidden[1, :, 8:24][:, masks[1]], fill[:, masks[1]])
        assert np.array_equal(hidden[1, :, 8:24][:, ~masks[1]], picture[:, 8:24][:, ~masks[1]])
    assert filled(picture, region)["mean"][:, 3, 5] == pytest.approx(picture[:, 8:24].mean(axis=(1, 2)), abs=1e-6)


@pytest.mark.parametrize(
    ("size", "window", "expected"),
    [
        ((64, 64), (0, 0, 64, 64), Region(0, 0, 32, 32)),
        ((100, 64), (18, 0, 82, 64), Region(0, 0, 32, 32)),  # cropped
        ((64, 32), (0, -16, 64, 48), Region(8, 0, 16, 32)),  # padded above and below
        ((1, 640), (-319, 0, 321, 640), Region(0, 15, 32, 1)),  # no pixel's centre lies over it
    ],
)
def test_the_region_is_where_the_image_lies_in_the_input(
    size: tuple[int, int], window: tuple[int, int, int, int], expected: Region
) -> None:
    assert Region.of(InputGeometry(size, (32, 32), Window(*window))) == expected


def test_a_map_lies_over_the_input_as_it_lies_over_the_image_on_screen() -> None:
    values = RNG.standard_normal((7, 5)).astype(np.float32)
    geometry = InputGeometry((40, 24), (40, 40), Window(0, -8, 40, 32))  # padded, a pixel for a pixel
    region = Region.of(geometry)
    shown = geometry.to_original(values)
    assert laid(values, layout_of(region, (7, 5), (40, 40))) == pytest.approx(shown, abs=1e-5)


def test_a_displaced_map_is_the_map_moved_by_that_part_of_a_cell() -> None:
    values, region = RNG.random((8, 8)), Region(0, 0, 64, 64)
    whole = laid(values, layout_of(region, (8, 8), (64, 64)))
    moved = laid(values, layout_of(region, (8, 8), (64, 64), shift=(-0.5, 0.25)))  # 4 pixels up, 2 to the right
    assert moved[8:48, 8:56] == pytest.approx(whole[12:52, 6:54])


def test_the_shares_of_a_fine_map_are_the_direct_sum_without_a_matrix_of_pixels_times_cells() -> None:
    region, masks = Region(10, 0, 200, 224), Parts((200, 224)).masks()
    layout = layout_of(region, (112, 112), (224, 224), shift=(-0.4, 0.1))
    tracemalloc.start()
    shares = cell_shares(masks, layout)
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    values = RNG.random((112, 112))
    direct = [laid(values, layout)[mask].sum() for mask in masks[:5]]
    assert (values * shares[:5]).sum(axis=(1, 2)) == pytest.approx(direct, rel=1e-5)
    assert (values * cell_areas(layout)).sum() == pytest.approx(laid(values, layout).sum())
    assert taken < 60e6  # the identity matrix laid over the pixels takes 2.5 GB


def test_a_map_over_the_region_covers_it_exactly() -> None:
    values = RNG.random((4, 6)).astype(np.float32)
    enlarged = functional.interpolate(torch.tensor(values)[None, None], size=(20, 30), mode="bilinear")[0, 0]
    assert laid(values, layout_over(Region(3, 4, 20, 30), (4, 6))) == pytest.approx(enlarged.numpy(), abs=1e-6)


def test_the_strongest_fifth_is_a_fifth_of_the_pixels_with_the_most_heat() -> None:
    heat = RNG.random((37, 90))
    fifth = strongest_fifth(heat)
    assert fifth.sum() == round(0.2 * 37 * 90)
    assert heat[fifth].min() > heat[~fifth].max()


def test_ties_in_the_strongest_fifth_go_to_the_cells_nearest_the_heat() -> None:
    heat = np.zeros((40, 30))
    heat[30, 5] = 1
    fifth = strongest_fifth(heat)
    rows, columns = np.mgrid[:40, :30]
    apart = (rows - 30) ** 2 + (columns - 5) ** 2
    assert fifth.sum() == 240
    assert apart[fifth].max() <= apart[~fifth].min()


def test_the_distance_to_the_nearest_heat_is_euclid_s() -> None:
    there = RNG.random((13, 9)) < 0.05
    there[4, 2] = True
    rows, columns = np.nonzero(there)
    at = np.mgrid[:13, :9]
    direct = ((at[0][..., None] - rows) ** 2 + (at[1][..., None] - columns) ** 2).min(axis=-1)
    assert np.array_equal(_squared_distance(there), direct)


def test_rounding_of_the_heat_moves_no_pixel_of_the_strongest_fifth() -> None:
    heat = np.repeat(RNG.random((7, 9)), 5, axis=1)  # 63 of 315 pixels: a cell of five is divided
    noise = 1 + 1e-9 * RNG.standard_normal(heat.shape)
    assert np.array_equal(strongest_fifth(heat), strongest_fifth(heat * noise))
