"""What does it cost to record all attention of ViT-B/16?

    python -m tests.benchmarks.bench_attention [--repeats 5]

A torchvision vit_b_16 with random weights, one image of 224 px, one thread. Times are those of the processor, in plain
forward passes; memory is the growth of this process's peak over what it held with the model loaded and warm, each kind
in a process of its own. Prints a table.
"""

import argparse
import ctypes
import multiprocessing
import platform
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torchvision
from torch import Tensor

from gradcam_core.attention.maps import rollout_map
from gradcam_core.attention.passes import attend
from gradcam_core.models import LoadedModel
from tests.support import loaded

_SIDE = 224
_CLASS = ((1, 1.0),)
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


KINDS: dict[str, Work] = {work.__name__: work for work in (plain, weights, gradients, rollout)}


def measure(kind: str, repeats: int) -> tuple[float, float]:
    """Plain forward passes that this takes, by the medians, and MB that the peak grows by."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = torchvision.models.vit_b_16(weights=None)
    torch.nn.init.normal_(network.heads[-1].weight)  # zeros, as they are made: nothing would be read
    model, image = loaded(network, side=_SIDE), torch.randn(1, 3, _SIDE, _SIDE)
    plain(model, image)
    _forget_peak()  # loading took more than a forward pass does
    before = _kilobytes("VmRSS")
    KINDS[kind](model, image)
    grown = (_kilobytes("VmHWM") - before) / 1000
    own = [(_seconds(plain, model, image), _seconds(KINDS[kind], model, image)) for _ in range(repeats)]
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
    print(f"{'':<12}{'forwards':>10}{'MB':>8}")
    for kind in KINDS:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            forwards, grown = pool.apply(measure, (kind, options.repeats))
        print(f"{kind:<12}{forwards:>10.2f}{grown:>8.0f}")


if __name__ == "__main__":
    main()
