"""Insertion: does the class's probability rise fast when what the map marks is put back first?"""

from collections.abc import Sequence

import numpy as np

from gradcam_core.metrics.fills import with_hidden
from gradcam_core.metrics.measure import Better, Measure
from gradcam_core.metrics.removal import SHARES, Curve, curve, removed
from gradcam_core.metrics.subject import Subject

MEASURE = Measure(
    slug="insertion",
    title="Insertion",
    definition="The area under the class's probability while pixels are put back into the hidden image, "
    "the most strongly marked first.",
    lowest=0.0,
    highest=1.0,
    better=Better.HIGHER,
    chance="The area that random maps with blobs of the same size get on this image; it differs from image to image.",
    cost="one for each share: 21",
    pitfalls="It depends on the fill: a weak blur hides little, and then any map has a large area. "
    "A map that is large and vague can do well.",
    paper="Petsiuk, Das and Saenko, RISE, BMVC 2018, under evaluation metrics",
)


def insertion(
    subject: Subject, heat: np.ndarray, *, fill: np.ndarray, shares: Sequence[float] = SHARES, seed: int = 0
) -> Curve:
    """Petsiuk 2018: the class's probability over the share of the pixels put back, the strongest first.

    Range 0 to 1, higher is better; everything else as with `deletion`. They start from the blurred image.
    """
    gone = removed(heat, shares, seed=seed)
    if gone is None:
        return curve(shares)
    pictures = with_hidden(subject.picture, subject.region, ~gone, fill)
    return curve(shares, subject.probabilities(pictures))
