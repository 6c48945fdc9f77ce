"""The classic measures of one map, each beside what maps get that know nothing of the network."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gradcam_core.cam import Cam
from gradcam_core.metrics import average_drop, box_overlap, energy_pointing_game, pointing_game, rank_accuracy
from gradcam_core.metrics import deletion as deletions
from gradcam_core.metrics import insertion as insertions
from gradcam_core.metrics import symmetric_relevance_gain as gains
from gradcam_core.metrics.baselines import COARSE, centred_blob, edges_on
from gradcam_core.metrics.fills import filled
from gradcam_core.metrics.laying import averaged, laid, layout_over
from gradcam_core.metrics.measure import Measure
from gradcam_core.metrics.placement import GRID, placements
from gradcam_core.metrics.removal import SHARES, Curve
from gradcam_core.metrics.subject import Subject
from gradcam_core.scoring.protocol import ScoreFunction
from gradcam_core.trust.provisional import heat_over
from gradcam_core.trust.sweep import Sweep

MAP, ELSEWHERE, CENTRE, EDGES, CHANCE = "this map", "the same map elsewhere", "centre", "edges", "chance"
FILL = "blur"
_MAPS = (MAP, ELSEWHERE, CENTRE, EDGES)
PICTURES = 2 * len(SHARES) * len(_MAPS) + 2
"""How many images `measure_map` shows to the network."""


@dataclass(frozen=True)
class MeasuredRow:
    """One measure: its value for the map, and for what knows nothing, by name; NaN where it is undefined."""

    measure: Measure
    value: float
    baselines: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Measured:
    """What the measures say of one map.

    Attributes:
        deletion, insertion: the curves of the map and of the baselines, by name.
    """

    deletion: Mapping[str, Curve]
    insertion: Mapping[str, Curve]
    rows: tuple[MeasuredRow, ...]


def measure_map(score: ScoreFunction, sweep: Sweep, cam: Cam, mask: np.ndarray | None = None) -> Measured:
    """Measure one map: `PICTURES` images are shown to the network, fewer where a map has no order.

    What hides is the blur, under all measures.

    Args:
        score: of the sweep's model.
        cam: of the sweep's image and model.
        mask: (height, width) bool, image pixels: the thing that the class names, where that is known.
    """
    subject = Subject(score, sweep.picture, sweep.region, cam.prediction.class_index, sweep.activation)
    fill = filled(sweep.picture, sweep.region)[FILL]
    heats = _heats(sweep, cam)
    gone = {name: deletions.deletion(subject, heat, fill=fill) for name, heat in heats.items()}
    back = {name: insertions.insertion(subject, heat, fill=fill) for name, heat in heats.items()}
    change = average_drop.confidence_change(subject, heats[MAP], fill=fill)
    rows = (
        _row(deletions.MEASURE, {name: one.area for name, one in gone.items()}),
        _row(insertions.MEASURE, {name: one.area for name, one in back.items()}),
        _row(gains.MEASURE, {name: gains.symmetric_relevance_gain(gone[name], back[name]) for name in heats}),
        _row(average_drop.MEASURE, {MAP: change.drop}),
        *(() if mask is None else _rows_on_thing(cam, mask)),
    )
    return Measured(gone, back, rows)


def _heats(sweep: Sweep, cam: Cam) -> dict[str, np.ndarray]:
    """(height, width) over the region, by name: the map, the same map elsewhere, and maps that know nothing."""
    region, coarse = sweep.region, sweep.region.grid(COARSE)
    own = heat_over(sweep, cam)
    grid = region.grid(GRID)
    (elsewhere,) = placements(averaged(own, grid), 1, np.random.default_rng(sweep.parts.seed))
    edges = edges_on(sweep.edges, coarse)
    return {
        MAP: own,
        ELSEWHERE: laid(elsewhere, layout_over(region, grid)),
        CENTRE: laid(centred_blob(coarse, region), layout_over(region, coarse)),
        EDGES: laid(edges, layout_over(region, coarse)),
    }


def _row(measure: Measure, values: Mapping[str, float]) -> MeasuredRow:
    return MeasuredRow(measure, values[MAP], {name: value for name, value in values.items() if name != MAP})


def _rows_on_thing(cam: Cam, mask: np.ndarray) -> tuple[MeasuredRow, ...]:
    """Of the part of the image that the model saw."""
    left, top, right, bottom = cam.geometry.seen
    heat = cam.geometry.to_original(cam.values)[top:bottom, left:right]
    thing = mask[top:bottom, left:right]
    found = {
        pointing_game.MEASURE: pointing_game.pointing_game(heat, thing),
        energy_pointing_game.MEASURE: energy_pointing_game.energy_pointing_game(heat, thing),
        rank_accuracy.MEASURE: rank_accuracy.rank_accuracy(heat, thing),
        box_overlap.MEASURE: box_overlap.box_iou(heat, thing),
    }
    return tuple(MeasuredRow(measure, one.value, {CHANCE: one.chance}) for measure, one in found.items())
