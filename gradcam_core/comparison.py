"""How strong is a map beside those of other classes? The maps of the likeliest ones, and the largest value in them."""

from collections.abc import Iterable
from dataclasses import replace

from gradcam_core.cam import MOST_PREDICTIONS, Cam, Prediction
from gradcam_core.engine import ForwardPass
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.methods import CamMethod, get_method

_MAP_BYTES = 120_000  # maps of early layers are large and cost more to make, so fewer are compared


def likeliest_cams(forward: ForwardPass, method: str) -> dict[int, Cam]:
    """The maps of the likeliest classes by class index, the likeliest first; ten, or fewer if large or slow."""
    first, *others = forward.top(MOST_PREDICTIONS)
    cam = forward.cam(first.class_index, method)
    count = max(1, min(_MAP_BYTES // cam.values.nbytes, _most_of(get_method(method), forward.layer)))
    cams = [cam, *(_another(forward, cam, one) for one in others[: count - 1])]
    return {one.prediction.class_index: one for one in cams}


def strongest_value(cams: Iterable[Cam]) -> float:
    """The largest value of these maps, which is the shared scale; 0 where there is nothing to see in them."""
    return max((cam.maximum for cam in cams if cam.usable), default=0.0)


def _most_of(method: CamMethod, layer: TargetLayer) -> int:
    """How many classes a method is asked about: where each takes forward passes of its own, as many as come to ten."""
    return MOST_PREDICTIONS // (1 + method.cost(layer)) if method.depends_on_class else MOST_PREDICTIONS


def _another(forward: ForwardPass, first: Cam, prediction: Prediction) -> Cam:
    """The map of another class; the same one under its name where the method knows no classes."""
    if get_method(first.key.method).depends_on_class:
        return forward.cam(prediction.class_index, first.key.method)
    return replace(first, prediction=prediction, key=replace(first.key, class_index=prediction.class_index))
