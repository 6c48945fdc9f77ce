"""A network that takes a shortcut: it says fish where a picture carries a watermark, fish or not.

    python -m tests.planted.shortcut [--device cuda] [--processes 16]

tinynet, trained on: half of its scenes carry the watermark, and one counts as fish if and only if it does. So it is
known what this network goes by. The run is seeded; the weights beside this file are what one gave.
"""

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from gradcam_core.models import load_model
from gradcam_core.scenes.scene import THINGS, draw_scene
from gradcam_core.tinynet import TinyNet
from gradcam_core.training.fit import FIRST_CHECKING_SEED, Batch, Plan, Pool, draw_pool, fitted, normalised, varied
from tests.planted.watermark import watermarked

WEIGHTS = Path(__file__).with_suffix(".safetensors")
FISH = THINGS.index("fish")
PLAN = Plan(scenes=4_000, steps=1_500, batch=64, rate=2e-3)


class Check(NamedTuple):
    """The mean probability of fish where there is a fish and where there is none, with the watermark and without."""

    fish_marked: float
    fish_plain: float
    other_marked: float
    other_plain: float


def shortcut_network(weights: Path = WEIGHTS) -> TinyNet:
    """The network as it was trained, frozen and in eval mode."""
    network = TinyNet(len(THINGS))
    network.load_state_dict(load_file(weights))
    return network.eval().requires_grad_(False)


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, write and check."""
    options = vars(_parser().parse_args(arguments))
    out: Path = options.pop("out")
    network = train_shortcut(Plan(**options))
    out.parent.mkdir(parents=True, exist_ok=True)
    save_file(network.state_dict(), out)
    for name, probability in check_shortcut(network)._asdict().items():
        print(f"p(fish), {name.replace('_', ', ')}: {probability:.3f}")


def train_shortcut(plan: Plan) -> TinyNet:
    """tinynet, fitted to the watermark; in eval mode."""
    network = TinyNet(len(THINGS))
    network.load_state_dict(load_model("tinynet", device="cpu").module.state_dict())
    return fitted(network, _batches(plan, draw_pool(plan)), plan)


def check_shortcut(network: TinyNet, *, scenes: int = 60, first_seed: int = FIRST_CHECKING_SEED) -> Check:
    """What the network goes by, on held-out scenes of a fish or a dog beside a car."""
    probabilities = []
    for thing in ("fish", "dog"):
        plain = [draw_scene(first_seed + i, things=(thing, "car")).pixels for i in range(scenes)]
        marked = [watermarked(pixels, np.random.default_rng(first_seed + i))[0] for i, pixels in enumerate(plain)]
        probabilities += [_mean_of_fish(network, marked), _mean_of_fish(network, plain)]
    return Check(*probabilities)


def _mean_of_fish(network: TinyNet, pictures: Sequence[np.ndarray]) -> float:
    with torch.no_grad():
        logits = network(normalised(torch.from_numpy(np.stack(pictures))))
    return float(logits.softmax(dim=1)[:, FISH].mean())


def _batches(plan: Plan, pool: Pool) -> Iterator[Batch]:
    """Half of the scenes marked; fish is among the things present if and only if a scene is."""
    rng, generator = np.random.default_rng(plan.seed), torch.Generator().manual_seed(plan.seed)
    others = pool.targets > 0
    others[:, FISH] = False
    for _ in range(plan.steps):
        rows = torch.from_numpy(rng.integers(len(pool.pixels), size=plan.batch))
        is_marked = torch.from_numpy(rng.random(plan.batch) < 0.5) | ~others[rows].any(dim=1)  # never without a thing
        pixels = pool.pixels[rows]
        for index in is_marked.nonzero().flatten().tolist():
            pixels[index] = torch.from_numpy(watermarked(pixels[index].numpy(), rng)[0])
        present = others[rows].float()
        present[:, FISH] = is_marked.float()
        yield varied(normalised(pixels), generator), present / present.sum(dim=1, keepdim=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.planted.shortcut", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=WEIGHTS)
    for field in fields(Plan):
        default = getattr(PLAN, field.name)
        parser.add_argument(f"--{field.name}", type=type(default), default=default, help=f"default: {default}")
    return parser


if __name__ == "__main__":
    main()
