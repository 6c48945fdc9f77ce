"""What does it cost to record all attention of ViT-B/16, and what is made of it?

    python -m tests.benchmarks.bench_attention [--repeats 5]

A torchvision vit_b_16 with random weights, one image of 224 px, one thread. Times are those of the processor, in plain
forward passes, medians that were taken in turn with them; memory is the growth of this process's peak over what it held
with the model loaded and warm, each kind in a process of its own. What is made of a pass that is there counts without
it. Prints a table; beside each figure the most that it may be, where that was set. LeGrad's peer is torchcam's, of all
twelve blocks as ours, if it is installed (requirements-bench.txt).
"""

import argparse
import copy
import ctypes
import importlib.util
import multiprocessing
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
import torchvision
from threadpoolctl import threadpool_limits
from torch import Tensor

from gradcam_core.attention.features import colours, similarity
from gradcam_core.attention.flow import rollouts
from gradcam_core.attention.legrad import legrad_map
from gradcam_core.attention.lens import logit_lens, read_off
from gradcam_core.attention.maps import chefer_map, followed_weights, rollout_map
from gradcam_core.attention.passes import AttentionPass, attend
from gradcam_core.attention.statistics import entropies, mean_distances
from gradcam_core.models import LoadedModel
from gradcam_core.recording import Recording, record
from tests.support import loaded

_SIDE, _PATCH = 224, 16
_CLASS = ((1, 1.0),)
_BLOCK = "encoder.layers.encoder_layer_10"  # the last but one, whose features are compared
Work = Callable[[LoadedModel, Tensor], object]


def plain(model: LoadedModel, image: Tensor) -> object:
    """The forward pass alone."""
    with torch.no_grad():
        return model.module(image)


def weights(model: LoadedModel, image: Tensor) -> object:
    """All attention weights."""
    return attend(model, image)


def gradients(model: LoadedModel, image: Tensor) -> object:
    """All attention weights and their gradients for a class."""
    attention = attend(model, image, gradients=True)
    return attention, attention.gradients(_CLASS)


def rollout(model: LoadedModel, image: Tensor) -> object:
    """A rollout map, with what its class reads."""
    return rollout_map(attend(model, image, gradients=True), _CLASS)


def chefer(model: LoadedModel, image: Tensor) -> object:
    """Chefer's map of a class."""
    return chefer_map(attend(model, image, gradients=True), _CLASS)


def lens(model: LoadedModel, image: Tensor) -> object:
    """The logits after each block."""
    return logit_lens(model, image)


def legrad(model: LoadedModel, image: Tensor) -> object:
    """LeGrad's map of a class."""
    return legrad_map(read_off(model, image, gradients=True), _CLASS)


def torchcams_legrad(model: LoadedModel, image: Tensor) -> object:
    """The same by torchcam, on a copy that it may change."""
    from torchcam.methods import LeGrad

    module = _copy_of(model)
    with LeGrad(module, list(module.encoder.layers)) as extractor:
        return extractor(_CLASS[0][0], module(image))


def depth(model: LoadedModel, image: Tensor) -> object:
    """Rollout after each block, of a pass that is there."""
    return rollouts(followed_weights(_pass_of(model, image)))


def numbers(model: LoadedModel, image: Tensor) -> object:
    """Entropy and distance of every head, of a pass that is there."""
    attention = _pass_of(model, image)
    found = []
    for place, block in enumerate(attention.blocks):
        made = attention.weights(place)
        if block.layout is None:
            raise ValueError("Every block of this network has cells.")
        found.append((entropies(made), mean_distances(made, block.layout, (_PATCH, _PATCH))))
    return found


def alike(model: LoadedModel, image: Tensor) -> object:
    """Similarity of all cells of a block, of features that are there."""
    return similarity(_features_of(model, image).activation(_BLOCK))


def shades(model: LoadedModel, image: Tensor) -> object:
    """The first three principal components of a block as colours, of features that are there."""
    return colours(_features_of(model, image).activation(_BLOCK))


@cache
def _pass_of(model: LoadedModel, image: Tensor) -> AttentionPass:
    return attend(model, image, gradients=True)


@cache
def _features_of(model: LoadedModel, image: Tensor) -> Recording:
    return record(model, image, [_BLOCK])


@cache
def _copy_of(model: LoadedModel) -> torchvision.models.VisionTransformer:
    own: torchvision.models.VisionTransformer = copy.deepcopy(model.module).requires_grad_(True)
    return own


@dataclass(frozen=True)
class Kind:
    """What is measured, and in how many forward passes and MB it must be done, where that was set.

    Attributes:
        before: what must be there already.
    """

    work: Work
    forwards: float | None = None
    megabytes: float | None = None
    before: Work | None = None


KINDS: dict[str, Kind] = {
    kind.work.__name__: kind
    for kind in (
        Kind(plain),
        Kind(weights, 1.8, 250),
        Kind(gradients, 4),
        Kind(rollout),
        Kind(chefer),
        Kind(lens),
        Kind(legrad),
        Kind(torchcams_legrad, before=lambda model, _: _copy_of(model)),
        Kind(depth, before=_pass_of),
        Kind(numbers, before=_pass_of),
        Kind(alike, before=_features_of),
        Kind(shades, before=_features_of),
    )
}


def measure(kind: str, repeats: int) -> tuple[float, float]:
    """Plain forward passes that this takes, by the medians, and MB that the peak grows by."""
    torch.set_num_threads(1)
    threadpool_limits(1)
    torch.manual_seed(0)
    network = torchvision.models.vit_b_16(weights=None)
    torch.nn.init.normal_(network.heads[-1].weight)  # zeros, as they are made: nothing would be read
    model, image = loaded(network, side=_SIDE), torch.randn(1, 3, _SIDE, _SIDE)
    plain(model, image)
    work, before_it = KINDS[kind].work, KINDS[kind].before
    if before_it is not None:
        before_it(model, image)
    _forget_peak()  # loading took more than a forward pass does
    before = _kilobytes("VmRSS")
    work(model, image)
    grown = (_kilobytes("VmHWM") - before) / 1000
    own = [(_seconds(plain, model, image), _seconds(work, model, image)) for _ in range(repeats)]
    base, taken = (sorted(column)[repeats // 2] for column in zip(*own, strict=True))
    return taken / base, grown


def _seconds(work: Work, model: LoadedModel, image: Tensor) -> float:
    started = time.process_time()
    work(model, image)
    return time.process_time() - started


def _forget_peak() -> None:
    """Let the peak begin at what is held now."""
    ctypes.CDLL(None).malloc_trim(0)  # what was freed is given back to the system
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def _kilobytes(field: str) -> int:
    """Of this process; Linux only."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    print(f"{platform.processor() or platform.machine()}, torch {torch.__version__}, one thread")
    print(f"{'':<18}{'forwards':>10}{'at most':>10}{'MB':>8}{'at most':>10}")
    for name, kind in KINDS.items():
        if kind.work is torchcams_legrad and importlib.util.find_spec("torchcam") is None:
            print(f"{name:<18}torchcam is not installed")
            continue
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            forwards, grown = pool.apply(measure, (name, options.repeats))
        limits = [f"{limit:g}" if limit else "" for limit in (kind.forwards, kind.megabytes)]
        print(f"{name:<18}{forwards:>10.2f}{limits[0]:>10}{grown:>8.0f}{limits[1]:>10}")


if __name__ == "__main__":
    main()
