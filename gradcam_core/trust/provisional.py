"""What does a sweep say of one map? Without the network, at once."""

import numpy as np

from gradcam_core.cam import Cam
from gradcam_core.metrics.agreement import agreements, heat_shares
from gradcam_core.metrics.baselines import (
    CENTRE,
    COARSE,
    EDGES_16,
    EDGES_CENTRE,
    EDGES_OWN,
    EDGES_PIXEL,
    centred_blob,
    edges_on,
    own_grid,
)
from gradcam_core.metrics.laying import Layout, averaged, cell_areas, laid, layout_of, layout_over
from gradcam_core.metrics.log_odds import probability
from gradcam_core.metrics.parts import part_means, part_shares
from gradcam_core.metrics.placement import GRID, placement_p
from gradcam_core.trust.numbers import ByFill, Provisional
from gradcam_core.trust.sweep import Sweep

_UNDEFINED = ByFill(float("nan"), float("nan"))


def provisional(sweep: Sweep, cam: Cam, least_likely: Cam | None = None) -> Provisional:
    """Agreement and placement of one map, and the agreement of maps that know less; no picture is shown to the network.

    Args:
        cam: of the same image, model and preprocessing as the sweep; any class, layer and method.
        least_likely: the same method's map of the least likely other class; None where the method does not depend on
            the class.

    Raises:
        ValueError: if the map's class or input is not that of the sweep.
    """
    _check_same_question(sweep, cam)
    log_odds = sweep.log_odds(cam.prediction.class_index)
    is_finite = bool(np.isfinite(sweep.hidden_logits).all() and np.isfinite(sweep.logits).all())
    unusable = unusable_because(sweep, cam)
    can_measure = not (unusable or sweep.silent_because)
    drops = sweep.drops(cam.prediction.class_index) if can_measure else None
    return Provisional(
        class_index=cam.prediction.class_index,
        classes=sweep.classes,
        unusable=unusable,
        is_finite=is_finite,
        is_large_enough=sweep.is_large_enough,
        log_odds=log_odds,
        probability=float(probability(log_odds)),
        spread=_UNDEFINED if drops is None else ByFill.of(drops.std(axis=1)),
        agreement=_UNDEFINED if drops is None else ByFill.of(_agreement(sweep, cam, drops)),
        placement=_UNDEFINED if drops is None else ByFill.of(_placement(sweep, cam, drops)),
        baselines={} if drops is None else _baselines(sweep, cam, drops),
        least_likely=_of_least_likely(sweep, least_likely, drops),
    )


def unusable_because(sweep: Sweep, cam: Cam) -> str:
    """Why a map can't be judged, in one sentence; empty if it can."""
    if cam.note:
        return cam.note
    if not np.isfinite(cam.values).all():
        return "The map is not usable: it holds values that are not finite."
    return "" if heat_over(sweep, cam).max() > 0 else "The map has nothing above zero over the image."


def heat_over(sweep: Sweep, cam: Cam) -> np.ndarray:
    """(height, width) float64 of the sweep's region: the map's positive heat as a share of its largest cell."""
    heat = np.maximum(cam.values, 0).astype(np.float64)
    return laid(heat / max(heat.max(), np.finfo(np.float32).tiny), layout_in(sweep, cam))


def layout_in(sweep: Sweep, cam: Cam) -> Layout:
    """How the map lies over the sweep's region."""
    height, width = sweep.picture.shape[1:]
    return layout_of(sweep.region, cam.shape, (height, width), shift=_shift(cam))


def _check_same_question(sweep: Sweep, cam: Cam) -> None:
    width, height = cam.geometry.input_size
    if (height, width) != sweep.picture.shape[1:] or not 0 <= cam.prediction.class_index < sweep.classes:
        raise ValueError(f"The map, {cam.key}, is not one of the sweep's image and model.")


def _agreement(sweep: Sweep, cam: Cam, drops: np.ndarray) -> np.ndarray:
    """(fills,)."""
    return _agreements(sweep, cam.values, layout_in(sweep, cam), drops)


def _placement(sweep: Sweep, cam: Cam, drops: np.ndarray) -> np.ndarray:
    """(fills,)."""
    grid = sweep.region.grid(GRID)
    heat = averaged(heat_over(sweep, cam), grid)
    return placement_p(heat, part_means(sweep.parts, grid), drops, seed=sweep.parts.seed)


def _of_least_likely(sweep: Sweep, cam: Cam | None, drops: np.ndarray | None) -> float | None:
    if cam is None:
        return None
    if drops is None or unusable_because(sweep, cam):
        return float("nan")
    return ByFill.of(_agreement(sweep, cam, drops)).lower


def _baselines(sweep: Sweep, cam: Cam, drops: np.ndarray) -> dict[str, float]:
    """The lower agreement of each; those of the map's own grid also where the map's cells lie, and the better counts.

    An edge map that is laid a little beside the baseline agrees by chance a little better in half of the cases.
    """
    region, edges = sweep.region, sweep.edges
    coarse, own = region.grid(COARSE), own_grid(region, cam.shape, sweep.picture.shape[1:])
    at_own = edges_on(edges, own)
    maps = {
        CENTRE: centred_blob(coarse, region),
        EDGES_16: edges_on(edges, coarse),
        EDGES_OWN: at_own,
        EDGES_CENTRE: at_own * centred_blob(own, region),
    }

    in_grid = {name: layout_over(region, values.shape) for name, values in maps.items()}
    found = {name: _lower(sweep, values, in_grid[name], drops) for name, values in maps.items()}
    as_the_map = layout_over(region, own, shift=_shift(cam))
    for name in (EDGES_OWN, EDGES_CENTRE):
        found[name] = max(found[name], _lower(sweep, maps[name], as_the_map, drops))
    return {**found, EDGES_PIXEL: ByFill.of(_agreement_by_pixel(sweep, drops)).lower}


def _lower(sweep: Sweep, values: np.ndarray, layout: Layout, drops: np.ndarray) -> float:
    return ByFill.of(_agreements(sweep, values, layout, drops)).lower


def _shift(cam: Cam) -> tuple[float, float]:
    """(down, right), in cells."""
    right, down = cam.geometry.shift
    return down, right


def _agreements(sweep: Sweep, values: np.ndarray, layout: Layout, drops: np.ndarray) -> np.ndarray:
    """(fills,)."""
    covered = heat_shares(values[None], part_shares(sweep.parts, layout), cell_areas(layout))
    return np.asarray(agreements(covered, drops)[0])


def _agreement_by_pixel(sweep: Sweep, drops: np.ndarray) -> np.ndarray:
    """(fills,) of the edges themselves."""
    return np.asarray(agreements(sweep.edge_shares[None], drops)[0])
