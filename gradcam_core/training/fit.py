"""Train the embedded network anew: `python -m gradcam_core.training`.

Draws a pool of scenes, fits TinyNet to them, writes the pair of files in `assets/`, and says how good it is.
The run is a function of its plan: the same seed gives the same network on the same machine.
"""

import argparse
import hashlib
import json
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from gradcam_core.progress import Progress, silent
from gradcam_core.scenes.scene import THINGS, Scene, draw_scene
from gradcam_core.tinynet import INPUT_SIDE, TARGET_LAYER, TinyNet

ASSETS = Path(__file__).resolve().parents[1] / "assets"
FIRST_TRAINING_SEED = 1_000_000  # every seed below is held out: no scene of it is ever trained on
FIRST_CHECKING_SEED = 900_000  # held out too; used by the check at the end of the training

_MEAN, _STD = 0.5, 0.25  # of RGB in [0, 1]; the same for the three colours
_SHIFT = 8  # pixels

Network = TypeVar("Network", bound=nn.Module)
Batch = tuple[Tensor, Tensor]  # (n, 3, 128, 128) normalised images, (n, things) float32 targets, each row's sum 1


@dataclass(frozen=True)
class Plan:
    """Everything that decides what comes out of a training."""

    scenes: int = 8_000
    steps: int = 1_600
    batch: int = 64
    rate: float = 4e-3  # the highest learning rate
    decay: float = 0.02
    seed: int = 0
    threads: int = 2  # that train; another number sums in another order, and gives a slightly other network
    processes: int = 2  # that draw; they change the time and not the result
    device: str = "cpu"  # that trains; another one sums in another order too


class Pool(NamedTuple):
    """Drawn scenes: (n, 128, 128, 3) uint8 pixels and (n, things) float32 targets, each row's sum 1."""

    pixels: Tensor
    targets: Tensor


class Check(NamedTuple):
    """How good a network is: shares from 0 to 1.

    Attributes:
        accuracy: one-thing scenes whose highest score is that thing's.
        pointing: things of two-thing scenes inside whose mask the maximum of their Grad-CAM lies.
        chance: the same for a point thrown blindly: the mean share of the picture that a thing covers.
    """

    accuracy: float
    pointing: float
    chance: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, write and check; prints what happens."""
    started = time.monotonic()
    options = vars(_parser().parse_args(arguments))
    folder, checked = options.pop("out"), options.pop("check")
    plan = Plan(**options)
    print(f"Drawing {plan.scenes:,} scenes.", flush=True)
    pool = draw_pool(plan)
    print(f"{_minutes(started)} Training for {plan.steps:,} steps of {plan.batch} scenes.", flush=True)
    network = train(plan, pool, progress=_Printer(started))
    write_pair(network, folder)
    print(f"{_minutes(started)} Written to {folder / 'tinynet.safetensors'}.", flush=True)
    check = check_network(network, scenes=(checked, checked))
    print(f"{_minutes(started)} On {checked} held-out scenes each: one-thing accuracy {check.accuracy:.1%},", end=" ")
    print(f"two-thing pointing game {check.pointing:.1%} (chance {check.chance:.1%}).")


def draw_pool(plan: Plan) -> Pool:
    """Draw the scenes of a plan, in several processes."""
    seeds = range(FIRST_TRAINING_SEED, FIRST_TRAINING_SEED + plan.scenes)
    pixels = np.empty((plan.scenes, INPUT_SIDE, INPUT_SIDE, 3), dtype=np.uint8)
    targets = np.empty((plan.scenes, len(THINGS)), dtype=np.float32)
    with ProcessPoolExecutor(plan.processes, mp_context=get_context("spawn")) as executor:
        drawn = executor.map(_draw, seeds, chunksize=50) if plan.processes > 1 else map(_draw, seeds)
        for index, (image, target) in enumerate(drawn):
            pixels[index], targets[index] = image, target
    return Pool(torch.from_numpy(pixels), torch.from_numpy(targets))


def train(plan: Plan, pool: Pool, *, progress: Progress = silent) -> TinyNet:
    """Fit a new network to the pool; returns it in eval mode."""
    torch.manual_seed(plan.seed)
    return fitted(TinyNet(len(THINGS)), batches(plan, pool), plan, progress=progress)


def fitted(network: Network, given: Iterable[Batch], plan: Plan, *, progress: Progress = silent) -> Network:
    """Fit this network to as many batches as the plan has steps; returns it on the CPU, in eval mode."""
    network = network.train().requires_grad_(True).to(plan.device)
    network = network.to(memory_format=torch.channels_last)  # twice as fast on a CPU
    optimizer = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=plan.decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step, plan.steps))
    with _threads(plan.threads):
        for step, (images, targets) in enumerate(given, start=1):
            loss = nn.functional.cross_entropy(network(images.to(plan.device)), targets.to(plan.device))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            progress(step, plan.steps)
    return network.to("cpu").to(memory_format=torch.contiguous_format).eval()


def write_pair(network: TinyNet, folder: Path) -> None:
    """Write `tinynet.safetensors` and, when that is whole, `tinynet.json` with its SHA-256."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / "tinynet.safetensors"
    save_file(network.state_dict(), weights)
    description = _describe(hashlib.sha256(weights.read_bytes()).hexdigest())
    (folder / "tinynet.json").write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


