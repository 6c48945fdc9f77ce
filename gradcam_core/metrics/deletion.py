"""Deletion: does the class's probability fall fast when what the map marks is removed first?"""

from collections.abc import Sequence

import numpy as np

from gradcam_core.metrics.fills import with_hidden
from gradcam_core.metrics.measure import Better, Measure
from gradcam_core.metrics.removal import SHARES, Curve, curve, removed
from gradcam_core.metrics.subject import Subject

MEASURE = Measure(
    slug="deletion",
    title="Deletion",
    definition="The area under the class's probability while pixels are removed, the most strongly marked first.",
    lowest=0.0,
    highest=1.0,
    better=Better.LOWER,
    chance="The area that random maps with blobs of the same size get on this image; it differs from image to image.",
    cost="one for each share: 21",
    pitfalls="It depends on the fill, whose edges and blank areas are news to the network: compare under two. "
    "A network that is unsure has a small area with any map.",
    paper="Petsiuk, Das and Saenko, RISE, BMVC 2018, under evaluation metrics",
)


def deletion(
    subject: Subject, heat: np.ndarray, *, fill: np.ndarray, shares: Sequence[float] = SHARES, seed: int = 0
) -> Curve:
    """Petsiuk 2018: the class's probability over the share of the pixels removed, the strongest first.

    Range 0 to 1, lower is better. A map that knows nothing gets no fixed area: set it beside random maps of this
    image. Costs as many images as there are shares. The area depends on the fill (they take the mean colour).
    The curve is undefined, NaN, where the map is flat or not finite; the network is then not asked.

    Args:
        heat: (height, width), the map laid over the region, signed or not.
        fill: (3, height, width), as `filled` gives it.
        shares: rising from 0 to 1.
        seed: of the order among equal values.
    """
    gone = removed(heat, shares, seed=seed)
    if gone is None:
        return curve(shares)
    pictures = with_hidden(subject.picture, subject.region, gone, fill)
    return curve(shares, subject.probabilities(pictures))
