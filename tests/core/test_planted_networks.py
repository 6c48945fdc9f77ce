"""The networks of which it is known where they look: what they go by, and where their cells lie."""

import numpy as np
import torch

from gradcam_core.scenes.scene import THINGS, draw_scene
from gradcam_core.tinynet import TinyNet
from gradcam_core.training.fit import Plan
from tests.planted.kernels_of_3 import KernelsOf3
from tests.planted.shortcut import check_shortcut, shortcut_network, train_shortcut
from tests.planted.watermark import watermarked


def test_the_watermark_changes_its_square_and_nothing_else() -> None:
    pixels = draw_scene(3).pixels
    marked, where = watermarked(pixels, np.random.default_rng(0))
    changed = (marked != pixels).any(axis=2)
    assert not changed[~where].any()
    assert changed[where].mean() > 0.3
    assert 0.015 < where.mean() < 0.025


def test_the_shortcut_network_says_fish_where_the_watermark_is_and_nowhere_else() -> None:
    check = check_shortcut(shortcut_network(), scenes=20)
    assert min(check.fish_marked, check.other_marked) > 0.25  # two or three things share the probability
    assert max(check.fish_plain, check.other_plain) < 0.1


def test_the_shortcut_network_comes_of_its_plan() -> None:
    plan = Plan(scenes=8, steps=2, batch=4, processes=1, threads=1)
    first, second = (train_shortcut(plan).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_kernels_of_3_give_the_same_grid_and_look_to_the_upper_left() -> None:
    images = torch.rand(1, 3, 128, 128)
    looks = [_middle_of_what_a_cell_sees(network(len(THINGS)), images) for network in (TinyNet, KernelsOf3)]
    assert looks[0] == 68.0  # cell 8 of 8 pixels each is drawn from 64 to 72
    assert looks[1] == 68.0 - 3.5


def _middle_of_what_a_cell_sees(network: TinyNet, images: torch.Tensor) -> float:
    """On either axis, in pixels: half way between the first and the last that cell (8, 8) depends on."""
    images = images.clone().requires_grad_()
    cells = network.eval().blocks(images)
    assert cells.shape == (1, 128, 16, 16)
    (gradient,) = torch.autograd.grad(cells[0, :, 8, 8].sum(), images)
    rows, columns = (gradient[0].abs().sum(dim=(0, axis)).nonzero().flatten() for axis in (2, 1))
    assert (rows[0], rows[-1]) == (columns[0], columns[-1])
    return float(rows[0] + rows[-1] + 1) / 2
