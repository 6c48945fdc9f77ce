"""What does a forward pass leave behind, and when is its map not usable?"""

import numpy as np
import pytest

from gradcam_core.cam import Cam, Prediction, ResultKey, unusable_because
from gradcam_core.geometry import InputGeometry, Window


def cam(values: list[list[float]], *, window: tuple[float, float, float, float] = (0, 0, 40, 20)) -> Cam:
    array = np.array(values, dtype=np.float32)
    geometry = InputGeometry((40, 20), (8, 8), Window(*window))
    seen = geometry.cells_seen((len(values), len(values[0])))
    note = unusable_because(array, seen=seen, evidence_is_finite=True)
    key = ResultKey("0" * 64, "net", "layer", "gradcam", 1, "squash")
    return Cam(array, Prediction(1, "dog", 2.0, 0.9), key, geometry, "Grad-CAM", "Net", note)


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ([[0.0, 0.0]], "blank"),
        ([[3.0, 3.0]], "flat"),
        ([[-1.0, -3.0]], "negative"),
        ([[np.nan, 1.0]], "not finite"),
        ([[np.inf, 1.0]], "not finite"),
    ],
)
def test_map_without_evidence_is_recognised_and_shown_empty(values: list[list[float]], word: str) -> None:
    assert word in cam(values).note
    assert not cam(values).usable
    assert (cam(values).heatmap() == 0).all()


def test_map_with_evidence_has_no_note() -> None:
    assert cam([[-1.0, 2.0]]).usable


def test_finite_map_of_a_recording_with_nan_is_not_usable() -> None:
    note = unusable_because(np.array([[0.0, 1.0]]), seen=np.ones((1, 2), bool), evidence_is_finite=False)
    assert "not finite" in note


def test_heatmap_runs_from_zero_to_the_maps_own_maximum() -> None:
    assert cam([[-1.0, 1.0, 4.0]]).heatmap().tolist() == [[0.0, 0.25, 1.0]]


def test_shared_scale_keeps_two_maps_comparable() -> None:
    assert cam([[-1.0, 1.0, 4.0]]).heatmap(8.0).tolist() == [[0.0, 0.125, 0.5]]


def test_peak_is_the_centre_of_the_largest_cell_in_image_pixels() -> None:
    assert cam([[0, 0, 0, 0], [0, 0, 1, 0]]).peak == (25, 15)


PADDED = (0, -10, 40, 30)  # the first and the last of four rows of cells lie beside the image


def test_evidence_on_the_padding_is_neither_peak_nor_scale() -> None:
    padded = cam([[9, 9], [1, 2], [0, 0], [0, 0]], window=PADDED)
    assert padded.peak == (30, 5)
    assert padded.maximum == 2
    assert padded.heatmap().tolist() == [[1, 1], [0.5, 1], [0, 0], [0, 0]]


def test_map_whose_evidence_lies_on_the_padding_alone_is_said_to_be_empty() -> None:
    assert "padding" in cam([[9, 9], [0, -1], [0, 0], [0, 0]], window=PADDED).note


def test_image_thinner_than_a_cell_still_has_cells_over_it() -> None:
    thin = InputGeometry((40, 1), (8, 8), Window(0, -19.5, 40, 20.5))
    assert thin.cells_seen((4, 4)).sum() == 4


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_scale_that_is_not_above_zero_is_refused(scale: float) -> None:
    with pytest.raises(ValueError, match="above 0"):
        cam([[1.0, 2.0]]).heatmap(scale)


NOISE = np.random.default_rng(3).normal(size=(3, 5)).tolist()
WINDOWS = [(0, 0, 40, 20), (7.5, 2, 31, 18.2), (-3, -10, 43, 30), (7.1, 3.1, 7.3, 3.2)]


def by_hand(made: Cam, x: int, y: int) -> float:
    """Bilinear between the centres of the four nearest cells, one number at a time."""
    left, top, right, bottom = made.geometry.window
    (h, w), values = made.shape, made.values.astype(float).tolist()
    column = min(max((x + 0.5 - left) / (right - left) * w - 0.5, 0), w - 1)
    row = min(max((y + 0.5 - top) / (bottom - top) * h - 0.5, 0), h - 1)
    column_below, row_below = int(column), int(row)
    across, down = column - column_below, row - row_below
    upper, lower = values[row_below], values[min(row_below + 1, h - 1)]
    after = min(column_below + 1, w - 1)
    above = upper[column_below] * (1 - across) + upper[after] * across
    return float(above * (1 - down) + (lower[column_below] * (1 - across) + lower[after] * across) * down)


