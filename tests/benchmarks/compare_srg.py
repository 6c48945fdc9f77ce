"""Our symmetric relevance gain beside pnpxai's area between perturbation curves (AbPC), on drawn scenes.

Run it in an environment of its own, for pnpxai brings much along, from the program's folder:

    python -m venv /tmp/srg && /tmp/srg/bin/pip install -r requirements.txt pnpxai==0.1.4
    PYTHONPATH=. /tmp/srg/bin/python tests/benchmarks/compare_srg.py

Theirs is the mean of the distance between the two curves over the shares 0, 1/8 ... 6/8 and 1: of 8 steps it leaves out
the last but one. Ours is the trapezoid rule over all of them; the curves meet at both ends, so the two are the same
once the distance at 7/8, divided by 8, is added to theirs.
"""

import numpy as np
import torch
from PIL import Image
from pnpxai.evaluator.metrics.pixel_flipping import AbPC

from gradcam_core.decoding.decode import decode_image
from gradcam_core.engine import Explainer
from gradcam_core.metrics.deletion import deletion
from gradcam_core.metrics.fills import filled
from gradcam_core.metrics.insertion import insertion
from gradcam_core.metrics.laying import laid, layout_of
from gradcam_core.metrics.region import Region
from gradcam_core.metrics.subject import Subject
from gradcam_core.metrics.symmetric_relevance_gain import symmetric_relevance_gain
from gradcam_core.models import load_model
from gradcam_core.scenes.scene import THINGS, draw_scene
from gradcam_core.scoring.function import score_function
from tests.support import png

_SCENES = 20
_STEPS = 8  # a divisor of the number of pixels


def main() -> None:
    """Print the largest and the median difference for each fill."""
    torch.set_num_threads(1)
    for fill in ("blur", "mean"):
        pairs = np.array([_both(600_000 + index, fill) for index in range(_SCENES)])
        apart = np.abs(pairs[:, 0] - pairs[:, 1])
        gains = f"ours {pairs[:, 0].min():+.3f} to {pairs[:, 0].max():+.3f}, mean {pairs[:, 0].mean():+.3f}"
        print(f"{fill}: {gains}; from theirs at most {apart.max():.1e}, in the median {np.median(apart):.1e}")


def _both(seed: int, fill_name: str) -> tuple[float, float]:
    """Our gain and theirs, for the first thing of a scene by Grad-CAM."""
    scene, model = draw_scene(seed), load_model("tinynet", device="cpu")
    forward = Explainer(model).forward(decode_image(png(Image.fromarray(scene.pixels))))
    class_index = THINGS.index(scene.things[0].label)
    cam, region = forward.cam(class_index), Region.of(forward.geometry)
    picture = forward.input_tensor[0].numpy()
    subject = Subject(score_function(model), picture, region, class_index)
    heat = laid(cam.values, layout_of(region, cam.shape, picture.shape[1:])).astype(np.float32)
    fill = filled(picture, region)[fill_name]
    shares = [step / _STEPS for step in range(_STEPS + 1)]
    curves = [measure(subject, heat, fill=fill, shares=shares) for measure in (deletion, insertion)]
    ours = symmetric_relevance_gain(*curves)
    metric = AbPC(model.module, n_steps=_STEPS, baseline_fn=lambda _inputs: torch.from_numpy(fill)[None])
    inputs, attributions = torch.from_numpy(picture)[None], torch.from_numpy(heat)[None]
    (theirs,) = metric.evaluate(inputs, torch.tensor([class_index]), attributions)
    left_out = curves[1].values[1] - curves[0].values[-2]
    return ours, float(theirs) + left_out / _STEPS


if __name__ == "__main__":
    main()
