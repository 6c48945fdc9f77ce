"""What does a verdict cost, from nothing and afterwards, and what does a click wait meanwhile?

    python -m tests.benchmarks.bench_trust [--rounds 3]

Times are in units of plain forward passes of one input on one thread, measured in the same rounds. A click is an
explanation of another person (one forward pass, one map), asked again and again while sweeps run on all cores.
"""

import argparse
import statistics
from dataclasses import replace

import numpy as np
import torch

from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.models import LoadedModel
from gradcam_core.resources.cores import slot_count
from gradcam_core.resources.queue import ComputeQueue
from gradcam_core.samples import load_sample
from gradcam_core.scoring.function import score_function
from gradcam_core.trust.check import check_map, least_likely_cam, sweep_of
from gradcam_core.trust.judgement import Judgement, judge
from gradcam_core.trust.provisional import provisional
from gradcam_core.trust.sweep import Sweep
from tests.benchmarks.bench_scoring import Run, grown, measured_models, print_clicks, seconds

IMAGE = "meadow"


def forward_of(model: LoadedModel) -> ForwardPass:
    return Explainer(model).forward(load_sample(IMAGE))


def verdict_on_idle_slots(model: LoadedModel, slots: ComputeQueue) -> Judgement:
    """From nothing, as the page does it: the parts on all idle cores, then the four pictures."""
    forward = forward_of(model)
    cam = forward.cam(forward.top(1)[0].class_index)
    with slots.turn("sweep", is_slow=True) as turn:
        sweep = sweep_of(forward, turn=turn)
        return judge(score_function(model, turn=turn), sweep, cam, least_likely_cam(forward, cam))


def verdict_from_nothing(model: LoadedModel) -> Judgement:
    """On one core."""
    forward = forward_of(model)
    return check_map(forward, forward.cam(forward.top(1)[0].class_index))


def further_verdict(model: LoadedModel, forward: ForwardPass, sweep: Sweep) -> Judgement:
    """Another class of an image that was swept: its maps, and the four pictures."""
    cam = forward.cam(forward.top(2)[1].class_index)
    return judge(score_function(model), sweep, cam, least_likely_cam(forward, cam))


def provisional_runs(forward: ForwardPass, sweep: Sweep, shapes: tuple[tuple[int, int], ...]) -> dict[str, Run]:
    """Agreement and placement of maps of these shapes, without the network."""
    cam = forward.cam(forward.top(1)[0].class_index)
    rng = np.random.default_rng(0)

    def run(shape: tuple[int, int]) -> Run:
        one, other = (replace(cam, values=rng.random(shape, dtype=np.float32)) for _ in range(2))
        return lambda: provisional(sweep, one, other)

    return {f"agreement and placement, {h} x {w}": run((h, w)) for h, w in shapes}


def print_model(model: LoadedModel, rounds: int) -> None:
    """The table of one network."""
    slots = ComputeQueue(slot_count(), most_waiting=20)
    forward = forward_of(model)
    forward.cam(0)

    def plain() -> None:
        with torch.inference_mode():
            for _ in range(16):
                model.module(forward.input_tensor)

    growth = grown(lambda: verdict_on_idle_slots(model, slots))
    sweep = sweep_of(forward)
    contenders: dict[str, Run] = {
        "verdict from nothing, one core": lambda: verdict_from_nothing(model),
        "verdict from nothing, idle cores too": lambda: verdict_on_idle_slots(model, slots),
        "another class, after the sweep": lambda: further_verdict(model, forward, sweep),
        **provisional_runs(forward, sweep, ((7, 7), (14, 14), (16, 16), (56, 56))),
    }
    times: dict[str, list[float]] = {name: [] for name in ("plain", *contenders)}
    for _ in range(rounds):
        for name, run in {"plain": plain, **contenders}.items():
            times[name].append(seconds(run)[0])
    each = statistics.median(times.pop("plain")) / 16
    print(f"\n{model.spec.title}, {model.input_spec.size[0]} px; one plain forward pass takes {1000 * each:.0f} ms")
    for name, found in times.items():
        median = statistics.median(found)
        print(f"  {name:<38}{median / each:>8.1f} forward passes{1000 * median:>8.0f} ms")
    print_clicks(model, lambda: verdict_on_idle_slots(model, slots), slots)
    print(f"  resident memory at its fullest during the first verdict, a map of it being there: {growth:+.0f} MB")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    for model in measured_models():
        print_model(model, options.rounds)


if __name__ == "__main__":
    main()