@pytest.mark.parametrize("window", WINDOWS)
def test_the_value_under_a_pixel_is_the_one_laid_over_the_image(window: tuple[float, float, float, float]) -> None:
    made = cam(NOISE, window=window)
    laid = made.geometry.to_original(made.values)
    for (y, x), value in np.ndenumerate(laid):
        assert made.value_at(x, y) == value or (np.isnan(value) and np.isnan(made.value_at(x, y)))
        assert np.isnan(value) or value == pytest.approx(by_hand(made, x, y), abs=1e-6)


@pytest.mark.parametrize("window", WINDOWS)
def test_the_cell_under_a_pixel_is_the_one_whose_sides_enclose_its_centre(
    window: tuple[float, float, float, float],
) -> None:
    made = cam(NOISE, window=window)
    left, top, right, bottom = window
    seen = ~np.isnan(made.geometry.to_original(made.values))
    for (y, x), is_seen in np.ndenumerate(seen):
        cell = made.cell_at(x, y)
        assert (cell is not None) == is_seen
        if cell is not None and right - left > 1:
            row, column = cell
            assert left + column * (right - left) / 5 <= x + 0.5 <= left + (column + 1) * (right - left) / 5
            assert top + row * (bottom - top) / 3 <= y + 0.5 <= top + (row + 1) * (bottom - top) / 3


def test_a_window_narrower_than_a_pixel_still_has_a_cell_under_that_pixel() -> None:
    assert cam(NOISE, window=WINDOWS[3]).cell_at(7, 3) == (2, 4)


@pytest.mark.parametrize(("x", "y"), [(-1, 0), (0, -1), (40, 0), (0, 20)])
def test_beside_the_image_there_is_no_cell_and_no_value(x: int, y: int) -> None:
    made = cam(NOISE)
    assert made.cell_at(x, y) is None
    assert np.isnan(made.value_at(x, y))


@pytest.mark.parametrize("window", WINDOWS)
def test_shares_of_the_evidence_add_up_to_one(window: tuple[float, float, float, float]) -> None:
    made = cam([[0.2, 1, -4, 2, 1], [1, 3, 0, 0, -1], [-1, 0, 5, 5, 5]], window=window)
    assert made.share_within((0, 0, 40, 20)) == 1.0
    parts = [(0, 0, 13, 20), (13, 0, 40, 6), (13, 6, 40, 7), (13, 7, 40, 20)]
    assert sum(made.share_within(part) for part in parts) == pytest.approx(1.0, abs=1e-12)


def test_a_share_of_the_evidence_counts_what_speaks_for_the_class_in_seen_pixels() -> None:
    made = cam([[2.0, -1.0], [-3.0, 1.0]], window=(4, 2, 36, 18))
    laid = made.geometry.to_original(np.maximum(made.values, 0))
    inside = [float(laid[y, x]) for y in range(1, 9) for x in range(20) if not np.isnan(laid[y, x])]
    total = [float(value) for value in laid.ravel() if not np.isnan(value)]
    assert made.share_within((0, 1, 20, 9)) == pytest.approx(sum(inside) / sum(total), rel=1e-12)
    assert made.share_within((0, 0, 4, 20)) == 0.0  # not seen


@pytest.mark.parametrize("value", [0.0, 3.0, -1.0, np.nan, np.inf])
def test_without_evidence_there_is_no_share(value: float) -> None:
    assert np.isnan(cam([[value, value]]).share_within((0, 0, 40, 20)))


@pytest.mark.parametrize("box", [(5, 5, 5, 9), (5, 9, 9, 9), (9, 0, 5, 9), (-1, 0, 5, 5), (0, 0, 41, 5), (0, 0, 5, 21)])
def test_an_empty_or_outside_box_is_refused(box: tuple[int, int, int, int]) -> None:
    for values in ([[1.0, 2.0]], [[0.0, 0.0]]):
        with pytest.raises(ValueError, match="holds no pixel"):
            cam(values).share_within(box)


def test_a_map_over_a_copy_of_its_image_is_the_same_map() -> None:
    made = cam(NOISE, window=(4, 2, 36, 18))
    small = made.fitted((20, 5))
    assert small.geometry == InputGeometry((20, 5), (8, 8), Window(2, 0.5, 18, 4.5))
    assert small.values is made.values
    assert (small.key, small.prediction, small.note) == (made.key, made.prediction, made.note)
    assert made.fitted((40, 20)).geometry == made.geometry


def test_a_copy_half_as_large_has_the_values_between_the_pixels() -> None:
    made = cam([[0.0, 1.0, 2.0, 3.0]])
    halves = made.geometry.to_original(made.values)[0].reshape(20, 2).mean(axis=1)
    small = made.fitted((20, 10))
    assert small.geometry.to_original(small.values)[0, 3:-3] == pytest.approx(halves[3:-3], abs=1e-6)
