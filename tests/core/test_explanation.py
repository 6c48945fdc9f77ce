"""What does a forward pass leave behind, and when is its map not usable?"""

import numpy as np
import pytest

from gradcam_core.explanation import Cam, Prediction, ResultKey, unusable_because
from gradcam_core.geometry import InputGeometry, Window


def cam(values: list[list[float]], *, window: tuple[float, float, float, float] = (0, 0, 40, 20)) -> Cam:
    array = np.array(values, dtype=np.float32)
    geometry = InputGeometry((40, 20), (8, 8), Window(*window))
    seen = geometry.cells_seen((len(values), len(values[0])))
    note = unusable_because(array, seen=seen, recorded_finite=True)
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
    note = unusable_because(np.array([[0.0, 1.0]]), seen=np.ones((1, 2), bool), recorded_finite=False)
    assert "activation or gradient" in note


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
