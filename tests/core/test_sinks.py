"""Are the cells that stand out by their size found, and no others?"""

import numpy as np
import pytest

from gradcam_core.attention.sinks import outlying_cells


def ordinary() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(96, 14, 14)).astype(np.float32)


def test_a_planted_token_of_high_norm_is_found_where_it_lies() -> None:
    activation = ordinary()
    activation[:, 3, 11] *= 4
    assert np.argwhere(outlying_cells(activation)).tolist() == [[3, 11]]


def test_among_ordinary_cells_there_is_none() -> None:
    assert not outlying_cells(ordinary()).any()


def test_it_is_the_median_and_so_many_deviations_from_it() -> None:
    sizes = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 9.5]])  # median 3.5, deviations 2.5 1.5 .5 .5 1.5 6: median 1.5
    assert outlying_cells(sizes[None], mads=3.9, times=2).tolist() == [[False] * 3, [False, False, True]]
    assert not outlying_cells(sizes[None], mads=4.1, times=2).any()


@pytest.mark.parametrize("size", [0.0, 3.0])
def test_where_all_cells_are_alike_a_small_difference_is_none(size: float) -> None:
    activation = np.full((8, 4, 4), size)
    activation[:, 0, 0] *= 1.5
    assert not outlying_cells(activation).any()
    assert outlying_cells(activation, times=1).any() == (size > 0)
