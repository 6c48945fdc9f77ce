"""Which measures are there? Facts as data; the functions stand in the files of the same names."""

from gradcam_core.metrics import (
    average_drop,
    box_overlap,
    deletion,
    energy_pointing_game,
    insertion,
    pointing_game,
    rank_accuracy,
    symmetric_relevance_gain,
)
from gradcam_core.metrics.measure import Measure

MEASURES: dict[str, Measure] = {
    module.MEASURE.slug: module.MEASURE
    for module in (
        deletion,
        insertion,
        symmetric_relevance_gain,
        average_drop,
        pointing_game,
        energy_pointing_game,
        rank_accuracy,
        box_overlap,
    )
}
"""By slug, those first that need no mask."""
