"""Are cells that attend laid where they look, and not at all where they lie in another order?"""

import pytest
import torch
from torch import Tensor, nn

import gradcam_core.cli.attention as command
from gradcam_core.attention.passes import attend
from gradcam_core.attention.places import fields_of_cells, why_no_place
from gradcam_core.cli.main import main
from gradcam_core.layers.place import ReceptiveField
from gradcam_core.models import LoadedModel
from gradcam_core.receptive_field import receptive_field
from tests.core.transformers import SIDE, MeanReader
from tests.support import loaded


class OtherOrder(MeanReader):
    """Its tokens begin in the middle of the image, as those of windows may."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(24)

    def forward(self, images: Tensor) -> Tensor:
        """(n, 3, height, width) → (n, classes)."""
        tokens = self.norm(self.patches(images).flatten(2).transpose(1, 2).roll(28, 1))
        for block in self.blocks:
            tokens = tokens + block(tokens, tokens, tokens)[0]
        logits: Tensor = self.head(tokens.mean(1))
        return logits


class Stem(MeanReader):
    """Its patches are cut by three strides that each see half a cell more above and to the left."""

    def __init__(self) -> None:
        super().__init__()
        first, second, last = (nn.Conv2d(inputs, 24, 3, stride=2, padding=1) for inputs in (3, 24, 24))
        self.patches = nn.Sequential(first, second, last)  # type: ignore[assignment]


def fields_of(module: nn.Module) -> tuple[ReceptiveField, ...]:
    model = loaded(module, side=SIDE)
    return fields_of_cells(model, attend(model, torch.rand(1, 3, SIDE, SIDE)).blocks)


def test_patches_look_where_the_grid_suggests_in_every_block(vit: LoadedModel) -> None:
    fields = fields_of_cells(vit, attend(vit, torch.rand(1, 3, SIDE, SIDE)).blocks)
    assert [(field.shift, field.note) for field in fields] == [((0.0, 0.0), "")] * 3
    patches = receptive_field(vit, vit.layer("conv_proj"))
    assert fields == (patches,) * 3
    assert patches != receptive_field(vit, vit.layer(None))  # the last one sees more than its patch


def test_cells_of_a_stem_of_strides_look_further_up_and_left() -> None:
    first, second = fields_of(Stem())
    assert first == second
    assert all(-0.6 < side < -0.2 for side in first.shift)


def test_tokens_in_another_order_have_no_place() -> None:
    assert [why_no_place(field) for field in fields_of(OtherOrder())] == [
        "Its tokens lie in another order than the image: no map can show where they are."
    ] * 2


def test_of_windows_nothing_is_measured(swin: LoadedModel) -> None:
    fields = fields_of_cells(swin, attend(swin, torch.rand(1, 3, SIDE, SIDE)).blocks)
    assert fields == (ReceptiveField(),) * 4


def test_a_command_says_that_blocks_have_no_place(
    capsys: pytest.CaptureFixture[str], scene: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = loaded(OtherOrder(), side=SIDE)
    monkeypatch.setattr(command, "load_model", lambda *_, **__: model)
    assert main(["attention", scene]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Blocks 1 to 2: Its tokens lie in another order than the image: no map can show where they are." in lines
    assert [line.split()[-1] for line in lines if line.split()[1:2] == ["blocks.0"]] == ["-"]  # no distance
    assert main(["attention", scene, "--block", "2"]) == 2
    assert capsys.readouterr().err.startswith("Block 2 can't be shown. Its tokens lie in another order")
