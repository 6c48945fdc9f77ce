"""Training: the same plan gives the same network, it learns, and what it writes can be loaded."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gradcam_core.checkpoints.pairs import read_checkpoint, read_weights
from gradcam_core.metrics.fills import filled
from gradcam_core.metrics.region import Region
from gradcam_core.models.architectures import build
from gradcam_core.scenes.scene import THINGS, draw_scene
from gradcam_core.training import tinyvit
from gradcam_core.training.check import check_network
from gradcam_core.training.command import ASSETS, NETWORKS, main
from gradcam_core.training.fit import (
    FIRST_CHECKING_SEED,
    FIRST_TRAINING_SEED,
    Plan,
    Pool,
    draw_pool,
    normalised,
    train,
)

PLAN = Plan(scenes=8, steps=2, batch=4, processes=1)


@pytest.fixture(scope="module")
def pool() -> Pool:
    return draw_pool(PLAN)


def test_pool_holds_the_scenes_of_the_training_seeds(pool: Pool) -> None:
    scene = draw_scene(FIRST_TRAINING_SEED + 5)
    assert np.array_equal(pool.pixels[5], scene.pixels)
    present = {THINGS[int(index)] for index in pool.targets[5].nonzero()}
    assert present == {thing.label for thing in scene.things}


def test_targets_are_uniform_over_the_things_present(pool: Pool) -> None:
    assert torch.allclose(pool.targets.sum(dim=1), torch.ones(8))
    assert all(len(row[row > 0].unique()) == 1 for row in pool.targets)


def test_checking_seeds_are_never_trained_on() -> None:
    assert FIRST_CHECKING_SEED + 2 * 500 <= FIRST_TRAINING_SEED


@pytest.mark.slow
@pytest.mark.parametrize("name", NETWORKS)
def test_same_plan_gives_the_same_network(pool: Pool, name: str) -> None:
    first, second = (NETWORKS[name].train(PLAN, pool).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.slow
def test_another_seed_gives_another_network(pool: Pool) -> None:
    first, second = train(PLAN, pool), train(Plan(scenes=8, steps=2, batch=4, processes=1, seed=1), pool)
    assert not torch.equal(first.head.weight, second.head.weight)


@pytest.mark.slow
def test_training_learns_a_few_scenes_by_heart(pool: Pool) -> None:
    few = Pool(pool.pixels[:4], pool.targets[:4])
    network = train(Plan(steps=50, batch=4, decay=0.0), few)
    with torch.no_grad():
        probabilities = network(normalised(few.pixels)).softmax(dim=1)
    on_present = (probabilities * (few.targets > 0)).sum(dim=1)
    assert float(on_present.mean()) > 0.5  # blind guessing gives about a seventh


@pytest.mark.slow
def test_training_leaves_the_number_of_threads_as_it_was(pool: Pool) -> None:
    before = torch.get_num_threads()
    train(Plan(scenes=8, steps=1, batch=4, threads=before + 1), pool)
    assert torch.get_num_threads() == before


@pytest.mark.slow
def test_half_of_the_pictures_of_the_transformer_have_a_part_hidden_as_the_sweep_hides_it() -> None:
    images = torch.rand(60, 3, 128, 128, generator=torch.Generator().manual_seed(0))
    ((hidden, targets),) = tinyvit.with_hidden_parts([(images, torch.ones(60, 12))], seed=0)
    used = []
    for image, shown in zip(images.numpy(), hidden.numpy(), strict=True):
        mask = (image != shown).any(axis=0)
        fills = filled(image, Region(0, 0, 128, 128))
        used += [name for name, fill in fills.items() if mask.any() and np.abs(shown - fill)[:, mask].max() < 1e-4]
        assert mask.sum() in (0, round(0.2 * 128 * 128))
    assert 20 < len(used) < 40
    assert set(used) == set(fills)
    assert torch.equal(targets, torch.ones(60, 12))


@pytest.mark.slow
def test_early_blocks_of_the_transformer_stay_as_they_are(pool: Pool) -> None:
    trained = tinyvit.train(Plan(steps=1, batch=4, rate=0.1, warming=1), pool)
    tinynet = read_weights(read_checkpoint(ASSETS, "tinynet"))[0].tensors
    assert all(torch.equal(value, tinynet[f"blocks.{name}"]) for name, value in trained.early.state_dict().items())


@pytest.mark.parametrize("arguments", [[], pytest.param(["tinyvit"], marks=pytest.mark.slow)])
def test_main_writes_a_pair_that_loads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    options = {"scenes": 8, "steps": 2, "batch": 4, "processes": 1, "check": 2, "out": tmp_path}
    main([*arguments, *(f"--{name}={value}" for name, value in options.items())])
    checkpoint = read_checkpoint(tmp_path, *(arguments or ["tinynet"]))
    weights, digest = read_weights(checkpoint)
    assert (checkpoint.labels, checkpoint.sha256) == (THINGS, digest)
    network = build(checkpoint.architecture, checkpoint.num_classes, weights.tensors).module
    assert network(torch.rand(1, 3, 128, 128)).shape == (1, len(THINGS))
    assert "pointing game" in capsys.readouterr().out


@pytest.mark.slow
def test_check_tells_a_blind_network_from_a_seeing_one(pool: Pool) -> None:
    network = train(PLAN, pool)
    with torch.no_grad():
        network.head.weight.zero_()
        network.head.bias.zero_()
        network.head.bias[THINGS.index("car")] = 1.0  # whatever it is shown, it says car
    check = check_network(network, scenes=(36, 12))
    singles = [draw_scene(FIRST_CHECKING_SEED + i, things=1).things[0].label for i in range(36)]
    assert check.accuracy == pytest.approx(singles.count("car") / 36)
    assert check.pointing < 0.5
    assert 0.02 < check.chance < 0.2


@pytest.mark.slow
def test_several_processes_draw_the_same_pool(pool: Pool) -> None:
    drawn = draw_pool(Plan(scenes=8, processes=2))
    assert torch.equal(drawn.pixels, pool.pixels)
    assert torch.equal(drawn.targets, pool.targets)
