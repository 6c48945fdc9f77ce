"""tinynet with the usual kernels of 3, whose cells look half a cell beside where they are drawn.

    python -m tests.planted.kernels_of_3 --out FILE [--device cuda] [--processes 16]

tinynet halves its maps with kernels of 4, which lie evenly. Kernels of 3 with stride 2 and padding 1, as in ResNets,
look half a pixel of their own input to the upper left: after three of them 0.5 + 1 + 2 = 3.5 of 128 pixels, 0.44
cells. All else is as in tinynet, and so is its training, so the two should find things equally well once the maps
are laid where the network looked. It is trained when it is needed and is not kept.
"""

import argparse
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn

from gradcam_core.scenes.scene import THINGS
from gradcam_core.tinynet import TinyNet
from gradcam_core.training.check import check_network
from gradcam_core.training.fit import Plan, batches, draw_pool, fitted


class KernelsOf3(TinyNet):
    """tinynet, but for its three kernels of 4."""

    def __init__(self, num_classes: int) -> None:
        super().__init__(num_classes)
        for block in self.blocks:
            halving = block.get_submodule("0")
            if isinstance(halving, nn.Conv2d) and halving.stride == (2, 2):
                block.register_module("0", _with_a_kernel_of_3(halving))


def trained(plan: Plan) -> KernelsOf3:
    """A new network fitted to the scenes of a plan as tinynet is; in eval mode."""
    pool = draw_pool(plan)
    torch.manual_seed(plan.seed)
    return fitted(KernelsOf3(len(THINGS)), batches(plan, pool), plan)


def read(weights: Path) -> KernelsOf3:
    """The network of a file that `main` wrote; in eval mode."""
    network = KernelsOf3(len(THINGS))
    network.load_state_dict(load_file(weights))
    return network.eval().requires_grad_(False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, write and check; the pointing game of the check knows nothing of the shift."""
    options = vars(_parser().parse_args(arguments))
    out: Path = options.pop("out")
    network = trained(Plan(**options))
    save_file(network.state_dict(), out)
    check = check_network(network, scenes=(500, 500))
    print(f"kernels of 3: accuracy {check.accuracy:.1%}, pointing game, as drawn by the grid, {check.pointing:.1%}")


def _with_a_kernel_of_3(layer: nn.Conv2d) -> nn.Conv2d:
    return nn.Conv2d(layer.in_channels, layer.out_channels, kernel_size=3, stride=2, padding=1, bias=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.planted.kernels_of_3", description=main.__doc__)
    parser.add_argument("--out", type=Path, required=True)
    for field in fields(Plan):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    return parser


if __name__ == "__main__":
    main()
