"""What does a forward pass leave behind, and when is its map not usable?"""

import numpy as np
import pytest

from gradcam_core.explanation import Cam, Prediction, ResultKey, unusable_because
from gradcam_core.geometry import InputGeometry, Window


def cam(values: list[list[float]], *, window: tuple[float, float, float, float] = (0, 0, 40, 20)) -> Cam:
    array = np.array(values, dtype=np.float32)
    geometry = InputGeometry((40, 20), (8, 8), Window(*window))
    note = unusable_because(array, recorded_finite=bool(np.isfinite(array).all()))
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
    assert "not finite" in unusable_because(np.array([[0.0, 1.0]]), recorded_finite=False)


def test_heatmap_runs_from_zero_to_the_maps_own_maximum() -> None:
    assert cam([[-1.0, 1.0, 4.0]]).heatmap().tolist() == [[0.0, 0.25, 1.0]]


def test_shared_scale_keeps_two_maps_comparable() -> None:
    assert cam([[-1.0, 1.0, 4.0]]).heatmap(8.0).tolist() == [[0.0, 0.125, 0.5]]


def test_peak_is_the_centre_of_the_largest_cell_in_image_pixels() -> None:
    assert cam([[0, 0, 0, 0], [0, 0, 1, 0]]).peak == (25, 15)


def test_peak_in_the_padding_is_moved_to_the_nearest_pixel_of_the_image() -> None:
    assert cam([[0, 1], [0, 0], [0, 0], [0, 0]], window=(0, -10, 40, 30)).peak == (30, 0)
