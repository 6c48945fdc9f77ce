"""Is a summary torchinfo's, and does it leave the network alone?"""

import copy
import itertools
import threading
from typing import Any

import pytest
import torch
import torchinfo
from torch import Tensor, nn
from torchvision import models

from gradcam_core.engine import Explainer
from gradcam_core.errors import ModelError
from gradcam_core.models import LoadedModel
from gradcam_core.models.architectures import architectures, meta_module
from gradcam_core.models.meta import meta_copy
from gradcam_core.models.summary import LARGEST_SIDE, ModelSummary, SummaryRow, summarize
from tests.core.loopback import together


class Odd(nn.Module):
    """One layer called twice, one under two names, some in lists, one only for its weights, one never used."""

    def __init__(self) -> None:
        super().__init__()
        self.twice = nn.Conv2d(3, 3, 3, padding=1)
        self.listed = nn.ModuleList([nn.Conv2d(3, 4, 1)])
        self.alias = self.listed[0]
        self.steps = nn.ModuleList([nn.Conv2d(3, 3, 1)])
        self.lending = nn.Conv2d(4, 5, 1)
        self.unused = nn.Sequential(nn.Linear(7, 7), nn.ReLU())
        self.head = nn.Linear(5, 2)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.alias(self.twice(self.twice(self.steps[0](images))))
        maps = nn.functional.conv2d(maps, self.lending.weight).to(self.get_parameter("unused.0.weight").dtype)
        logits: Tensor = self.head(maps.mean(dim=(2, 3)))
        return logits


