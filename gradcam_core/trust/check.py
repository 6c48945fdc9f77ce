"""Ask a model: the sweep of a forward pass, and the judgement of one of its maps from nothing.

forward = Explainer(load_model("resnet50")).forward(load_image("dog.jpg"))
judgement = check_map(forward, forward.cam(forward.top(1)[0].class_index))
print(judgement.verdict, *judgement.lines, sep="\n")
"""

import numpy as np
from torch import Tensor

from gradcam_core.cam import Cam
from gradcam_core.engine import ForwardPass
from gradcam_core.errors import MethodError
from gradcam_core.methods import get_method
from gradcam_core.metrics.region import Region
from gradcam_core.models import LoadedModel
from gradcam_core.progress import Progress, silent
from gradcam_core.resources.queue import Turn
from gradcam_core.scoring.function import score_function
from gradcam_core.scoring.protocol import ScoreFunction
from gradcam_core.trust.judgement import OWN_PICTURES, Judgement, judge
from gradcam_core.trust.sweep import PICTURES_OF_A_SWEEP, Sweep, sweep

PICTURES = PICTURES_OF_A_SWEEP + OWN_PICTURES
"""How many pictures a judgement from nothing shows to the network; fewer where nothing can be told."""


def check_map(
    forward: ForwardPass,
    cam: Cam,
    *,
    seed: int = 0,
    thing_mask: np.ndarray | None = None,
    progress: Progress = silent,
) -> Judgement:
    """Judge one map of a forward pass from nothing: 133 pictures are shown to the network.

    Where more than one map of an image is judged, keep `sweep_of(forward)` and call `judge`.

    Args:
        cam: of this forward pass; any class, layer and method.
        seed: of the hidden parts.
        thing_mask: (height, width) bool, image pixels: the thing that the class names, where that is known.
        progress: told how many pictures are done; raise `Cancelled` in it to stop.

    Raises:
        ImageError: if the mask is not as large as the image.
        MethodError: if the map explains no class but another target.
        ResourceError: if the memory does not suffice.
        ValueError: if the map is of another image, model, preprocessing or place.
    """
    _check_same_pass(forward, cam)
    least_likely = least_likely_cam(forward, cam)
    score = reporting_score(forward.model, total=PICTURES, progress=progress)
    return judge(score, sweep_with(score, forward, seed=seed), cam, least_likely, thing_mask=thing_mask)


def sweep_of(forward: ForwardPass, *, seed: int = 0, turn: Turn | None = None, progress: Progress = silent) -> Sweep:
    """The sweep of one forward pass: 129 pictures are shown to the network.

    Args:
        turn: a slot that the caller holds, as for `score_function`.
        progress: told how many pictures are done; raise `Cancelled` in it to stop.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    score = reporting_score(forward.model, total=PICTURES_OF_A_SWEEP, turn=turn, progress=progress)
    return sweep_with(score, forward, seed=seed)


def sweep_with(score: ScoreFunction, forward: ForwardPass, *, seed: int = 0) -> Sweep:
    """The sweep of one forward pass, its model asked through `score`."""
    picture = forward.input_tensor.detach().cpu().numpy()
    return sweep(score, picture, Region.of(forward.geometry), activation=forward.model.activation, seed=seed)


def least_likely_cam(forward: ForwardPass, cam: Cam) -> Cam | None:
    """The same method's map, at the same layer, of the least likely other class.

    None where the method does not depend on the class, or there is no other.
    """
    others = np.delete(np.arange(len(forward.logits)), cam.prediction.class_index)
    if not get_method(cam.key.method).depends_on_class or not others.size:
        return None
    least = int(others[np.argmin(forward.logits[others])])
    return forward.cam(least, cam.key.method, layer=cam.key.layer)


def _check_same_pass(forward: ForwardPass, cam: Cam) -> None:
    key = cam.key
    asked = forward.image_sha256, forward.model.spec.name, forward.preprocessing, forward.place
    if (key.image, key.model, key.preprocessing, key.place) != asked:
        raise ValueError(f"The map, {key}, is not of this forward pass: {asked}.")
    if key.target:
        raise MethodError("Only a map of one class can be judged.", hint="Make one with class_index.")


def reporting_score(
    model: LoadedModel, *, total: int, turn: Turn | None = None, progress: Progress = silent
) -> ScoreFunction:
    """`score_function`, its progress counted over all calls.

    Args:
        total: how many pictures will be asked for, in all calls.
    """
    asked = 0

    def score(inputs: np.ndarray | Tensor, /) -> np.ndarray:
        nonlocal asked
        before, asked = asked, asked + len(inputs)
        return score_function(model, turn=turn, between=lambda done, _of: progress(before + done, total))(inputs)

    return score
