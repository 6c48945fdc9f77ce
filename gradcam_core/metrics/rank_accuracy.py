"""Relevance rank accuracy: how many of the strongest pixels, as many as the thing has, lie on it?"""

import numpy as np

from gradcam_core.metrics.heat import has_order, on_thing
from gradcam_core.metrics.measure import UNDEFINED, AgainstChance, Better, Measure

MEASURE = Measure(
    slug="rank-accuracy",
    title="Relevance rank accuracy",
    definition="Of the strongest pixels, as many as the thing has, the share that lies on it.",
    lowest=0.0,
    highest=1.0,
    better=Better.HIGHER,
    chance="The share of the image that the thing covers.",
    cost="none",
    pitfalls="Where more of the thing is marked than is needed to name it, a map that marks less is punished. "
    "A map with little above zero is completed by chance.",
    paper="Arras, Osman and Samek, CLEVR-XAI, Information Fusion 2022, under relevance rank accuracy",
    needs_mask=True,
)


def rank_accuracy(heat: np.ndarray, mask: np.ndarray) -> AgainstChance:
    """Arras 2022: with K pixels in the mask, the share of the K strongest that lies on it.

    Where the K-th value is shared by several pixels, what a choice among them gets in the mean. Range 0 to 1, higher is
    better; chance is the share of the pixels that the mask covers. Costs no image. Undefined without a mask, and where
    the map is flat or not finite.

    Args:
        heat: (h, w), the map laid over the image, or over what the network saw of it; signed or not.
        mask: (h, w) bool, the thing in the same pixels.

    Raises:
        ValueError: if the sizes differ.
    """
    thing, values = on_thing(heat, mask), heat.astype(np.float64)
    if not thing.any() or not has_order(heat):
        return AgainstChance(UNDEFINED, UNDEFINED)
    size = int(thing.sum())
    last = np.partition(values, values.size - size, axis=None)[values.size - size]  # the K-th strongest
    above, equal = values > last, values == last
    hits = above[thing].sum() + equal[thing].sum() * (size - above.sum()) / equal.sum()
    return AgainstChance(float(hits / size), float(thing.mean()))
