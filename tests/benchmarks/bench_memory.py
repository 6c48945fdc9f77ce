"""Does a long-lived process grow?

    python -m tests.benchmarks.bench_memory [--requests 1000]

Explanations with the embedded network and a resnet18, mixed images, classes, layers and methods; prints the resident
memory after the first 100 and at the end.
"""

import argparse
import gc
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
from PIL import Image

from gradcam_core.decoding.decode import decode_image
from gradcam_core.engine import Explainer
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.rendering.render import overlay_image
from tests.support import FOR_ANY_MODEL, calibrated, loaded, png


def resident_megabytes() -> float:
    """Resident memory of this process; Linux only."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    sys.exit("This benchmark reads /proc/self/status, which this system has not.")


def requests(models: list[LoadedModel], images: list[LoadedImage]) -> Iterator[None]:
    """One explanation after another, each of another kind."""
    methods = FOR_ANY_MODEL
    for turn in count():
        model, image = models[turn % 2], images[turn % len(images)]
        blocks = [layer.name for layer in model.layers if layer.is_block]
        forward = Explainer(model, blocks[-1 - turn % 3]).forward(image)
        cam = forward.cam(turn % len(model.labels), methods[turn % len(methods)])
        overlay_image(image, cam)
        yield


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=1000)
    total = parser.parse_args().requests
    rng = np.random.default_rng(0)
    shapes = [(480, 640, 3), (640, 480, 3), (256, 256, 3)]
    images = [decode_image(png(Image.fromarray(rng.integers(0, 256, shape, dtype=np.uint8)))) for shape in shapes]
    work = requests([load_model("tinynet"), loaded(calibrated("resnet18"), name="resnet18")], images)
    after: dict[int, float] = {}
    for done in range(1, total + 1):
        next(work)
        if done in (100, total):
            gc.collect()
            after[done] = resident_megabytes()
            print(f"after {done:>5} explanations: {after[done]:7.1f} MB resident")
    print(f"growth after the first 100: {after[total] - after[100]:+.1f} MB")


if __name__ == "__main__":
    main()
