"""The embedded transformer: small, its class read from the class token, and good at what it is for."""

import copy
import hashlib
import json

import pytest
import torch
from safetensors.torch import load_file

from gradcam_core.engine import Explainer
from gradcam_core.models import load_model
from gradcam_core.samples import load_sample
from gradcam_core.scenes.scene import THINGS, draw_scene
from gradcam_core.tinyvit import GRID, INPUT_SIDE, TARGET_LAYER, TinyViT
from gradcam_core.training import tinyvit
from gradcam_core.training.check import check_network
from gradcam_core.training.command import ASSETS
from gradcam_core.training.fit import FIRST_TRAINING_SEED, normalised
from tests.planted.wilson import interval
from tests.support import embedded_network

WEIGHTS = ASSETS / "tinyvit.safetensors"
SINGLES, PAIRS = 150, 60


@pytest.fixture(scope="module")
def shipped() -> TinyViT:
    network = embedded_network("tinyvit")
    assert isinstance(network, TinyViT)
    return network


def images(count: int) -> torch.Tensor:
    return torch.rand(count, 3, INPUT_SIDE, INPUT_SIDE)


def test_one_logit_for_each_class() -> None:
    assert TinyViT(7).eval()(images(2)).shape == (2, 7)


def test_no_patch_reaches_the_class_after_the_last_attention(shipped: TinyViT) -> None:
    tokens = shipped.with_class_token(shipped.read(shipped.early(images(1))))
    tokens = shipped.blocks(tokens).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(shipped.answer(tokens)[0, 3], tokens)
    assert gradient[:, 0].abs().max() > 0
    assert gradient[:, 1:].abs().max() == 0


def test_a_class_token_that_joins_late_knows_what_it_takes_in_the_last_block_alone(shipped: TinyViT) -> None:
    pixels = torch.stack([torch.from_numpy(draw_scene(seed).pixels) for seed in (5, 6)])
    patches = shipped.read(shipped.early(normalised(pixels)))
    late = tinyvit.answer_of_a_class_token_that_joins_late(shipped, patches)
    without = copy.deepcopy(shipped)
    with torch.no_grad():
        without.get_parameter("blocks.2.attention.out.weight").zero_()  # it takes nothing then
    blind = tinyvit.answer_of_a_class_token_that_joins_late(without, patches)
    assert torch.allclose(blind[0], blind[1])
    assert not torch.allclose(late[0], late[1], atol=0.5)
    assert not torch.allclose(late, shipped(normalised(pixels)), atol=0.05)


def test_weights_are_small_and_loaded_as_float32(shipped: TinyViT) -> None:
    assert WEIGHTS.stat().st_size <= 1_500_000
    assert {value.dtype for value in load_file(WEIGHTS).values() if value.is_floating_point()} == {torch.float16}
    assert {value.dtype for value in shipped.parameters()} == {torch.float32}


def test_early_blocks_are_those_of_tinynet(shipped: TinyViT) -> None:
    theirs = load_file(ASSETS / "tinynet.safetensors")
    early = {name: value for name, value in shipped.early.state_dict().items() if value.is_floating_point()}
    assert len(early) == 4 * 5
    assert all(torch.equal(value, theirs[f"blocks.{name}"].half().float()) for name, value in early.items())


def test_description_fits_the_weights_and_the_drawings() -> None:
    description = json.loads((ASSETS / "tinyvit.json").read_text(encoding="utf-8"))
    assert description["sha256"] == hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert tuple(description["labels"]) == THINGS
    assert description["target_layer"] == TARGET_LAYER
    assert description["preprocessing"]["crop_size"] == INPUT_SIDE


def test_map_has_a_cell_for_each_patch_and_depends_on_the_class(shipped: TinyViT) -> None:
    image = images(1)
    cat, boat = (tinyvit.class_map(shipped, image, index) for index in (0, 9))
    assert cat.shape == (GRID, GRID)
    assert float(torch.corrcoef(torch.stack([cat.flatten(), boat.flatten()]))[0, 1]) < 0.9


def test_what_cancels_before_its_normalisation_is_said_although_an_epsilon_is_left() -> None:
    forward = Explainer(load_model("tinyvit"), "blocks.1").forward(load_sample("meadow"))
    for prediction in forward.top(3):
        assert forward.cam(prediction.class_index, "hirescam").cancels
        assert not forward.cam(prediction.class_index, "gradcam").cancels


def test_shipped_network_names_and_finds_held_out_things(shipped: TinyViT) -> None:
    seed = 100_000
    assert seed + SINGLES + PAIRS < FIRST_TRAINING_SEED
    check = check_network(shipped, scenes=(SINGLES, PAIRS), first_seed=seed, class_map=tinyvit.class_map)
    assert interval(round(check.accuracy * SINGLES), SINGLES)[0] >= 0.95
    assert interval(round(check.pointing * 2 * PAIRS), 2 * PAIRS)[0] >= 0.5  # of chance 0.09
