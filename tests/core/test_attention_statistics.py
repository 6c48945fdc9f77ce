"""Do the numbers that tell how widely and how far a head attends equal their closed forms?"""

import math

import numpy as np
import pytest
import torch

from gradcam_core.attention.passes import attend
from gradcam_core.attention.statistics import entropies, mean_distances
from gradcam_core.layers.layouts import Kind, Layout
from tests.core.transformers import SIDE, small_swin
from tests.support import loaded

LAYOUT = Layout(Kind.TOKENS, 3, 5, 8, prefix=2)  # cells of a grid that is no square, after two tokens without a place
TOKENS = 17
CELL = (10.0, 4.0)
CENTRES = [(10.0 * row, 4.0 * column) for row in range(3) for column in range(5)]


def even(heads: int = 2, tokens: int = TOKENS) -> np.ndarray:
    return np.full((heads, tokens, tokens), 1 / tokens, dtype=np.float32)


def themselves(heads: int = 2, tokens: int = TOKENS) -> np.ndarray:
    return np.repeat(np.eye(tokens, dtype=np.float32)[None], heads, axis=0)


def test_even_attention_has_entropy_one_and_attention_to_one_key_none() -> None:
    assert np.allclose(entropies(even()), 1)
    assert np.array_equal(entropies(themselves()), [0, 0])


def test_entropy_is_the_mean_over_the_queries_for_each_head() -> None:
    """Of 8 keys, 2 alike are a third of the way to all alike: log 2 / log 8."""
    pairs = np.kron(np.eye(4), np.full((2, 2), 0.5))
    halves = np.where(np.arange(8)[:, None] < 4, np.eye(8), 1 / 8)
    assert np.allclose(entropies(np.stack([pairs, halves, np.eye(8)])), [1 / 3, 1 / 2, 0])


def test_one_key_leaves_nothing_to_choose() -> None:
    assert np.array_equal(entropies(np.ones((3, 1, 1), dtype=np.float32)), [0, 0, 0])


def test_windows_count_alike() -> None:
    windows = np.stack([even(), themselves()])  # (windows, heads, queries, keys)
    assert np.allclose(entropies(windows), [0.5, 0.5])
    model = loaded(small_swin(), side=SIDE)
    found = entropies(attend(model, torch.randn(1, 3, SIDE, SIDE)).weights(0))
    assert found.shape == (2,)
    assert ((found > 0) & (found < 1)).all()


def test_attention_to_itself_reaches_nowhere() -> None:
    assert np.array_equal(mean_distances(themselves(), LAYOUT, CELL), [0, 0])


def test_even_attention_reaches_as_far_as_cells_lie_apart() -> None:
    expected = np.mean([math.dist(one, other) for one in CENTRES for other in CENTRES])
    assert np.allclose(mean_distances(even(), LAYOUT, CELL), expected, rtol=1e-6)


def test_a_step_to_the_right_is_a_cells_width_and_a_step_down_its_height() -> None:
    right, down = np.zeros((2, TOKENS, TOKENS), dtype=np.float32)
    for token in range(TOKENS):
        row, column = divmod(token - 2, 5)
        right[token, token + (1 if column < 4 else -1) if token >= 2 else 0] = 1
        down[token, token + (5 if row < 2 else -5) if token >= 2 else 0] = 1
    assert np.allclose(mean_distances(np.stack([right, down]), LAYOUT, CELL), [4, 10])


def test_tokens_without_a_place_are_left_out() -> None:
    """Half of what each cell attends to is a class token; the cells' own share decides."""
    weights = even()
    weights[:, :, 2:] *= 0.25
    weights[:, :, 0] = 1 - weights[:, :, 1:].sum(axis=-1)
    assert np.allclose(mean_distances(weights, LAYOUT, CELL), mean_distances(even(), LAYOUT, CELL), rtol=1e-5)


def test_a_cell_that_attends_to_no_cell_is_left_out() -> None:
    weights = np.concatenate([even(1), themselves(1), themselves(1)])
    weights[:2, 5] = weights[2, :] = np.eye(TOKENS)[0]
    far = np.array([[math.dist(one, other) for other in CENTRES] for one in CENTRES]).mean(axis=1)
    found = mean_distances(weights, LAYOUT, CELL)
    assert np.allclose(found[:2], [np.mean(np.delete(far, 3)), 0])
    assert np.isnan(found[2])


@pytest.mark.parametrize("shape", [(2, 16, 16), (2, 1, 17), (4, 2, 17, 17)])
def test_weights_that_are_not_among_these_tokens_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="17 tokens among each other"):
        mean_distances(np.ones(shape), LAYOUT, CELL)
