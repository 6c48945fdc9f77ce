"""Energy pointing game: which share of the map's heat lies on the thing?"""

import numpy as np

from gradcam_core.metrics.heat import evidence_in, on_thing
from gradcam_core.metrics.measure import UNDEFINED, AgainstChance, Better, Measure

MEASURE = Measure(
    slug="energy-pointing-game",
    title="Energy pointing game",
    definition="The share of the evidence for the class that lies on the thing.",
    lowest=0.0,
    highest=1.0,
    better=Better.HIGHER,
    chance="The share of the image that the thing covers, which a map of one value gets.",
    cost="none",
    pitfalls="A map of few large cells spills over a small thing however right it is. "
    "A network that names the thing by its ground is right to be low.",
    paper="Wang et al., Score-CAM, CVPR workshops 2020, under localization evaluation",
    needs_mask=True,
)


def energy_pointing_game(heat: np.ndarray, mask: np.ndarray) -> AgainstChance:
    """Wang 2020, localization evaluation: the sum of the positive values on the mask, divided by their sum.

    Also called relevance mass accuracy (Arras 2022). Range 0 to 1, higher is better; chance is the share of the pixels
    that the mask covers, and their ratio the enrichment. Costs no image. Undefined without a mask, without evidence
    for the class, and where the map is not finite.

    Args:
        heat: (h, w), the map laid over the image, or over what the network saw of it.
        mask: (h, w) bool, the thing in the same pixels.

    Raises:
        ValueError: if the sizes differ.
    """
    thing, evidence = on_thing(heat, mask), evidence_in(heat)
    if evidence is None or not thing.any():
        return AgainstChance(UNDEFINED, UNDEFINED)
    return AgainstChance(float(evidence[thing].sum() / evidence.sum()), float(thing.mean()))
