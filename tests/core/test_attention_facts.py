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
from tests.core.transformers import SIDE, MeanReader
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


@pytest.mark.parametrize("name", ["vit", "swin", "tinynet", "tinyvit"])
def test_the_reason_is_that_of_a_pass_of_an_image(request: pytest.FixtureRequest, name: str) -> None:
    model: LoadedModel = request.getfixturevalue(name)
    attention = attend(model, torch.rand(1, *model.input_spec.shape))
    assert attention_facts(model).not_followed == attention.why_not_followed
    assert bool(attention.why_not_followed) is (name in {"swin", "tinynet"})


def test_a_model_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model, runs = loaded(MeanReader(), side=SIDE), list[int]()
    plain = MeanReader.forward

    def counted(self: Any, images: Tensor) -> Tensor:
        runs.append(len(images))
        return plain(self, images)

    monkeypatch.setattr(MeanReader, "forward", counted)
    assert attention_facts(model) is attention_facts(model)
    assert runs == [1]


def test_a_network_that_fails_while_it_is_recorded_is_said_to() -> None:
    model = loaded(Shy(nn.Conv2d(3, 4, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3)), side=8)
    said = "The attention of this network can't be recorded: AttributeError: Nobody looks at me."
    assert attention_facts(model) == AttentionFacts(said)


def test_shapes_alone_hold_no_numbers(vit: LoadedModel) -> None:
    image = torch.rand(1, *vit.input_spec.shape)
    with torch.no_grad(), recording_attention(vit.module, shapes_only=True) as mode:
        logits = vit.module(image)
    assert [call.weights.device.type for call in mode.calls] == ["meta"] * 3
    assert [call.weights.shape for call in mode.calls] == [(1, 2, 65, 65)] * 3
    assert torch.allclose(logits[0], attend(vit, image).logits, atol=1e-6)
