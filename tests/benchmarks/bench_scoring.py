"""What do 128 changed inputs cost through the score function, and what does a click wait meanwhile?

    python -m tests.benchmarks.bench_scoring [--inputs 128] [--rounds 3]

Times are in units of plain forward passes of one input on one thread, measured in the same rounds; where the machine is
busy, what the cores did says more than the clock. A click is an explanation of another person (one forward pass, one
map), asked again and again while sweeps run on all cores.
"""

import argparse
import os
import platform
import statistics
import threading
import time
from collections.abc import Callable

import numpy as np
import torch
import torchvision

from gradcam_core.engine import Explainer
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.resources.cores import share_cores, slot_count
from gradcam_core.resources.memory import give_back
from gradcam_core.resources.queue import ComputeQueue
from gradcam_core.samples import load_sample
from gradcam_core.scoring.function import score_function
from tests.benchmarks.bench_memory import resident_megabytes
from tests.support import loaded

Run = Callable[[], object]


def runs(model: LoadedModel, inputs: torch.Tensor, slots: ComputeQueue) -> dict[str, Run]:
    """The same inputs in three ways."""

    def one_at_a_time() -> None:
        with torch.inference_mode():
            for image in inputs:
                model.module(image[None])

    def with_turn() -> None:
        with slots.turn("sweep", is_slow=True) as turn:
            score_function(model, turn=turn)(inputs)

    return {
        "plain, one at a time": one_at_a_time,
        "score function, one slot": lambda: score_function(model)(inputs),
        "score function, idle slots too": with_turn,
    }


def seconds(run: Run) -> tuple[float, float]:
    """By the clock, and of all cores together."""
    start, start_cores = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - start, time.process_time() - start_cores


def clicks(model: LoadedModel, slots: ComputeQueue, count: int) -> list[float]:
    """Seconds of another person's explanations, one after another."""
    image, explainer = load_sample("meadow"), Explainer(model)

    def click() -> None:
        with slots.turn("visitor"):
            forward = explainer.forward(image)
            forward.cam(forward.top(1)[0].class_index)

    click()
    found = []
    for _ in range(count):
        time.sleep(0.05)  # so that a sweep takes the idle slot again
        found.append(seconds(click)[0])
    return found


def clicks_beside(sweep: Run, model: LoadedModel, slots: ComputeQueue, count: int) -> list[float]:
    """The same while sweeps run."""
    ended = threading.Event()

    def sweep_on() -> None:
        while not ended.is_set():
            sweep()

    thread = threading.Thread(target=sweep_on)
    thread.start()
    try:
        return clicks(model, slots, count)
    finally:
        ended.set()
        thread.join()


def print_clicks(model: LoadedModel, sweep: Run, slots: ComputeQueue) -> None:
    """How long another person's click takes alone, and beside this work."""
    alone, beside = clicks(model, slots, 20), clicks_beside(sweep, model, slots, 40)
    for name, clicked in (("a click alone", alone), ("a click beside it", beside)):
        p95 = statistics.quantiles(clicked, n=20, method="inclusive")[-1]
        print(f"  {name:<38}{1000 * statistics.median(clicked):>8.0f} ms, 95 % within {1000 * p95:.0f} ms")


def measured_models() -> tuple[LoadedModel, ...]:
    """ResNet-50 with random weights, and the embedded network; says on what machine."""
    threads = share_cores()
    print(f"{os.cpu_count()} cores, {platform.machine()}, torch {torch.__version__}; {slot_count()} slots x {threads}")
    torch.manual_seed(0)
    resnet = loaded(torchvision.models.resnet50(weights=None), name="resnet50")
    return resnet, load_model("tinynet", device="cpu")


def grown(run: Run) -> float:
    """Megabytes by which the resident memory is larger at its fullest during the run."""
    give_back()
    before, most, ended = resident_megabytes(), 0.0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(0.01):
            most = max(most, resident_megabytes())

    thread = threading.Thread(target=watch)
    thread.start()
    run()
    ended.set()
    thread.join()
    return most - before


def print_model(model: LoadedModel, count: int, rounds: int) -> None:
    """The table of one network."""
    inputs = torch.from_numpy(
        np.random.default_rng(0).standard_normal((count, *model.input_spec.shape), dtype=np.float32)
    )
    slots = ComputeQueue(slot_count(), most_waiting=20)
    contenders = runs(model, inputs, slots)
    sweep = contenders["score function, idle slots too"]
    growth = grown(sweep)
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            times[name].append(seconds(run))
    medians = {name: np.median(found, axis=0) for name, found in times.items()}
    forward = medians["plain, one at a time"] / count
    what = f"{model.spec.title}, {model.input_spec.size[0]} px, {count} inputs"
    print(f"\n{what}; one plain forward pass takes {1000 * forward[0]:.0f} ms")
    print(f"  {'forward passes':<32}{'clock':>8}{'cores':>8}")
    for name, found in medians.items():
        print(f"  {name:<32}{found[0] / forward[0]:>8.1f}{found[1] / forward[1]:>8.1f}")
    print_clicks(model, sweep, slots)
    print(f"  resident memory at its fullest during the first sweep: {growth:+.0f} MB")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--inputs", type=int, default=128)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for model in measured_models():
        print_model(model, options.inputs, options.rounds)


if __name__ == "__main__":
    main()
