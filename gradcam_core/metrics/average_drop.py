"""Average drop and increase: what does the network say when only what the map marks is left?"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from gradcam_core.metrics.heat import evidence_in
from gradcam_core.metrics.measure import UNDEFINED, Better, Measure
from gradcam_core.metrics.subject import Subject

MEASURE = Measure(
    slug="average-drop",
    title="Average drop",
    definition="By which share the class's probability falls when the image is dimmed where the map is cold, "
    "0 where it rises.",
    lowest=0.0,
    highest=1.0,
    better=Better.LOWER,
    chance="None: a map that is hot everywhere leaves the image as it is and gets the best drop, 0.",
    cost="2",
    pitfalls="It rewards large maps: read it beside the share of the image that is left.",
    paper="Chattopadhay et al., Grad-CAM++, WACV 2018, under objective evaluation for object recognition",
)


@dataclass(frozen=True)
class ConfidenceChange:
    """What became of a class's probability in one image; NaN where that is undefined.

    Attributes:
        drop: the share of the probability that is lost, 0 to 1; 0 where it rises.
        increase: 1 where it rises, else 0.
        share_left: the mean of the map over the image, 0 to 1: of a larger map less is taken away.
    """

    drop: float
    increase: float
    share_left: float


def confidence_change(subject: Subject, heat: np.ndarray, *, fill: np.ndarray) -> ConfidenceChange:
    """Chattopadhay 2018, in one image: with p before and q after, max(0, p - q) / p, and whether q > p.

    Each pixel is mixed with what hides it, by the map's evidence for the class divided by its maximum. Costs 2 images.
    It has no chance level and rewards large maps. Undefined where the map has no evidence for the class or is not
    finite; the drop also where p is 0.

    Args:
        heat: (height, width), the map laid over the region.
        fill: (3, height, width), as `filled` gives it; others take zeros, the mean colour of the training images.
    """
    evidence = evidence_in(heat)
    if evidence is None:
        return ConfidenceChange(UNDEFINED, UNDEFINED, UNDEFINED)
    pictures = np.repeat(subject.picture[None], 2, axis=0)
    image = subject.region.crop(pictures[1])
    image[...] = evidence * image + (1 - evidence) * fill
    before, after = subject.probabilities(pictures)
    drop = max(0.0, before - after) / before if before > 0 else UNDEFINED
    return ConfidenceChange(float(drop), float(after > before), float(evidence.mean()))


def averaged(changes: Collection[ConfidenceChange]) -> ConfidenceChange:
    """The average drop, the share of images with an increase, and what was left, over the images that are defined."""
    columns = [np.array([getattr(one, name) for one in changes]) for name in ("drop", "increase", "share_left")]
    return ConfidenceChange(*(_mean(column[~np.isnan(column)]) for column in columns))


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if values.size else UNDEFINED
