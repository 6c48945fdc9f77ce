"""How is a network fitted to drawn scenes? tinynet here; others bring their own batches and loss.

A training is a function of its plan: the same seed gives the same network on the same machine.
"""

import math
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import NamedTuple, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from gradcam_core.progress import Progress, silent
from gradcam_core.scenes.scene import THINGS, draw_scene
from gradcam_core.tinynet import INPUT_SIDE, TinyNet

FIRST_TRAINING_SEED = 1_000_000  # every seed below is held out: no scene of it is ever trained on
FIRST_CHECKING_SEED = 900_000  # held out too; used by the check at the end of the training

MEAN, STD = 0.5, 0.25  # of RGB in [0, 1]; the same for the three colours
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
    warming: int = 200  # steps until the highest learning rate
    longest: float = math.inf  # gradient; a longer one is shortened to it


class Pool(NamedTuple):
    """Drawn scenes: (n, 128, 128, 3) uint8 pixels and (n, things) float32 targets, each row's sum 1."""

    pixels: Tensor
    targets: Tensor


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


def class_loss(network: nn.Module, images: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of the network's answer."""
    return nn.functional.cross_entropy(network(images), targets)


def fitted(
    network: Network,
    given: Iterable[Batch],
    plan: Plan,
    *,
    progress: Progress = silent,
    loss_of: Callable[[Network, Tensor, Tensor], Tensor] = class_loss,
) -> Network:
    """Fit this network to as many batches as the plan has steps; returns it on the CPU, in eval mode."""
    network = network.train().requires_grad_(True).to(plan.device)
    network = network.to(memory_format=torch.channels_last)  # twice as fast on a CPU
    optimizer = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=plan.decay)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step, plan))
    with _threads(plan.threads):
        for step, (images, targets) in enumerate(given, start=1):
            loss = loss_of(network, images.to(plan.device), targets.to(plan.device))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            if plan.longest < math.inf:
                nn.utils.clip_grad_norm_(network.parameters(), plan.longest)
            optimizer.step()
            schedule.step()
            progress(step, plan.steps)
    return network.to("cpu").to(memory_format=torch.contiguous_format).eval()


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
    return (pixels.permute(0, 3, 1, 2).float() / 255 - MEAN) / STD


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


def _pace(step: int, plan: Plan) -> float:
    """The share of the highest learning rate: a short warming up, then half a cosine down to nothing."""
    return min(1.0, (step + 1) / plan.warming) * (1 + math.cos(math.pi * step / plan.steps)) / 2
