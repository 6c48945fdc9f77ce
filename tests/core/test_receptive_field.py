"""Where do the cells of a layer look? Closed forms of linear networks, and what must not move them."""

import threading
from collections.abc import Sequence

import pytest
import torch
from torch import Tensor, nn

from gradcam_core.engine import Explainer
from gradcam_core.errors import HeatproofError
from gradcam_core.layers.place import DISORDERED, UNKNOWN, ReceptiveField
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel
from gradcam_core.receptive_field import measured, receptive_field
from gradcam_core.samples import load_sample
from tests.support import loaded

SIDE, CHANNELS = 128, 32
CLOSE = 0.1  # cells
HALVING = (3, 2, 1, 1)
Step = tuple[int, int, int, int]
"""Kernel, stride, padding before the first pixel, dilation."""


def conv(step: Step, before: int = CHANNELS) -> nn.Module:
    kernel, stride, padding, dilation = step
    return nn.Conv2d(before, CHANNELS, kernel, stride, padding, dilation, bias=False)


def network(*parts: nn.Module) -> LoadedModel:
    """These parts, the last of which is the layer to ask about, before pooling and one linear layer."""
    head = (nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(CHANNELS, 3))
    return loaded(nn.Sequential(nn.Sequential(*parts), *head), side=SIDE)


def field_of(model: LoadedModel) -> ReceptiveField:
    return measured(model, model.layer("0"))


def closed_form(steps: Sequence[Step], cells: int) -> float:
    """How many cells further on than in the middle of its square the middle cell looks, along one side."""
    jump, first = 1.0, 0.5  # pixels from one cell to the next; where the first one looks
    for kernel, stride, padding, dilation in steps:
        first += ((kernel - 1) / 2 * dilation - padding) * jump
        jump *= stride
    looks = first + (cells - 1) / 2 * jump
    return (looks - SIDE / 2) * cells / SIDE


