"""Where in the image does the model's input lie?"""

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
