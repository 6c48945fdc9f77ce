"""Do the maps that follow attention from block to block equal their closed forms, and lie where the image does?"""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gradcam_core.attention.blocks import attention_block, why_not_followed
from gradcam_core.attention.flow import Fusion, chefer, gradient_rollout, rollout, rollouts
from gradcam_core.attention.maps import chefer_map, gradient_rollout_map, rollout_map
from gradcam_core.attention.passes import attend
from gradcam_core.errors import MethodError
from gradcam_core.layers.finding import TargetLayer, find_layers
from gradcam_core.layers.layouts import Kind, Layout
from gradcam_core.models import LoadedModel
from gradcam_core.tinynet import INPUT_SIDE, TinyNet
from tests.core.transformers import SIDE, MeanReader, drawn_to_light, small_swin, small_vit
from tests.support import loaded

TOKENS, HEADS = 5, 3
ONE = ((1, 1.0),)
OTHER = ((0, 1.0),)


def even(blocks: int) -> list[np.ndarray]:
    return [np.full((HEADS, TOKENS, TOKENS), 1 / TOKENS) for _ in range(blocks)]


def drawn(blocks: int) -> list[np.ndarray]:
    rows = np.random.default_rng(0).random((blocks, HEADS, TOKENS, TOKENS)) ** 4
    return list(rows / rows.sum(axis=-1, keepdims=True))


def signed(blocks: int) -> list[np.ndarray]:
    return list(np.random.default_rng(1).normal(size=(blocks, HEADS, TOKENS, TOKENS)))


def noise(side: int) -> Tensor:
    return torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0))


def test_tokens_that_attend_to_themselves_keep_what_is_theirs() -> None:
    themselves = [np.repeat(np.eye(TOKENS)[None], HEADS, axis=0)] * 4
    assert np.array_equal(rollout(themselves), np.eye(TOKENS))
    assert np.array_equal(gradient_rollout(themselves, themselves), np.eye(TOKENS))


@pytest.mark.parametrize("fusion", Fusion)
def test_even_attention_takes_from_all_alike(fusion: Fusion) -> None:
    kept = 0.5**4  # of itself, through the residual connections alone
    expected = (1 - kept) / TOKENS + kept * np.eye(TOKENS)
    assert np.allclose(rollout(even(4), fusion=fusion), expected, atol=1e-12)


@pytest.mark.parametrize("fusion", Fusion)
@pytest.mark.parametrize("discard", [0.0, 0.3, 0.9])
def test_rows_of_a_rollout_sum_to_one(fusion: Fusion, discard: float) -> None:
    taken = [
        rollout(drawn(6), fusion=fusion, discard=discard),
        gradient_rollout(drawn(6), signed(6), discard=discard),
    ]
    assert all(np.abs(rows.sum(axis=1) - 1).max() <= 1e-6 and rows.min() >= 0 for rows in taken)


def test_without_what_a_token_keeps_the_rest_of_a_gradient_rollout_is_left() -> None:
    (weights,), (slopes,) = drawn(1), signed(1)
    raising = np.maximum((weights * slopes).mean(axis=0), 0)
    expected = raising / (1 + raising.sum(axis=1, keepdims=True))
    assert np.allclose(gradient_rollout([weights], [slopes], keeps=False), expected, atol=1e-12)
    whole, rest = (gradient_rollout(drawn(3), signed(3), keeps=keeps) for keeps in (True, False))
    kept = whole - rest
    assert np.array_equal(kept, np.diag(np.diag(kept)))
    assert rest.min() > -1e-12


def test_a_later_block_takes_from_what_an_earlier_one_has_made() -> None:
    first, second = np.eye(3)[None, [1, 1, 2]], np.eye(3)[None, [0, 2, 0]]  # 0 takes from 1, then 2 from 0
    taken = rollout([first, second])
    assert np.allclose(taken, [[0.5, 0.5, 0], [0, 0.5, 0.5], [0.25, 0.25, 0.5]])


