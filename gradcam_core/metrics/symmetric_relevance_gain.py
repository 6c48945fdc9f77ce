"""Symmetric relevance gain: how much later does the probability fall if the least marked is removed first?"""

import numpy as np

from gradcam_core.metrics.measure import Better, Measure
from gradcam_core.metrics.removal import Curve

MEASURE = Measure(
    slug="srg",
    title="Symmetric relevance gain",
    definition="The area between the class's probability while the least marked pixels are removed first, "
    "and while the most strongly marked are.",
    lowest=-1.0,
    highest=1.0,
    better=Better.HIGHER,
    chance="0 in the mean over random maps, and the map turned into its negative gets the opposite; "
    "single smooth random maps scatter by 0.35.",
    cost="none beside deletion and insertion under the same fill: 42",
    pitfalls="A blob in the middle gets up to 0.6 where the thing is in the middle: set the map beside that baseline.",
    paper="Blücher, Vielhaben and Strodthoff, TMLR 2024, arXiv 2401.06654, where the measure is named SRG",
)


def symmetric_relevance_gain(deletion: Curve, insertion: Curve) -> float:
    """Blücher 2024, named SRG there: the area under "least influential first" less that under "most influential first".

    What is left when the lowest share is removed is what is put back with the rest: the first area is that of the
    insertion curve under the same fill, seen from its end.

    Range -1 to 1, higher is better; 0 in the mean for maps that know nothing, and the negative map gets the opposite
    sign. Smooth random maps scatter by 0.35 on single images. Costs nothing beside the two curves.

    Args:
        deletion: of the map.
        insertion: of the same map, image and fill.

    Returns:
        NaN where the map gives no order.

    Raises:
        ValueError: if the curves do not share their ends, as they do under one fill.
    """
    ends = deletion.values[[0, -1]], insertion.values[[-1, 0]]
    if not np.allclose(*ends, rtol=0, atol=1e-4, equal_nan=True):
        raise ValueError("The curves end at other probabilities: they are not of one image and fill.")
    return insertion.area - deletion.area
