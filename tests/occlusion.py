"""Really slow work for tests: a grey square moves over an image, and one forward pass says what each place is worth."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gradcam_core.models import LoadedModel
    from gradcam_core.resources.job import Report

_SIDE = 56  # pixels of the square


def occlusion(model: LoadedModel, sample: str, *, stride: int) -> Callable[[Report[np.ndarray]], np.ndarray]:
    """Work that gives how much the likeliest logit falls, (rows, columns) float32, NaN where it has not been yet."""
    import torch

    from gradcam_core.preprocessing import prepare
    from gradcam_core.samples import load_sample

    pixels = prepare(load_sample(sample), model.input_spec).tensor
    tops = [(y, x) for y in range(0, pixels.shape[2], stride) for x in range(0, pixels.shape[3], stride)]

    def run(report: Report[np.ndarray]) -> np.ndarray:
        falls = np.full((-(-pixels.shape[2] // stride), -(-pixels.shape[3] // stride)), np.nan, np.float32)
        with torch.inference_mode():
            logits = model.module(pixels)
            best = int(logits.argmax())
            for done, (y, x) in enumerate(tops, start=1):
                covered = pixels.clone()
                covered[:, :, y : y + _SIDE, x : x + _SIDE] = 0
                falls[y // stride, x // stride] = float(logits[0, best] - model.module(covered)[0, best])
                report(done, len(tops), falls.copy())
        return falls

    return run