def check_network(network: TinyNet, *, scenes: tuple[int, int], first_seed: int = FIRST_CHECKING_SEED) -> Check:
    """Judge a network on so many one-thing scenes and so many two-thing scenes, all held out."""
    singles = [draw_scene(first_seed + i, things=1) for i in range(scenes[0])]
    pairs = [draw_scene(first_seed + scenes[0] + i, things=2) for i in range(scenes[1])]
    right = [THINGS[_logits(network, scene).argmax()] == scene.things[0].label for scene in singles]
    hits = [hit for scene in pairs for hit in _hits(network, scene)]
    covered = [thing.mask.mean() for scene in pairs for thing in scene.things]
    return Check(float(np.mean(right)), float(np.mean(hits)), float(np.mean(covered)))


def batches(plan: Plan, pool: Pool) -> Iterator[Batch]:
    """The batches of a plan, every epoch in a new order, every picture a little changed."""
    generator = torch.Generator().manual_seed(plan.seed)
    order = torch.empty(0, dtype=torch.long)
    for _ in range(plan.steps):
        if len(order) < plan.batch:
            order = torch.cat([order, torch.randperm(len(pool.pixels), generator=generator)])
        rows, order = order[: plan.batch], order[plan.batch :]
        yield varied(normalised(pool.pixels[rows]), generator), pool.targets[rows]


def normalised(pixels: Tensor) -> Tensor:
    """What the network is fed: (n, h, w, 3) uint8 → (n, 3, h, w) float32."""
    return (pixels.permute(0, 3, 1, 2).float() / 255 - _MEAN) / _STD


def varied(images: Tensor, generator: torch.Generator) -> Tensor:
    """Half of the pictures mirrored, all tinted a little, the batch shifted by a few pixels."""
    count = len(images)
    mirrored = torch.rand(count, 1, 1, 1, generator=generator) < 0.5
    images = torch.where(mirrored, images.flip(3), images)
    gain = 1 + 0.15 * torch.randn(count, 3, 1, 1, generator=generator)
    right, down = torch.randint(0, 2 * _SHIFT + 1, (2,), generator=generator).tolist()
    padded = nn.functional.pad(images * gain, (_SHIFT,) * 4, mode="replicate")
    return padded[:, :, down : down + INPUT_SIDE, right : right + INPUT_SIDE]


def _draw(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """One scene of the pool: its pixels, and its target spread evenly over the things present."""
    scene = draw_scene(seed, size=INPUT_SIDE)
    present = np.isin(THINGS, [thing.label for thing in scene.things])
    return scene.pixels, (present / present.sum()).astype(np.float32)


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Let torch use this many threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _pace(step: int, steps: int) -> float:
    """The share of the highest learning rate: a short warming up, then half a cosine down to nothing."""
    return min(1.0, (step + 1) / 200) * (1 + math.cos(math.pi * step / steps)) / 2


def _logits(network: TinyNet, scene: Scene) -> np.ndarray:
    with torch.no_grad():
        logits = network(normalised(torch.from_numpy(scene.pixels)[None]))[0]
    return np.asarray(logits)


def _hits(network: TinyNet, scene: Scene) -> list[bool]:
    """For each thing: does the maximum of its map, laid over the picture, lie on it?"""
    with torch.no_grad():
        maps = network.blocks(normalised(torch.from_numpy(scene.pixels)[None]))  # (1, 128, 16, 16)
        # Behind the last block come a mean and one linear layer: there Grad-CAM is the maps weighted by the head.
        cams = nn.functional.conv2d(maps, network.head.weight[:, :, None, None])
        large = nn.functional.interpolate(cams, size=scene.pixels.shape[:2], mode="bilinear")[0]
    peaks = {thing.label: int(large[THINGS.index(thing.label)].argmax()) for thing in scene.things}
    return [bool(thing.mask.flat[peaks[thing.label]]) for thing in scene.things]


def _describe(sha256: str) -> dict[str, object]:
    preprocessing = {
        "resize_size": INPUT_SIDE,
        "crop_size": INPUT_SIDE,
        "fit": "crop",
        "interpolation": "bilinear",
        "mean": [_MEAN] * 3,
        "std": [_STD] * 3,
    }
    return {
        "version": 1,
        "title": f"TinyNet ({len(THINGS)} drawn things)",
        "architecture": "heatproof/tinynet",
        "num_classes": len(THINGS),
        "labels": list(THINGS),
        "target_layer": TARGET_LAYER,
        "activation": "softmax",
        "preprocessing": preprocessing,
        "source": "python -m gradcam_core.training",
        "license": "MIT",
        "sha256": sha256,
    }


class _Printer:
    """Prints every hundredth step."""

    def __init__(self, started: float) -> None:
        self.started = started

    def __call__(self, done: int, total: int) -> None:
        if done % 100 == 0 or done == total:
            print(f"{_minutes(self.started)} Step {done:,} of {total:,}.", flush=True)


def _minutes(started: float) -> str:
    return f"[{(time.monotonic() - started) / 60:5.1f} min]"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gradcam_core.training", description="Train the embedded network.")
    parser.add_argument("--out", type=Path, default=ASSETS, help="folder for the two files")
    parser.add_argument("--check", type=int, default=500, help="held-out scenes of each kind at the end; default: 500")
    for name, default in vars(Plan()).items():
        parser.add_argument(f"--{name}", type=type(default), default=default, help=f"default: {default}")
    return parser