class LooksAtValues(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images if float(images.sum()) > 0 else -images


class Uncopyable:
    """A hook that is an object: copying it would copy whatever it holds."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, *_: object) -> None:
        self.calls += 1

    def __deepcopy__(self, _memo: dict[int, Any]) -> "Uncopyable":
        raise AssertionError("the hook was copied")


def rows_of(summary: ModelSummary, name: str) -> list[SummaryRow]:
    return [row for row in summary.rows if row.name == name]


def state_of(module: nn.Module) -> list[object]:
    """What a summary must leave as it is: which tensors, their gradients, every module's mode and hooks."""
    tensors = [*module.named_parameters(), *module.named_buffers()]
    told: list[object] = [(name, id(tensor), id(tensor.grad), tensor.requires_grad) for name, tensor in tensors]
    for child in module.modules():
        told += [child.training, *({**value} for key, value in vars(child).items() if "_hooks" in key and value)]
    return told


def test_the_tutorials_resnet50_has_its_two_figures() -> None:
    summary = summarize(meta_module("torchvision/resnet50", 1000), (1, 3, 28, 28))
    assert summary.total_parameters == summary.trainable_parameters == 25_557_032
    assert summary.mult_adds == 81_262_184
    assert summary.input_bytes == 3 * 28 * 28 * 4
    assert (summary.forward_backward_bytes, summary.parameter_bytes) == (3_206_976, 25_557_032 * 4)
    assert summary.estimated_bytes == 9_408 + 3_206_976 + 102_228_128


@pytest.mark.parametrize(("name", "shape"), [("resnet18", (2, 3, 40, 56)), ("mobilenet_v3_small", (1, 3, 64, 64))])
def test_each_row_and_total_is_torchinfos_of_the_real_network(name: str, shape: tuple[int, ...]) -> None:
    real = models.get_model(name, weights=None)
    expected = torchinfo.summary(real, input_size=shape, device="cpu", verbose=0)
    summary = summarize(real, shape)
    called = [row for row in summary.rows if row.calls]
    told = [(row.kind, row.depth, list(row.output_shape or ()), row.total_parameters) for row in called]
    assert told == [(info.class_name, info.depth, info.output_size, info.num_params) for info in expected.summary_list]
    leaves = [(row.mult_adds, row.is_repeat) for row in called if not row.has_children]
    assert leaves == [(info.macs, info.is_recursive) for info in expected.summary_list if info.is_leaf_layer]
    assert (summary.total_parameters, summary.mult_adds) == (expected.total_params, expected.total_mult_adds)


@pytest.mark.parametrize("name", ["heatproof/tinynet", "torchvision/densenet121", "torchvision/swin_v2_t"])
def test_parts_add_up_to_the_whole(name: str) -> None:
    check_sums(name)


_SIDES = {"torchvision/inception_v3": 299, "heatproof/tinyvit": 128}  # those that take no other


@pytest.mark.slow
@pytest.mark.parametrize("name", architectures())
def test_every_architecture_can_be_summarised(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_MAX_PARAMETERS", "1000000000")
    check_sums(name)


def check_sums(name: str) -> None:
    network = meta_module(name, 7)
    side = _SIDES.get(name, 224)
    summary = summarize(network, (1, 3, side, side))
    whole = summary.rows[0]
    assert (whole.name, whole.depth, whole.output_shape) == ("", 0, (1, 7))
    assert sum(row.own_parameters for row in summary.rows if not row.is_repeat) == whole.total_parameters
    assert summary.total_parameters == whole.total_parameters
    assert summary.mult_adds == whole.mult_adds
    assert {row.name for row in summary.rows} == {name for name, _ in network.named_modules()}


def test_odd_uses_of_a_layer_have_sensible_rows() -> None:
    summary = summarize(Odd(), (1, 3, 8, 8))
    first, second = rows_of(summary, "twice")
    assert (first.is_repeat, second.is_repeat, first.calls, second.calls) == (False, True, 2, 2)
    assert first.mult_adds == second.mult_adds == 84 * 64
    (shared,) = rows_of(summary, "listed.0")
    assert (shared.calls, shared.output_shape) == (1, (1, 4, 8, 8))
    for name in ("listed", "steps", "lending", "unused", "unused.0"):
        (row,) = rows_of(summary, name)
        assert (row.calls, row.output_shape) == (0, None)
        assert row.mult_adds == (12 * 64 if name == "steps" else 0)  # of its part, which stands below it
    assert rows_of(summary, "unused")[0].has_children
    assert rows_of(summary, "unused.0")[0].own_parameters == 56
    assert summary.total_parameters == sum(row.own_parameters for row in summary.rows if not row.is_repeat)
    assert [row.name for row in summary.rows][-3:] == ["unused", "unused.0", "unused.1"]


@pytest.mark.parametrize("is_training", [True, False])
def test_the_network_is_left_as_it_was(small_net: nn.Module, is_training: bool) -> None:
    small_net.train(is_training)
    small_net(torch.rand(1, 3, 8, 8)).sum().backward()
    values, hook = copy.deepcopy(dict(small_net.named_parameters())), Uncopyable()
    small_net.get_submodule("0").register_forward_hook(hook)
    small_net.register_forward_pre_hook(hook)
    before = state_of(small_net)
    random = torch.random.get_rng_state()
    assert summarize(small_net, (1, 3, 8, 8)).total_parameters == 112 + 185 + 18
    assert state_of(small_net) == before
    assert all(torch.equal(values[name], weight) for name, weight in small_net.named_parameters())
    assert hook.calls == 0
    assert torch.equal(random, torch.random.get_rng_state())


def test_others_explain_with_the_model_while_it_is_summarised(tinynet: LoadedModel, make_image: Any) -> None:
    before, image, forward_count, ended = state_of(tinynet.module), make_image(), itertools.count(), threading.Event()
    expected = Explainer(tinynet).forward(image).cam(0, "gradcam").values

    def act() -> None:
        if next(forward_count) == 0:
            for _ in range(10):
                summarize(tinynet.module, (1, 3, 128, 128))
            ended.set()
        while not ended.is_set():
            assert (Explainer(tinynet).forward(image).cam(0, "gradcam").values == expected).all()

    together(3, act)
    assert state_of(tinynet.module) == before


def test_a_copy_takes_no_memory_and_keeps_names_and_what_trains(small_net: nn.Module) -> None:
    small_net.register_buffer("seen", torch.zeros(3))
    small_net.noise = torch.rand(2)
    small_net.get_submodule("0").requires_grad_(False)
    copied = meta_copy(small_net)
    assert all(tensor.is_meta for tensor in [*copied.parameters(), *copied.buffers(), copied.noise])
    told = {name: (weight.shape, weight.requires_grad) for name, weight in copied.named_parameters()}
    assert told == {name: (weight.shape, weight.requires_grad) for name, weight in small_net.named_parameters()}
    assert not any(weight.is_meta for weight in small_net.parameters())
    assert summarize(small_net, (1, 3, 8, 8)).trainable_parameters == 185 + 18


@pytest.mark.parametrize("shape", [(3, 28, 28), (1, 3, 0, 28), (1, 3, -1, 28), (1, 3, 28, LARGEST_SIDE + 1)])
def test_a_shape_that_is_none_is_refused(small_net: nn.Module, shape: tuple[int, ...]) -> None:
    with pytest.raises(ModelError, match="An input can't be") as refusal:
        summarize(small_net, shape)
    assert "such as 1 x 3 x 224 x 224" in refusal.value.hint


def test_a_size_that_the_network_does_not_take_is_refused_with_its_own_words() -> None:
    with pytest.raises(ModelError, match="ViT can't take an input of 1 x 3 x 28 x 28") as refusal:
        summarize(meta_module("torchvision/vit_b_16", 5), (1, 3, 28, 28), title="ViT")
    assert refusal.value.hint == "Give another size. It says: Wrong image height! Expected 224 but got 28!"


def test_a_network_that_needs_values_says_so() -> None:
    with pytest.raises(ModelError, match="This network can't be summarised: it computes with values"):
        summarize(LooksAtValues(), (1, 3, 8, 8))
