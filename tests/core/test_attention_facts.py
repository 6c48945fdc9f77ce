"""Is it known before any map whether a model's attention can be followed, and why not?"""

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.overrides import _get_current_function_mode_stack

from gradcam_core.attention.facts import AttentionFacts, attention_facts
from gradcam_core.attention.passes import attend
from gradcam_core.attention.recording import recording_attention
from gradcam_core.models import LoadedModel
from tests.core.transformers import SIDE, MeanBlocks, MeanReader
from tests.support import loaded


class Shy(nn.Sequential):
    """It counts how often it is run, and does not let itself be watched."""

    runs = 0

    def forward(self, images: Tensor) -> Tensor:
        self.runs += 1
        if any(isinstance(mode, recording_attention) for mode in _get_current_function_mode_stack()):  # type: ignore[no-untyped-call]
            raise AttributeError("Nobody looks at me")
        logits: Tensor = super().forward(images)  # type: ignore[no-untyped-call]
        return logits


@pytest.mark.parametrize("name", ["vit", "swin", "tinynet", "tinyvit", "late"])
def test_the_reason_is_that_of_a_pass_of_an_image(request: pytest.FixtureRequest, name: str) -> None:
    model: LoadedModel = request.getfixturevalue(name)
    attention = attend(model, torch.rand(1, *model.input_spec.shape))
    assert attention_facts(model).not_followed == attention.why_not_followed
    assert bool(attention.why_not_followed) is (name in {"swin", "tinynet"})


@pytest.mark.parametrize(
    ("name", "reason", "partly"),
    [
        ("vit", "", ""),
        ("swin", "LeGrad needs blocks in which all tokens attend to all. It attends in 16 windows", ""),
        ("tinynet", "No blocks of attention that follow one another were seen", ""),
        ("tinyvit", "", ""),
        ("late", "", "It can be read off after blocks.1 alone"),
    ],
)
def test_whether_it_can_be_read_off_after_its_blocks_is_known(
    request: pytest.FixtureRequest, name: str, reason: str, partly: str
) -> None:
    facts = attention_facts(request.getfixturevalue(name))
    assert facts.not_read_off.startswith(reason)
    assert facts.read_off_partly.startswith(partly)
    assert (bool(facts.not_read_off), bool(facts.read_off_partly)) == (bool(reason), bool(partly))


def test_what_answers_otherwise_each_time_cannot_be_read_off() -> None:
    class Noisy(MeanBlocks):
        def read(self, tokens: Tensor, images: int) -> Tensor:
            return super().read(tokens + torch.randn_like(tokens), images)

    facts = attention_facts(loaded(Noisy(), side=SIDE))
    assert facts.not_followed == ""
    assert facts.not_read_off == "What follows its blocks does not run on from their outputs alone."


def test_a_model_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model, runs = loaded(MeanReader(), side=SIDE), list[int]()
    plain = MeanReader.forward

    def counted(self: Any, images: Tensor) -> Tensor:
        runs.append(len(images))
        return plain(self, images)

    monkeypatch.setattr(MeanReader, "forward", counted)
    assert attention_facts(model) is attention_facts(model)
    assert runs == [1]  # its blocks give no tensor of their own, so it can't be read off after them


def test_a_network_that_fails_while_it_is_recorded_is_said_to() -> None:
    model = loaded(Shy(nn.Conv2d(3, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)), side=8)
    said = "The attention of this network can't be recorded: AttributeError: Nobody looks at me."
    assert attention_facts(model) == AttentionFacts(said, said)


def test_shapes_alone_hold_no_numbers(vit: LoadedModel) -> None:
    image = torch.rand(1, *vit.input_spec.shape)
    with torch.no_grad(), recording_attention(vit.module, shapes_only=True) as mode:
        logits = vit.module(image)
    assert [call.weights.device.type for call in mode.calls] == ["meta"] * 3
    assert [call.weights.shape for call in mode.calls] == [(1, 2, 65, 65)] * 3
    assert torch.allclose(logits[0], attend(vit, image).logits, atol=1e-6)
