"""Is it seen what a network does with its attention weights, and which calls of attention follow one another?"""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradcam_core.attention.facts import attention_facts
from gradcam_core.attention.passes import attend
from gradcam_core.models import LoadedModel
from tests.core.transformers import SIDE
from tests.support import loaded

Weigh = Callable[[Tensor, Tensor], Tensor]
ONE = ((1, 1.0),)


class Attention(nn.Module):
    """Attention written by hand: its weights (n, 2 heads, queries, keys) weigh values (n, 2, keys, 12) in some way."""

    def __init__(self, weigh: Weigh) -> None:
        super().__init__()
        self.asked = nn.Sequential(nn.LayerNorm(24), nn.Linear(24, 72))
        self.out = nn.Linear(24, 24)
        self.weigh = weigh

    def forward(self, tokens: Tensor) -> Tensor:
        query, key, value = self.asked(tokens).unflatten(2, (3, 2, 12)).permute(2, 0, 3, 1, 4)
        weights = (query @ key.transpose(-2, -1)).softmax(-1)
        added: Tensor = self.out(self.weigh(weights, value).transpose(1, 2).flatten(2))
        return added


class ByHand(nn.Module):
    """Two attentions, one after the other or beside each other, and the mean over 8 x 8 patches."""

    def __init__(self, weigh: Weigh, *, is_beside: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.patches = nn.Conv2d(3, 24, 8, stride=8)
        self.first, self.second = Attention(weigh), Attention(weigh)
        self.head = nn.Linear(24, 3)
        self.is_beside = is_beside

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        taken = tokens + self.first(tokens)
        tokens = taken + self.second(tokens if self.is_beside else taken)
        logits: Tensor = self.head(tokens.mean(1))
        return logits


def plainly(weights: Tensor, values: Tensor) -> Tensor:
    return weights @ values


def by_batches(weights: Tensor, values: Tensor) -> Tensor:
    return torch.bmm(weights.flatten(0, 1), values.flatten(0, 1)).unflatten(0, (-1, 2))  # type: ignore[no-any-return, no-untyped-call]


def by_sums(weights: Tensor, values: Tensor) -> Tensor:
    return torch.einsum("nhqk,nhkw->nhqw", weights, values)


def turned(weights: Tensor, values: Tensor) -> Tensor:
    return (values.transpose(-2, -1) @ weights.transpose(-2, -1)).transpose(-2, -1)


def heads_mixed(weights: Tensor, values: Tensor) -> Tensor:
    return (0.7 * weights + 0.3 * weights.flip(1)) @ values


def changed_in_place(weights: Tensor, values: Tensor) -> Tensor:
    return weights.mul_(0.5) @ values


def model_of(weigh: Weigh, *, is_beside: bool = False) -> LoadedModel:
    return loaded(ByHand(weigh, is_beside=is_beside), side=SIDE)


def noise() -> Tensor:
    return torch.randn(1, 3, SIDE, SIDE, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("weigh", [plainly, by_batches, by_sums, turned])
def test_weights_that_weigh_as_they_are_are_known_with_their_values(weigh: Weigh) -> None:
    attention = attend(model_of(weigh), noise(), gradients=True, values=True)
    assert [block.is_changed for block in attention.blocks] == [False, False]
    assert attention.why_not_followed == ""
    expected = attend(model_of(plainly), noise(), values=True)
    for index in (0, 1):
        values, own = attention.values(index), expected.values(index)
        assert values is not None
        assert own is not None
        assert np.allclose(values.reshape(own.shape), own, atol=1e-6)


@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize("weigh", [heads_mixed, changed_in_place])
def test_weights_that_the_network_changes_first_are_the_softmaxs_and_that_is_said(
    weigh: Weigh, gradients: bool
) -> None:
    model = model_of(weigh)
    attention = attend(model, noise(), gradients=gradients)
    assert [block.is_changed for block in attention.blocks] == [True, True]
    assert attention.why_not_followed.startswith("Attention can't be followed through first and 1 more of its parts.")
    assert attention_facts(model).not_followed == attention.why_not_followed
    assert "the network changes them, as by mixing its heads" in attention.why_not_followed
    assert all(np.abs(attention.weights(index).sum(-1) - 1).max() <= 1e-6 for index in (0, 1))
    with torch.no_grad():
        assert torch.allclose(attention.logits, model.module(noise())[0], atol=1e-6)
    if gradients:
        assert all(slope.any() for slope in attention.gradients(ONE))


def test_attention_beside_another_is_not_taken_to_follow_it() -> None:
    model = model_of(plainly, is_beside=True)
    attention = attend(model, noise(), gradients=True)
    assert attention_facts(model).not_followed == attention.why_not_followed
    assert [block.is_beside for block in attention.blocks] == [False, True]
    assert attention.why_not_followed == (
        "Attention can't be followed through second. It does not follow the attention before it: they lie beside each "
        "other."
    )


def test_a_block_is_named_after_the_part_that_attends_and_not_after_one_within_it() -> None:
    blocks = attend(model_of(plainly), noise()).blocks
    assert [block.name for block in blocks] == ["first", "second"]  # and not "first.asked"


class Listed(nn.Module):
    """Two attentions in a list, which nothing of their own follows."""

    def __init__(self) -> None:
        super().__init__()
        self.patches = nn.Conv2d(3, 24, 8, stride=8)
        self.parts = nn.ModuleList(Attention(plainly) for _ in range(2))
        self.head = nn.Linear(24, 3)
        for part in self.parts:
            part.out = nn.Identity()

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        for part in self.parts:
            tokens = tokens + part(tokens)
        logits: Tensor = self.head(tokens.mean(1))
        return logits


def test_a_list_of_blocks_lends_none_of_them_its_name() -> None:
    blocks = attend(loaded(Listed(), side=SIDE), noise()).blocks
    assert [block.name for block in blocks] == ["parts.0.asked", "parts.1.asked"]
