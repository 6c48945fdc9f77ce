"""Which measures are there? Facts as data; the functions stand in the files of the same names."""

from gradcam_core.metrics import (
    box_overlap,
    energy_pointing_game,
    pointing_game,
    rank_accuracy,
)
from gradcam_core.metrics.measure import Measure

MEASURES: dict[str, Measure] = {
    module.MEASURE.slug: module.MEASURE
    for module in (
        pointing_game,
        energy_pointing_game,
        rank_accuracy,
        box_overlap,
    )
}
"""By slug, those first that need no mask."""
