"""Is a map of attention the row, the column or the mean that it is said to be?"""

import numpy as np
import pytest
import torch

from gradcam_core.attention.blocks import attention_block
from gradcam_core.attention.flow import Fusion, rollout, rollouts
from gradcam_core.attention.passes import AttentionPass, attend
from gradcam_core.attention.recording import AttentionCall
from gradcam_core.attention.views import AttentionMap, View, attention_map, queries_read, readers_of, why_not_shown
from gradcam_core.errors import MethodError
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.layers.layouts import Kind, Layout
from gradcam_core.models import LoadedModel
from tests.core.transformers import SIDE, MeanReader
from tests.support import loaded

LAYOUT = Layout(Kind.TOKENS, 2, 3, 8, prefix=1)
TOKENS = 7
CLASS_TOKEN = np.eye(TOKENS, dtype=np.float32)[0]
ONE = ((1, 1.0),)


def weights(*shape: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).random(shape).astype(np.float32)
    return np.asarray(rows / rows.sum(axis=-1, keepdims=True))


BLOCKS = (weights(2, TOKENS, TOKENS), weights(2, TOKENS, TOKENS, seed=1))


def made(*blocks: np.ndarray, layout: Layout = LAYOUT) -> AttentionPass:
    layers = [TargetLayer("tokens", "Block", layout)]
    calls = tuple(AttentionCall(f"block{place}", torch.from_numpy(one)[None]) for place, one in enumerate(blocks))
    told = tuple(attention_block(call.name, call.weights.shape, layers) for call in calls)
    return AttentionPass(told, calls, torch.zeros(3))


def is_map_of(found: AttentionMap, row: np.ndarray) -> bool:
    """Whether it shows this row, (tokens,)."""
    return bool(np.allclose(found.values, row[1:].reshape(2, 3))) and found.elsewhere == pytest.approx(row[0])


def test_it_shows_what_the_tokens_that_are_read_attend_to() -> None:
    mean, one = (attention_map(made(*BLOCKS), View(block=1, head=head), CLASS_TOKEN) for head in (None, 1))
    assert is_map_of(mean, BLOCKS[1].mean(axis=0)[0])
    assert is_map_of(one, BLOCKS[1][1, 0])


def test_a_cell_shows_its_row_and_who_attends_to_it_its_column() -> None:
    """The cell in row 1, column 2 of a grid of 2 x 3 is the last of 7 tokens."""
    matrix = BLOCKS[0].mean(axis=0)
    seen = attention_map(made(*BLOCKS), View(block=0, cell=(1, 2)), CLASS_TOKEN)
    received = attention_map(made(*BLOCKS), View(block=0, cell=(1, 2), is_received=True), None)
    assert is_map_of(seen, matrix[6])
    assert np.allclose(received.values, matrix[1:, 6].reshape(2, 3))
    assert received.elsewhere is None


def test_what_all_tokens_attend_to_is_the_mean_of_the_rows() -> None:
    found = attention_map(made(*BLOCKS), View(block=0, head=0, is_received=True), CLASS_TOKEN)
    assert is_map_of(found, BLOCKS[0][0].mean(axis=0))


def test_a_token_before_the_cells_shows_its_row_and_its_column_too() -> None:
    """Of a network whose class token is read, it is the same map as without a token."""
    matrix = BLOCKS[1].mean(axis=0)
    seen, received = (
        attention_map(made(*BLOCKS), View(block=1, token=0, is_received=is_received), None)
        for is_received in (False, True)
    )
    assert is_map_of(seen, matrix[0])
    assert np.allclose(received.values, matrix[1:, 0].reshape(2, 3))
    to_read = attention_map(made(*BLOCKS), View(block=1, is_received=True, is_to_read=True), CLASS_TOKEN)
    assert np.array_equal(to_read.values, received.values)
    with pytest.raises(ValueError, match="no token 1 among 1"):
        attention_map(made(*BLOCKS), View(block=1, token=1), None)


def test_what_is_left_of_a_row_sums_to_1_and_a_column_stays_as_it_is() -> None:
    matrix, hidden = BLOCKS[0].mean(axis=0), ((0, 1), (1, 2))
    row = matrix[0, 1:] * [1, 0, 1, 1, 1, 0]
    seen = attention_map(made(*BLOCKS), View(block=0, hidden=hidden), CLASS_TOKEN)
    assert np.allclose(seen.values, (row / row.sum()).reshape(2, 3))
    assert seen.elsewhere is None
    nothing = attention_map(made(*BLOCKS), View(block=0, hidden=()), CLASS_TOKEN)
    assert nothing.values.sum() == pytest.approx(1, abs=1e-6)
    received = attention_map(made(*BLOCKS), View(block=0, token=0, is_received=True, hidden=hidden), None)
    assert np.allclose(received.values, (matrix[1:, 0] * [1, 0, 1, 1, 1, 0]).reshape(2, 3))


