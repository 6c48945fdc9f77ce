"""Is LeGrad's map its formula: of each block the positive slopes by its attention, as the network is read off there?"""

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models.vision_transformer import VisionTransformer

from gradcam_core.attention.legrad import legrad_map
from gradcam_core.attention.lens import ReadOff, read_off
from gradcam_core.attention.passes import attend
from gradcam_core.attention.recording import recording_attention
from gradcam_core.errors import MethodError
from gradcam_core.hooks import recording
from gradcam_core.models import LoadedModel
from gradcam_core.tinynet import TinyNet
from gradcam_core.tinyvit import INPUT_SIDE
from tests.core.transformers import SIDE, MeanBlocks, small_swin, small_vit
from tests.support import loaded

ONE, OTHER = ((1, 1.0),), ((0, 1.0),)


def noise(side: int = SIDE) -> Tensor:
    return torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(0))


def gradients_of(model: LoadedModel) -> ReadOff:
    return read_off(model, noise(model.input_spec.size[0]), gradients=True)


def test_of_blocks_that_only_add_attention_it_is_the_closed_form() -> None:
    """Where the tokens' mean is read, a weight's slope is what the value of its key is worth to the class."""
    module: Any = MeanBlocks()
    model = loaded(module, side=SIDE)
    attention = attend(model, noise(), values=True)
    expected = []
    for index, block in enumerate(module.blocks):
        worth = (module.head.weight[1] @ block.attention.out_proj.weight).unflatten(0, (2, -1))  # (heads, width)
        values = torch.from_numpy(np.array(attention.values(index)))  # (heads, keys, width)
        slopes = torch.einsum("hkw,hw->hk", values, worth) / 64  # the same for every query
        expected.append(slopes.clamp(min=0).mean(0))
    found = legrad_map(gradients_of(model), ONE)
    assert np.allclose(found, torch.stack(expected).mean(0).reshape(8, 8).numpy(), rtol=1e-4, atol=1e-9)
    assert np.ptp(found) > 1e-5


def by_hand(model: LoadedModel, class_index: int) -> np.ndarray:
    """One plain pass with its whole graph; what follows the blocks is called by its names."""
    module: Any = model.module
    names = [f"encoder.layers.encoder_layer_{index}" for index in range(3)]
    with torch.enable_grad(), recording_attention(module, gradients=True) as mode, recording(names) as outputs:
        module(noise())
    keys = []
    for name, call in zip(names, mode.calls, strict=True):
        score = module.heads(module.encoder.ln(outputs[name])[:, 0])[0, class_index]
        (slope,) = torch.autograd.grad(score, call.weights, retain_graph=True)
        keys.append(slope.clamp(min=0).mean(dim=(0, 1, 2)))
    return np.asarray(torch.stack(keys).mean(0)[1:].reshape(8, 8).numpy())


def test_with_a_class_token_it_is_what_the_formula_gives_by_hand() -> None:
    model = loaded(small_vit(), side=SIDE)
    one, other = (legrad_map(gradients_of(model), target) for target in (ONE, OTHER))
    assert np.allclose(one, by_hand(model, 1), rtol=1e-4, atol=1e-8)
    assert np.allclose(other, by_hand(model, 0), rtol=1e-4, atol=1e-8)
    assert np.ptp(one) > 1e-4
    assert not np.allclose(one, other, rtol=1e-2)


class MeanOfAll(VisionTransformer):  # type: ignore[misc]
    """The mean over all tokens is read, the class token's among them, as torchcam reads every such network."""

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.encoder.layers(
            torch.cat([self.class_token, self._process_input(x)], 1) + self.encoder.pos_embedding
        )
        logits: Tensor = self.heads(self.encoder.ln(tokens.mean(1)))
        return logits


@pytest.mark.parametrize("kind", [MeanOfAll, VisionTransformer])
def test_it_is_torchcams_with_the_models_own_pooling(kind: type[VisionTransformer]) -> None:
    methods = pytest.importorskip("torchcam.methods")
    module: Any = small_vit(kind=kind)
    theirs: Any = copy.deepcopy(module)
    own = None if kind is MeanOfAll else lambda tokens: theirs.heads(theirs.encoder.ln(tokens)[:, 0])
    with methods.LeGrad(theirs, list(theirs.encoder.layers), score_projection=own) as extractor:
        theirs(noise())
        expected = extractor(1, normalized=False)[0][0].numpy()
    found = legrad_map(gradients_of(loaded(module, side=SIDE)), ONE)
    assert np.abs(found - expected).max() <= 1e-5 * expected.max()


def test_what_takes_one_image_alone_gives_the_same_map() -> None:
    class OneByOne(MeanBlocks):
        def read(self, tokens: Tensor, images: int) -> Tensor:
            return super().read(tokens.reshape(images, 64, 24), images)

    one, all_at_once = (legrad_map(gradients_of(loaded(kind(), side=SIDE)), ONE) for kind in (OneByOne, MeanBlocks))
    assert np.allclose(one, all_at_once, rtol=1e-4, atol=1e-9)


@pytest.mark.parametrize(
    ("module", "side", "said"),
    [
        (small_swin(), SIDE, "LeGrad needs blocks in which all tokens attend to all. It attends in 16 windows"),
        (TinyNet(4), INPUT_SIDE, "No blocks of attention that follow one another were seen"),
    ],
)
def test_where_there_is_none_a_sentence_says_why(module: nn.Module, side: int, said: str) -> None:
    model = loaded(module, side=side)
    read = read_off(model, noise(side), gradients=True)
    with pytest.raises(MethodError) as caught:
        legrad_map(read, ONE)
    assert caught.value.message.startswith(said)
    assert caught.value.hint


def test_a_read_off_without_gradients_says_so() -> None:
    model = loaded(small_vit(), side=SIDE)
    with pytest.raises(ValueError, match="without gradients"):
        legrad_map(read_off(model, noise()), ONE)
