"""Is a network that is read off after each of its blocks the network, cut short there?"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gradcam_core.attention.lens import logit_lens, read_off
from gradcam_core.attention.passes import attend
from gradcam_core.errors import LayerError
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.tinynet import TinyNet
from gradcam_core.tinyvit import INPUT_SIDE
from tests.benchmarks.woken import woken
from tests.core.transformers import SIDE, MeanBlocks, MeanReader
from tests.support import loaded

THREADS = 8


def noise(model: LoadedModel, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(1, 3, *model.input_spec.size[::-1], generator=generator)


def plain_logits(model: LoadedModel, image: Tensor) -> np.ndarray:
    with torch.no_grad():
        logits: Tensor = model.module(image)
    return logits[0].numpy()


@pytest.fixture(scope="module")
def tiny() -> LoadedModel:
    return load_model("tinyvit", device="cpu")


@pytest.mark.parametrize(("name", "rows"), [("vit", 3), ("swin", 2), ("tiny", 3), ("late", 1)])
def test_last_row_is_the_prediction(request: pytest.FixtureRequest, name: str, rows: int) -> None:
    model: LoadedModel = request.getfixturevalue(name)
    lens = logit_lens(model, noise(model))
    plain = plain_logits(model, noise(model))
    assert lens.logits.shape == (rows, len(model.labels))
    assert len(lens.layers) == rows
    assert np.abs(lens.logits[-1] - plain).max() <= 1e-5 * plain.std()


def test_each_row_is_what_norm_class_token_and_head_make_of_the_blocks_output(vit: LoadedModel) -> None:
    module: Any = vit.module
    with torch.no_grad():
        patches = module._process_input(noise(vit))
        tokens = torch.cat([module.class_token, patches], dim=1) + module.encoder.pos_embedding
        expected = []
        for block in module.encoder.layers:
            tokens = block(tokens)
            expected.append(module.heads(module.encoder.ln(tokens)[:, 0])[0].numpy())
    lens = logit_lens(vit, noise(vit))
    assert lens.layers == tuple(f"encoder.layers.encoder_layer_{index}" for index in range(3))
    assert lens.reason == ""
    assert np.allclose(lens.logits, expected, atol=1e-5)
    assert np.ptp(lens.logits, axis=0).min() > 1e-2


class OneByOne(MeanBlocks):
    """What follows the blocks takes as many images as went in."""

    def read(self, tokens: Tensor, images: int) -> Tensor:
        logits: Tensor = self.head(tokens.reshape(images, 64, 24).mean(1))
        return logits


class OfTheFirst(MeanBlocks):
    """What follows the blocks takes any number, and gives as many answers as images went in."""

    def read(self, tokens: Tensor, images: int) -> Tensor:
        logits: Tensor = self.head(tokens.mean(1))
        return logits[:images]


@pytest.mark.parametrize("kind", [MeanBlocks, OneByOne, OfTheFirst])
def test_what_takes_one_image_alone_is_run_once_for_each_block(kind: type[MeanBlocks]) -> None:
    module = kind()
    model = loaded(module, side=SIDE)
    with torch.no_grad():
        tokens, expected = module.tokens(noise(model)), []
        for block in module.blocks:
            tokens = block(tokens)
            expected.append(module.head(tokens.mean(1))[0].numpy())
    lens = logit_lens(model, noise(model))
    assert (lens.layers, lens.reason) == (("blocks.0", "blocks.1", "blocks.2"), "")
    assert np.allclose(lens.logits, expected, atol=1e-5)


class Noisy(MeanBlocks):
    """Its answer is another one each time."""

    def read(self, tokens: Tensor, images: int) -> Tensor:
        return super().read(tokens + torch.randn_like(tokens), images)


@pytest.mark.parametrize(
    ("module", "side", "said"),
    [
        (MeanReader(), SIDE, "It can't be read off after its blocks: blocks.1 attends last, and no part around it"),
        (TinyNet(4), INPUT_SIDE, "No blocks of attention that follow one another were seen"),
        (Noisy(), SIDE, "What follows its blocks does not run on from their outputs alone."),
    ],
)
def test_where_it_can_not_be_read_off_a_sentence_says_why(module: nn.Module, side: int, said: str) -> None:
    model = loaded(module, side=side)
    lens = logit_lens(model, noise(model))
    assert lens.reason.startswith(said)
    assert (lens.layers, lens.logits.shape) == ((), (0, len(model.labels)))


def test_blocks_of_another_width_are_left_out_and_that_is_said(swin: LoadedModel) -> None:
    lens = logit_lens(swin, noise(swin))
    assert lens.layers == ("features.3.0", "features.3.1")
    assert lens.reason == (
        "It can be read off after features.3.0 to features.3.1 alone: what the end of the network takes, 8 x 8 cells "
        "of 24 channels, is not what the parts before give."
    )


def test_a_class_token_that_joins_late_is_not_read_before(late: LoadedModel) -> None:
    lens = logit_lens(late, noise(late))
    assert lens.layers == ("blocks.1",)
    assert "8 x 8 cells of 24 channels after 1 other token" in lens.reason


def test_an_answer_that_is_one_number_has_two_columns() -> None:
    model = loaded(MeanBlocks(classes=1), side=SIDE, activation="binary", labels=("no", "yes"))
    logits = logit_lens(model, noise(model)).logits
    assert logits.shape == (3, 2)
    assert np.array_equal(logits[:, 0], -logits[:, 1])


def test_a_pass_at_hand_spares_one(vit: LoadedModel) -> None:
    passes = []
    handle = vit.module.register_forward_hook(lambda *_: passes.append(1))
    try:
        attention = attend(vit, noise(vit))
        read_off(vit, noise(vit), attention=attention)
    finally:
        handle.remove()
    assert len(passes) == 2


def test_a_network_without_its_hooks_is_not_read_off_in_silence(vit: LoadedModel) -> None:
    bare = replace(vit, module=loaded(MeanBlocks(), side=SIDE).module)
    for part in bare.module.modules():
        part._forward_hooks.clear()
    model = replace(bare, layers=loaded(MeanBlocks(), side=SIDE).layers)
    with pytest.raises(LayerError, match="not called in their order"):
        logit_lens(model, noise(model))


def test_eight_threads_that_read_off_and_do_not_get_what_one_gets(vit: LoadedModel, tiny: LoadedModel) -> None:
    def ask(job: tuple[LoadedModel, int]) -> np.ndarray:
        model, seed = job
        return plain_logits(model, noise(model, seed)) if seed % 2 else logit_lens(model, noise(model, seed)).logits

    jobs = [(model, seed) for seed in range(6) for model in (vit, tiny)]
    alone = [ask(job) for job in jobs]
    with ThreadPoolExecutor(THREADS) as pool:
        answers = list(pool.map(ask, jobs))
    assert [one.shape for one in answers] == [one.shape for one in alone]
    assert all(np.allclose(one, other, atol=1e-5) for one, other in zip(alone, answers, strict=True))


SMALL = {"embed_dim": 96, "num_heads": 4}
TIMM: dict[str, tuple[str, int, dict[str, Any]]] = {  # the last block, how many, cut short
    "deit_tiny_distilled_patch16_224": ("blocks.1", 2, {"depth": 2}),  # two heads
    "vit_small_patch14_reg4_dinov2": ("blocks.1", 2, {"depth": 2, "img_size": 112}),  # registers
    "beit_base_patch16_224": ("blocks.1", 2, {**SMALL, "depth": 2}),  # the mean over the patches
    "eva02_tiny_patch14_224": ("blocks.1", 2, {"depth": 2}),
    "cait_xxs24_224": ("blocks.1", 2, {"depth": 2}),  # the class token joins after the blocks
    "vit_base_patch16_siglip_224": ("blocks.1", 2, {**SMALL, "depth": 2}),  # reads by attention
    "vit_small_patch16_18x2_224": ("blocks.1", 2, {**SMALL, "depth": 2}),  # two attentions beside each other
    "pit_ti_224": ("transformers.2.blocks.1", 2, {"depth": (1, 1, 2)}),  # its end takes one image alone
}


@pytest.mark.slow
@pytest.mark.parametrize("name", TIMM)
def test_timms_families_are_read_off_after_their_blocks(name: str) -> None:
    timm = pytest.importorskip("timm", reason="timm is optional")
    torch.manual_seed(0)
    last, rows, short = TIMM[name]
    module = timm.create_model(name, pretrained=False, num_classes=10, **short)
    side = short.get("img_size", module.pretrained_cfg["input_size"][-1])
    model = loaded(woken(module, (side, side)), side=side)
    image = torch.randn(1, 3, side, side)
    lens, plain = logit_lens(model, image), plain_logits(model, image)
    assert (lens.layers[-1], len(lens.layers)) == (last, rows)
    assert np.abs(lens.logits[-1] - plain).max() <= 1e-5 * plain.std()
    assert np.abs(lens.logits[0] - plain).max() > 1e-3 * plain.std()
