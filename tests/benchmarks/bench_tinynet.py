"""How good is an embedded network on 2,000 scenes that it was never trained on?

    python -m tests.benchmarks.bench_tinynet [--model tinyvit] [--scenes 1000] [--method gradcam]

One-thing scenes of the seeds from 0: is that thing the first prediction? Two-thing scenes of the seeds after them:
is the maximum of each thing's CAM, laid over the image, on that thing (the pointing game)? Everything goes
through the program's own doors: a PNG file, the preprocessing, the engine. Training uses seeds from 1,000,000.
"""

import argparse
import platform

import numpy as np
import torch
from PIL import Image

from gradcam_core.decoding.decode import decode_image
from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.models import load_model
from gradcam_core.scenes.scene import THINGS, Scene, draw_scene
from tests.support import png

Outcomes = list[tuple[str, bool]]  # of each thing asked about: its label, and whether it went well


def forward(explainer: Explainer, scene: Scene) -> ForwardPass:
    """The scene as a PNG file, through the model."""
    return explainer.forward(decode_image(png(Image.fromarray(scene.pixels))))


def accuracy(explainer: Explainer, seeds: range) -> Outcomes:
    """Was each thing named first where it stands alone?"""
    scenes = (draw_scene(seed, things=1) for seed in seeds)
    asked = ((scene.things[0].label, forward(explainer, scene).top(1)[0].label) for scene in scenes)
    return [(label, first == label) for label, first in asked]


def pointing(explainer: Explainer, seeds: range, method: str) -> tuple[Outcomes, float]:
    """Was the maximum of each thing's CAM on it, beside another? And the chance level: a thing's mean area."""
    hits: Outcomes = []
    areas: list[float] = []
    for scene in (draw_scene(seed, things=2) for seed in seeds):
        run = forward(explainer, scene)
        for thing in scene.things:
            cam = run.cam(explainer.model.class_index(thing.label), method)
            peak = int(np.nanargmax(cam.geometry.to_original(cam.values)))
            hits.append((thing.label, bool(thing.mask.flat[peak])))
            areas.append(float(thing.mask.mean()))
    return hits, float(np.mean(areas))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="tinynet")
    parser.add_argument("--scenes", type=int, default=1000, help="of each kind")
    parser.add_argument("--method", default="gradcam")
    options = parser.parse_args()
    explainer, count = Explainer(load_model(options.model, device="cpu")), options.scenes
    right = accuracy(explainer, range(count))
    hits, chance = pointing(explainer, range(count, 2 * count), options.method)
    print(
        f"{options.model} at {explainer.layer.name}, {options.method}, {count} one-thing and {count} two-thing scenes"
    )
    print(f"torch {torch.__version__}, {platform.machine()}\n")
    print(f"{'':<12} {'named':>8} {'pointed at':>12}")
    for label in THINGS:
        print(f"{label:<12} {share(right, label):>8} {share(hits, label):>12}")
    print(f"{'all':<12} {share(right):>8} {share(hits):>12}")
    print(f"{'chance':<12} {1 / len(THINGS):>8.1%} {chance:>12.1%}")


def share(outcomes: Outcomes, wanted: str = "") -> str:
    """What went well, of one label or of all, in per cent; a dash where nothing was asked."""
    facts = [fact for label, fact in outcomes if wanted in ("", label)]
    return f"{np.mean(facts):.1%}" if facts else "-"


if __name__ == "__main__":
    main()
