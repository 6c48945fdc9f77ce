"""The embedded network: small, pooled and linear behind its last block, and good at what it is for."""

import hashlib
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from gradcam_core.checkpoints.pairs import read_checkpoint, read_weights
from gradcam_core.layers.finding import find_layers
from gradcam_core.models.architectures import build
from gradcam_core.scenes.scene import THINGS, draw_scene
from gradcam_core.tinynet import INPUT_SIDE, TARGET_LAYER, TinyNet
from gradcam_core.training.check import check_network
from gradcam_core.training.command import ASSETS
from gradcam_core.training.fit import FIRST_TRAINING_SEED, normalised

WEIGHTS = ASSETS / "tinynet.safetensors"


@pytest.fixture(scope="module")
def shipped() -> TinyNet:
    checkpoint = read_checkpoint(ASSETS, "tinynet")
    weights, _ = read_weights(checkpoint)
    network = build(checkpoint.architecture, checkpoint.num_classes, weights.tensors).module.eval()
    assert isinstance(network, TinyNet)
    return network


def test_one_logit_for_each_class() -> None:
    assert TinyNet(7).eval()(torch.rand(2, 3, INPUT_SIDE, INPUT_SIDE)).shape == (2, 7)


def test_last_map_is_fine_enough_for_a_heatmap() -> None:
    layers = {
        layer.name: layer for layer in find_layers(TinyNet(12), torch.rand(1, 3, INPUT_SIDE, INPUT_SIDE)).candidates
    }
    assert min(layers[TARGET_LAYER].size) >= 8
    assert layers[TARGET_LAYER].is_block


def test_default_layer_is_the_last_block() -> None:
    assert find_layers(TinyNet(12), torch.rand(1, 3, INPUT_SIDE, INPUT_SIDE)).default == TARGET_LAYER


def test_a_cell_of_the_last_map_lies_in_the_middle_of_the_62_pixels_it_sees() -> None:
    image = torch.rand(1, 3, INPUT_SIDE, INPUT_SIDE, requires_grad=True)
    # Without the ReLUs: a closed one would hide what its cell sees.
    blocks = [nn.Sequential(*list(block.children())[:2]) for block in TinyNet(12).eval().blocks]
    nn.Sequential(*blocks)(image)[0, :, 8, 8].sum().backward()
    assert image.grad is not None
    rows = image.grad.abs().sum(dim=(0, 1, 3)).nonzero().flatten()
    assert int(rows[-1] - rows[0]) + 1 == 62
    assert (int(rows[0]) + int(rows[-1]) + 1) / 2 == 8.5 * 8  # the cell's middle, in pixels


def test_sum_of_the_weighted_maps_plus_bias_is_the_logit(shipped: TinyNet) -> None:
    images = normalised(torch.from_numpy(draw_scene(1).pixels)[None])
    with torch.no_grad():
        maps = shipped.blocks(images)[0]  # (128, 16, 16)
        cams = torch.einsum("kc,chw->khw", shipped.head.weight, maps) / maps[0].numel()
        assert torch.allclose(cams.sum(dim=(1, 2)) + shipped.head.bias, shipped(images)[0], atol=1e-4)


def test_weights_are_small() -> None:
    assert sum(parameter.numel() for parameter in TinyNet(len(THINGS)).parameters()) < 250_000
    assert WEIGHTS.stat().st_size <= 1_000_000


def test_description_fits_the_weights_and_the_drawings() -> None:
    description = json.loads(Path(ASSETS / "tinynet.json").read_text(encoding="utf-8"))
    assert description["sha256"] == hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert tuple(description["labels"]) == THINGS
    assert description["target_layer"] == TARGET_LAYER
    assert description["preprocessing"]["crop_size"] == INPUT_SIDE


def test_shipped_network_names_and_finds_held_out_things(shipped: TinyNet) -> None:
    seed = 100_000
    assert seed + 200 < FIRST_TRAINING_SEED
    single, double = check_network(shipped, scenes=(100, 50), first_seed=seed)[:2]
    assert single >= 0.96
    assert double >= 0.88
