"""Where in the image does the model's input lie?"""

from dataclasses import replace

import numpy as np
import pytest

from gradcam_core.geometry import InputGeometry, Window


def geometry(window: tuple[float, float, float, float], size: tuple[int, int] = (40, 20)) -> InputGeometry:
    return InputGeometry(size, (8, 8), Window(*window))


def test_heatmap_of_the_whole_image_keeps_its_values_at_the_centres_of_cells() -> None:
    heatmap = np.arange(8, dtype=np.float32).reshape(2, 4)
    original = geometry((0, 0, 36, 18), size=(36, 18)).to_original(heatmap)  # a cell is 9 × 9 pixels
    assert np.array_equal(original[4::9, 4::9], heatmap)


def test_heatmap_is_linear_between_the_centres_of_cells() -> None:
    original = geometry((0, 0, 40, 20)).to_original(np.array([[0.0, 1.0]]))  # centres at x = 10 and 30
    assert np.allclose(original[0, 10:30], (np.arange(10, 30) + 0.5 - 10) / 20)
    assert (original[:, :10] == 0).all()
    assert (original[:, 30:] == 1).all()


def test_what_the_model_never_saw_is_nan() -> None:
    original = geometry((10, 0, 30, 20)).to_original(np.ones((3, 3)))
    assert np.isnan(original[:, :10]).all()
    assert np.isnan(original[:, 30:]).all()
    assert (original[:, 10:30] == 1).all()


def test_window_beyond_the_image_shows_only_the_part_over_it() -> None:
    padded = geometry((0, -10, 40, 30))
    heatmap = np.repeat([[0.0], [1.0], [2.0], [3.0]], 4, axis=1)  # rows of 10 pixels; the outer two lie outside
    assert padded.seen == (0, 0, 40, 20)
    assert np.allclose(padded.to_original(heatmap)[[5, 14], 0], [1.05, 1.95])


def test_window_narrower_than_a_pixel_still_shows_one_pixel() -> None:
    assert geometry((7.1, 3.1, 7.3, 3.2)).seen == (7, 3, 8, 4)


def test_resampling_equals_torch_without_aligned_corners() -> None:
    torch = pytest.importorskip("torch")
    heatmap = np.random.default_rng(0).random((5, 7)).astype(np.float32)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(heatmap)[None, None], size=(20, 40), mode="bilinear", align_corners=False
    )[0, 0].numpy()
    assert np.allclose(geometry((0, 0, 40, 20)).to_original(heatmap), expected, atol=1e-6)


def test_a_stack_of_heatmaps_is_refused() -> None:
    with pytest.raises(ValueError, match="two dimensions"):
        geometry((0, 0, 40, 20)).to_original(np.ones((1, 2, 2)))


def test_an_image_without_pixels_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1 x 1 pixels, not 0 x 5"):
        geometry((0, 0, 40, 20)).scaled_to((0, 5))


def test_cells_that_look_beside_their_squares_are_laid_there() -> None:
    heatmap = np.arange(8, dtype=np.float32).reshape(2, 4)
    square = geometry((0, 0, 40, 20))  # a cell is 10 x 10 pixels
    moved = replace(square, shift=(-0.5, 0.2)).to_original(heatmap)
    assert np.array_equal(moved[2:, :-5], square.to_original(heatmap)[:-2, 5:])
    assert (moved[:, -10:] == moved[:, -10:-9]).all()  # past the centres of the outermost cells is what they are


def test_what_is_read_at_a_pixel_is_what_is_laid_there() -> None:
    heatmap = np.random.default_rng(0).random((3, 5)).astype(np.float32)
    moved = replace(geometry((-4, 2, 36, 18)), shift=(0.4, -0.7))
    laid = moved.to_original(heatmap)
    for x, y in ((0, 2), (17, 9), (35, 17)):
        assert moved.value_at(x, y, heatmap) == laid[y, x]


def test_each_cell_lies_under_the_pixel_that_it_looks_at() -> None:
    moved = replace(geometry((0, 0, 40, 20)), shift=(-0.3, 0.3))
    for row, column in ((0, 1), (1, 2)):
        x, y = moved.centre_of(row, column, (2, 4))
        assert (x, y) == ((column + 0.2) * 10, (row + 0.8) * 10)
        assert moved.cell_at(int(x), int(y), (2, 4)) == (row, column)


def test_positions_are_counted_in_cells_from_the_centre_of_the_first_one() -> None:
    moved = replace(geometry((0, 0, 40, 20)), shift=(-0.5, 0.0))
    rows, columns = moved.positions(np.array([0, 5, 39]), np.array([0, 10]), (2, 4))
    assert np.allclose(rows, [0, 0.55])
    assert np.allclose(columns, [0.05, 0.55, 3])


def test_over_the_input_a_map_lies_as_over_an_image_that_is_just_that() -> None:
    heatmap = np.random.default_rng(0).random((4, 4)).astype(np.float32)
    padded = replace(geometry((0, -10, 40, 30)), shift=(-0.5, 0.25))
    alone = InputGeometry((8, 8), (8, 8), Window(0, 0, 8, 8), (-0.5, 0.25))
    assert np.array_equal(padded.over_input().to_original(heatmap), alone.to_original(heatmap))


def test_a_cell_that_looks_at_the_padding_is_not_over_the_image() -> None:
    padded = geometry((0, -10, 40, 30))  # 4 rows of 10 pixels, the image under the second and third
    assert padded.cells_seen((4, 4)).all(axis=1).tolist() == [False, True, True, False]
    moved = replace(padded, shift=(0.0, -0.6))
    assert moved.cells_seen((4, 4)).all(axis=1).tolist() == [False, False, True, True]


def test_a_cell_that_looks_past_the_edge_of_the_input_still_counts() -> None:
    assert replace(geometry((0, 0, 40, 20)), shift=(-0.9, -0.9)).cells_seen((2, 4)).all()