KINDS: dict[str, tuple[list[nn.Module], list[Step], float]] = {}
torch.manual_seed(0)
KINDS["kernels of 3 with stride 2"] = ([conv(HALVING, 3), *(conv(HALVING) for _ in range(3))], [HALVING] * 4, -0.47)
KINDS["dilated"] = (
    [conv(HALVING, 3), conv(HALVING), conv((3, 1, 2, 2)), conv(HALVING)],
    [HALVING, HALVING, (3, 1, 2, 2), HALVING],
    -0.44,
)
KINDS["max pooling of 3"] = (
    [conv((3, 1, 1, 1), 3), *(nn.MaxPool2d(3, 2, 1) for _ in range(3)), conv((3, 1, 1, 1))],
    [(3, 1, 1, 1), *[HALVING] * 3, (3, 1, 1, 1)],
    -0.44,
)
KINDS["mean pooling of 2"] = (
    [conv(HALVING, 3), conv((3, 1, 1, 1)), nn.AvgPool2d(2), conv((3, 1, 1, 1)), nn.AvgPool2d(2)],
    [HALVING, (3, 1, 1, 1), (2, 2, 0, 1), (3, 1, 1, 1), (2, 2, 0, 1)],
    -0.06,
)
KINDS["rounded up"] = (
    [conv((7, 2, 0, 1), 3), *(nn.MaxPool2d(3, 2, ceil_mode=True) for _ in range(2)), conv((3, 1, 1, 1))],
    [(7, 2, 0, 1), (3, 2, 0, 1), (3, 2, 0, 1), (3, 1, 1, 1)],
    0.18,
)
KINDS["kernels of 4"] = ([conv((4, 2, 1, 1), 3), conv((4, 2, 1, 1)), conv((3, 1, 1, 1))], [(4, 2, 1, 1)] * 2, 0.0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_linear_networks_cells_look_where_its_kernels_say(kind: str) -> None:
    parts, steps, expected = KINDS[kind]
    model = network(*parts)
    wanted = closed_form(steps, model.layer("0").size[0])
    assert wanted == pytest.approx(expected, abs=0.01)
    assert field_of(model).shift == pytest.approx((wanted, wanted), abs=CLOSE)


def test_each_axis_has_its_own_shift() -> None:
    torch.manual_seed(0)
    parts = [(nn.ZeroPad2d((0, 1, 1, 0)), conv((3, 2, 0, 1), 3 if first else CHANNELS)) for first in (True, False)]
    model = network(*(module for pair in parts for module in pair))
    across, down = closed_form([(3, 2, 0, 1)] * 2, 32), closed_form([HALVING] * 2, 32)
    assert (across, down) == pytest.approx((0.375, -0.375))
    assert field_of(model).shift == pytest.approx((across, down), abs=CLOSE)


class Moved(nn.Module):
    """All pixels three of eight pixels' cells further down and to the left."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.roll(x, (24, -24), dims=(2, 3))


def test_cells_that_look_far_off_are_not_taken_for_their_neighbours() -> None:
    kernels = (conv(HALVING, 3), conv(HALVING), conv(HALVING))
    near, far = field_of(network(*kernels)).shift, field_of(network(Moved(), *kernels)).shift
    assert far == pytest.approx((near[0] + 3, near[1] - 3), abs=CLOSE)


class Squeeze(nn.Module):
    """Squeeze and excitation: each channel is weighed by what is in the whole image."""

    def __init__(self) -> None:
        super().__init__()
        self.weigh = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(CHANNELS, CHANNELS, 1), nn.Sigmoid())

    def forward(self, maps: Tensor) -> Tensor:
        return maps * self.weigh(4 * maps)  # type: ignore[no-any-return]


class Attention(nn.Module):
    """One block of a transformer over the cells of a map."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.MultiheadAttention(CHANNELS, 4, batch_first=True)
        self.norm = nn.LayerNorm(CHANNELS)

    def forward(self, maps: Tensor) -> Tensor:
        tokens = maps.flatten(2).transpose(1, 2)  # (n, channels, h, w) → (n, h * w, channels)
        normed = self.norm(tokens)
        mixed = tokens + self.mix(normed, normed, normed, need_weights=False)[0]
        return mixed.transpose(1, 2).reshape(maps.shape)  # type: ignore[no-any-return]


@pytest.mark.parametrize("mixing", [Squeeze, Attention])
def test_what_sees_the_whole_image_moves_no_cell(mixing: type[nn.Module]) -> None:
    torch.manual_seed(0)
    parts = [conv(HALVING, 3), conv(HALVING), mixing(), nn.ReLU(), conv(HALVING), mixing()]
    wanted = closed_form([HALVING] * 3, 16)
    assert field_of(network(*parts)).shift == pytest.approx((wanted, wanted), abs=CLOSE)


def test_tokens_look_at_their_own_patches() -> None:
    torch.manual_seed(0)
    model = network(conv((16, 16, 0, 1), 3), Attention(), Attention())
    assert field_of(model).shift == pytest.approx((0, 0), abs=CLOSE)


class Patches(nn.Module):
    """Tokens of 8 x 8 patches, (n, 64, channels), in this order of (row of windows, row, column of windows, column)."""

    def __init__(self, order: tuple[int, int, int, int]) -> None:
        super().__init__()
        self.cut, self.order = nn.Conv2d(3, CHANNELS, 16, 16, bias=False), order

    def forward(self, images: Tensor) -> Tensor:
        cells = self.cut(images).unflatten(3, (4, 2)).unflatten(2, (4, 2))  # (n, channels, 4, 2, 4, 2)
        return cells.permute(0, *(2 + axis for axis in self.order), 1).flatten(1, 4)  # type: ignore[no-any-return]


class MeanOfTokens(nn.Module):
    """(n, tokens, channels) → (n, channels)."""

    def forward(self, tokens: Tensor) -> Tensor:
        return tokens.mean(dim=1)


@pytest.mark.parametrize(
    ("order", "is_said"), [((0, 1, 2, 3), False), ((0, 2, 1, 3), True), ((2, 3, 0, 1), True), ((1, 3, 0, 2), True)]
)
def test_cells_in_another_order_than_the_image_are_said(order: tuple[int, int, int, int], is_said: bool) -> None:
    torch.manual_seed(0)
    model = loaded(nn.Sequential(Patches(order), MeanOfTokens(), nn.Linear(CHANNELS, 3)), side=SIDE)
    assert (field_of(model).note == DISORDERED) == is_said


def test_the_spread_is_that_of_the_field() -> None:
    torch.manual_seed(0)
    spread = field_of(network(conv((16, 16, 0, 1), 3))).spread
    assert spread == pytest.approx((12**-0.5, 12**-0.5), abs=0.05)  # an even field as wide as its cell


def test_the_embedded_network_looks_where_its_grid_suggests(tinynet: LoadedModel) -> None:
    for name in ("blocks.0", "blocks.2", "blocks.5"):
        assert measured(tinynet, tinynet.layer(name)).shift == (0, 0)  # what can't be told from none is none


@pytest.mark.parametrize("cut", [lambda maps: maps * torch.nan, lambda maps: maps.detach() + 1, lambda maps: maps * 0])
def test_where_no_gradient_tells_the_grid_decides_and_it_is_said(cut: object) -> None:
    class Cut(nn.Module):
        def forward(self, maps: Tensor) -> Tensor:
            return cut(maps)  # type: ignore[operator, no-any-return]

    assert field_of(network(conv(HALVING, 3), Cut())) == ReceptiveField(note=UNKNOWN)


def test_a_layer_is_measured_once_however_many_ask_at_once() -> None:
    torch.manual_seed(0)
    model = network(conv(HALVING, 3), conv(HALVING))
    forwards: list[int] = []
    model.module.register_forward_hook(lambda *_: forwards.append(threading.get_ident()))
    found: list[ReceptiveField] = []
    threads = [
        threading.Thread(target=lambda: found.append(receptive_field(model, model.layer("0")))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(forwards)) == 1
    assert found == [measured(model, model.layer("0"))] * 4
    assert all(parameter.grad is None for parameter in model.module.parameters())


@pytest.fixture(scope="module")
def image() -> LoadedImage:
    return load_sample("meadow")


def test_a_map_lies_where_the_network_looks_unless_the_grid_is_asked_for(image: LoadedImage) -> None:
    model = network(*KINDS["kernels of 3 with stride 2"][0])
    explainer = Explainer(model, "0")
    cam, grid = (explainer.forward(image, place=place).cam(0) for place in ("network", "Grid"))
    assert (cam.key.place, grid.key.place) == ("network", "grid")
    assert cam.field == grid.field == receptive_field(model, model.layer("0"))
    assert (cam.geometry.shift, grid.geometry.shift) == (cam.field.shift, (0.0, 0.0))
    assert (cam.values == grid.values).all()
    moved = tuple(at + 64 * shift for at, shift in zip(grid.peak, cam.field.shift, strict=True))  # a cell is 64 pixels
    assert cam.peak == pytest.approx([max(0, at) for at in moved], abs=1)  # of the first cell it may lie outside


def test_there_are_no_other_places(image: LoadedImage, tinynet: LoadedModel) -> None:
    with pytest.raises(HeatproofError, match="'moon' is not a place"):
        Explainer(tinynet).forward(image, place="moon")