def test_a_rollout_is_that_of_the_blocks_so_far() -> None:
    so_far = rollouts(BLOCKS)
    for block in (0, 1):
        found = attention_map(made(*BLOCKS), View(block=block, cell=(0, 1), is_rollout=True), None)
        assert is_map_of(found, so_far[block][2])


@pytest.mark.parametrize(
    ("fusion", "discard"), [(Fusion.MAX, 0.0), (Fusion.MIN, 0.0), (Fusion.MEAN, 0.5), (Fusion.MAX, 0.9)]
)
def test_a_rollout_is_that_of_the_heads_and_weights_asked_for(fusion: Fusion, discard: float) -> None:
    for block in (0, 1):
        view = View(block=block, cell=(0, 1), is_rollout=True, fusion=fusion, discard=discard)
        found, taken = (
            attention_map(made(*BLOCKS), view, None),
            rollout(BLOCKS[: block + 1], fusion=fusion, discard=discard),
        )
        assert np.array_equal(found.values, taken[2, 1:].reshape(2, 3).astype(np.float32))
        assert found.elsewhere == taken[2, 0]
        assert not np.allclose(taken, rollout(BLOCKS[: block + 1]))


def test_what_a_rollout_alone_has_is_refused_without_one() -> None:
    for asked in ({"fusion": Fusion.MAX}, {"discard": 0.5}):
        with pytest.raises(ValueError, match="in a rollout alone"):
            View(block=0, **asked)
    with pytest.raises(ValueError, match="0 to below 1"):
        attention_map(made(*BLOCKS), View(block=0, cell=(0, 1), is_rollout=True, discard=1.0), None)


def test_one_query_that_only_reads_can_be_shown_and_has_no_cells_that_attend() -> None:
    reading = made(BLOCKS[0], weights(2, 1, TOKENS, seed=2))
    assert not why_not_shown(reading.blocks[1])
    row = reading.weights(1).mean(axis=0)[0]
    assert is_map_of(attention_map(reading, View(block=1), np.ones(1, dtype=np.float32)), row)
    with pytest.raises(MethodError, match="It only reads"):
        attention_map(reading, View(block=1, cell=(0, 0)), None)


@pytest.mark.parametrize(
    ("view", "said"), [(View(block=2), "block 2"), (View(block=-1), "block -1"), (View(block=0, head=2), "head 2")]
)
def test_a_block_or_head_that_is_not_there_is_refused(view: View, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        attention_map(made(*BLOCKS), view, None)


def test_windows_are_not_shown_and_say_why(swin: LoadedModel) -> None:
    windows = attend(swin, torch.randn(1, 3, SIDE, SIDE), gradients=True)
    assert why_not_shown(windows.blocks[0]) == "It attends in 16 windows of 16 tokens each, and not across them."
    with pytest.raises(MethodError, match="16 windows"):
        attention_map(windows, View(block=0), None)
    assert readers_of(windows, ONE) is None


def test_the_tokens_that_are_read_are_those_of_the_pass(vit: LoadedModel) -> None:
    attention = attend(vit, torch.randn(1, 3, SIDE, SIDE), gradients=True)
    readers = readers_of(attention, ONE)
    assert readers is not None
    assert np.array_equal(readers, attention.readers(ONE))


def test_a_class_that_depends_on_no_attention_has_no_tokens_that_are_read() -> None:
    module = MeanReader()
    torch.nn.init.zeros_(module.head.weight)
    assert readers_of(attend(loaded(module, side=SIDE), torch.randn(1, 3, SIDE, SIDE), gradients=True), ONE) is None


def test_cells_stand_for_tokens_that_are_not_known_or_join_later() -> None:
    even = np.full(6, 1 / 6, dtype=np.float32)
    assert np.allclose(queries_read(None, TOKENS, LAYOUT), [0, *even])
    assert np.allclose(queries_read(CLASS_TOKEN, 6, Layout(Kind.TOKENS, 2, 3, 8)), even)
    assert np.allclose(queries_read(CLASS_TOKEN, TOKENS, LAYOUT), CLASS_TOKEN)
    assert np.allclose(queries_read(np.array([0.5, 0.5, *even * 0], dtype=np.float32), TOKENS, LAYOUT), CLASS_TOKEN)
    assert np.allclose(queries_read(np.ones(1, dtype=np.float32), TOKENS, LAYOUT), [0, *even])