@pytest.mark.parametrize("asked", [{}, {"fusion": Fusion.MAX, "discard": 0.3}])
def test_a_rollout_after_a_block_is_that_of_the_blocks_so_far(asked: dict[str, Any]) -> None:
    found = rollouts(drawn(4), **asked)
    assert len(found) == 4
    assert all(np.array_equal(one, rollout(drawn(4)[: place + 1], **asked)) for place, one in enumerate(found))
    with pytest.raises(ValueError, match="0 to below 1"):
        rollouts(drawn(2), discard=1.0)


def test_heads_are_fused_as_is_said() -> None:
    heads = np.array([[[0.9, 0.1], [0.5, 0.5]], [[0.2, 0.8], [0.5, 0.5]]])
    mean, largest, smallest = (rollout([heads], fusion=fusion)[0, 1] for fusion in Fusion)
    assert mean == pytest.approx(0.45 / 2)
    assert largest == pytest.approx(0.8 / (1 + 0.9 + 0.8))
    assert smallest == pytest.approx(0.1 / (1 + 0.2 + 0.1))


def test_the_smallest_weights_are_left_out_and_rows_are_filled_up() -> None:
    weights = np.array([[[0.7, 0.2, 0.1], [0.3, 0.3, 0.4], [0.05, 0.05, 0.9]]])
    expected = np.array([[7 / 9, 2 / 9, 0], [0.3, 0.3, 0.4], [0, 0, 1]])
    assert np.allclose(rollout([weights], discard=1 / 3), (expected + np.eye(3)) / 2)


@pytest.mark.parametrize("discard", [-0.1, 1.0, float("nan")])
def test_a_share_that_is_none_is_refused(discard: float) -> None:
    with pytest.raises(ValueError, match="0 to below 1"):
        rollout(even(1), discard=discard)


def test_chefers_rule_adds_what_raises_the_class() -> None:
    weights, slopes = drawn(2), signed(2)
    first, second = (np.maximum(each * slope, 0).mean(axis=0) for each, slope in zip(weights, slopes, strict=True))
    one = np.eye(TOKENS)
    assert np.allclose(chefer(weights, slopes), (one + second) @ (one + first))


def test_chefers_map_of_one_block_is_the_closed_form() -> None:
    """Where the tokens' mean is read, a weight's gradient is what its value is worth, a share of it each."""
    module = MeanReader(blocks=1)
    attention = attend(loaded(module, side=SIDE), noise(SIDE), gradients=True, values=True)
    raising = module.slopes(torch.from_numpy(np.array(attention.values(0))), 1).clamp(min=0).numpy()  # (heads, keys)
    expected = (attention.weights(0) * raising[:, None]).mean(axis=(0, 1))
    assert np.allclose(chefer_map(attention, ONE), expected.reshape(8, 8), rtol=1e-4, atol=1e-10)
    assert expected.max() > 1e-5


def test_a_class_token_that_joins_late_takes_from_the_cells_then(late: LoadedModel) -> None:
    attention = attend(late, noise(SIDE), gradients=True)
    before, last = (attention.weights(index).mean(axis=0, dtype=np.float64) for index in (0, 1))
    expected = 0.5 * last[0, 1:] @ (0.5 * before + 0.5 * np.eye(64))
    assert np.allclose(rollout_map(attention, ONE), expected.reshape(8, 8), atol=1e-7)
    assert np.array_equal(rollout_map(attention, ONE), rollout_map(attention, OTHER))


def test_of_a_block_with_fewer_tokens_the_same_share_is_left_out() -> None:
    few, more = np.array([[[0.9, 0.1], [0.4, 0.6]]]), np.array([[[0.1, 0.5, 0.4], [0.2, 0.2, 0.6], [0.3, 0.3, 0.4]]])
    before, after = rollouts([few, more], discard=0.5)
    kept = (np.array([[1, 0], [0, 1]]) + np.eye(2)) / 2  # of four weights the larger two, rows filled up
    assert np.allclose(before, kept)
    joined = np.eye(3)
    joined[1:, 1:] = kept
    assert np.allclose(after, rollout([more], discard=0.5) @ joined)


def test_what_joins_later_has_nothing_of_the_cells_until_then() -> None:
    rng = np.random.default_rng(2)
    weights = [rng.random((HEADS, tokens, tokens)) for tokens in (3, 4)]
    slopes = [rng.normal(size=block.shape) for block in weights]
    padded = [
        [np.pad(block, ((0, 0), (4 - block.shape[1], 0), (4 - block.shape[1], 0))) for block in blocks]
        for blocks in (weights, slopes)
    ]
    assert np.allclose(chefer(weights, slopes), chefer(*padded))
    assert np.allclose(gradient_rollout(weights, slopes), gradient_rollout(*padded))
    assert np.allclose(gradient_rollout(weights, slopes, keeps=False), gradient_rollout(*padded, keeps=False))


@pytest.mark.parametrize("made", [gradient_rollout_map, chefer_map])
def test_maps_with_gradients_are_about_the_class(made: Any) -> None:
    attention = attend(loaded(small_vit(), side=SIDE), noise(SIDE), gradients=True)
    one, other = (made(attention, target) for target in (ONE, OTHER))
    assert one.shape == (8, 8)
    assert np.ptp(one) > 0
    assert not np.allclose(one, other, rtol=1e-3)


@pytest.mark.parametrize(("top", "left"), [(0, 0), (0, 7), (3, 0), (3, 7)])
@pytest.mark.parametrize("made", [rollout_map, gradient_rollout_map, chefer_map])
def test_a_bright_corner_of_a_grid_that_is_no_square_shows_in_that_corner(made: Any, top: int, left: int) -> None:
    image = torch.zeros(1, 3, 32, 64)
    image[..., 8 * top : 8 * top + 8, 8 * left : 8 * left + 8] = 2.0
    square: LoadedModel = loaded(drawn_to_light(), side=SIDE)
    model = replace(square, layers=find_layers(square.module, torch.rand(1, 3, 32, 64)).candidates)
    found = made(attend(model, image, gradients=True), ONE)
    assert found.shape == (4, 8)
    assert np.unravel_index(found.argmax(), found.shape) == (top, left)


@pytest.mark.parametrize(
    ("module", "side", "said"),
    [
        (small_swin(), SIDE, "Attention can't be followed through features.1.0.attn and 3 more of its parts."),
        (TinyNet(4), INPUT_SIDE, "No attention of cells to each other was seen in this network"),
    ],
)
def test_where_attention_cannot_be_followed_a_sentence_says_so(module: Any, side: int, said: str) -> None:
    attention = attend(loaded(module, side=side), noise(side), gradients=True)
    for made in (rollout_map, gradient_rollout_map, chefer_map):
        with pytest.raises(MethodError) as caught:
            made(attention, ONE)
        assert caught.value.message.startswith(said)
        assert caught.value.hint


LAYERS = [
    TargetLayer(f"block{prefix}", "Block", Layout(Kind.TOKENS, height, height, 8, prefix))
    for height, prefix in ((14, 0), (14, 1), (14, 2), (7, 1))
]


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ([(1, 3, 196, 196), (1, 3, 197, 197)], ""),
        ([(1, 3, 197, 197), (1, 3, 198, 198)], "Tokens beside the cells join and leave on the way"),
        ([(1, 3, 197, 197), (1, 3, 196, 196)], "Tokens beside the cells join and leave on the way"),
        ([(1, 3, 197, 197), (1, 3, 50, 50)], "The blocks of this network have different grids"),
        ([(4, 3, 196, 196)], "It attends in 4 windows of 196 tokens each"),
        ([(1, 4, 3, 49, 49)], "Its tokens are cut into groups"),
        ([(1, 3, 1, 197)], "It only reads: one query takes from 197 tokens"),
        ([(1, 3, 49, 196)], "Its 49 queries take from 196 tokens"),
        ([(1, 3, 32, 32)], "It weighs 32 things that are not the tokens of any grid"),
    ],
)
def test_what_is_no_attention_among_the_same_tokens_is_told_apart(shapes: list[tuple[int, ...]], said: str) -> None:
    reason = why_not_followed([attention_block(f"part{len(shape)}", shape, LAYERS) for shape in shapes])
    assert said in reason
    assert bool(said) is bool(reason)


def test_a_part_that_shows_no_weights_is_named() -> None:
    assert why_not_followed([], ["block", "block"]).startswith("The attention of block is computed in a way")
