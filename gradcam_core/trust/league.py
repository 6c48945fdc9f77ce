"""How well do all methods and layers agree with what hiding does? A table for one image and class, from one sweep."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradcam_core.cam import Cam
from gradcam_core.engine import ForwardPass
from gradcam_core.methods import METHODS, CamMethod, why_unfit
from gradcam_core.methods.base import Need
from gradcam_core.metrics.agreement import agreements, heat_shares
from gradcam_core.metrics.laying import cell_areas
from gradcam_core.metrics.parts import part_shares
from gradcam_core.progress import Progress, silent
from gradcam_core.trust.provisional import layout_in, unusable_because
from gradcam_core.trust.sweep import Sweep

_QUICK = 2  # forward passes beside the one that there is


@dataclass(frozen=True)
class LeagueRow:
    """One map of many.

    Attributes:
        agreement: the lower one of both fills; NaN where it is undefined.
        note: why there is none, in one sentence; else empty.
    """

    layer: str
    method: str
    agreement: float
    note: str = ""


def league(
    forward: ForwardPass, sweep: Sweep, class_index: int, layers: Sequence[str], *, progress: Progress = silent
) -> tuple[LeagueRow, ...]:
    """The agreement of every quick method's map at each layer, the highest first; no further image is shown.

    A layer that gives the same as an earlier one, such as a container of it, is left out: its maps are no further ones.
    A method that knows no layer stands there once, under the first.

    The best of many is good by luck: no verdict follows from its place here.

    Args:
        layers: that were recorded in the forward pass.
        progress: told how many maps are done; raise `Cancelled` in it to stop.
    """
    drops, distinct = sweep.drops(class_index), _distinct(forward, layers)
    pairs = [
        (layer, method)
        for layer in distinct
        for method in METHODS.values()
        if (layer == distinct[0] or method.depends_on_layer) and _answers(forward, layer, method)
    ]
    rows = []
    for done, (layer, method) in enumerate(pairs):
        progress(done, len(pairs))
        cam = forward.cam(class_index, method.slug, layer=layer)
        rows.append(_row(sweep, cam, drops))
    return tuple(sorted(rows, key=lambda row: -np.inf if np.isnan(row.agreement) else row.agreement, reverse=True))


def _distinct(forward: ForwardPass, layers: Sequence[str]) -> list[str]:
    """The layers without those that give the same as one before them."""
    distinct: list[str] = []
    for layer in layers:
        if not any(forward.gives_the_same(layer, other) for other in distinct):
            distinct.append(layer)
    return distinct


def _answers(forward: ForwardPass, layer: str, method: CamMethod) -> bool:
    """Whether the method makes a map of one class at this layer from the pass, and a few more for all classes."""
    target = forward.model.layer(layer)
    is_unanswerable = Need.OTHER_CLASS in method.needs or method.unsupported_because(target)
    return not is_unanswerable and method.cost(target) <= _QUICK and not why_unfit(method, forward.model)


def _row(sweep: Sweep, cam: Cam, drops: np.ndarray) -> LeagueRow:
    note = unusable_because(sweep, cam) or sweep.silent_because
    if note:
        return LeagueRow(cam.key.layer, cam.key.method, float("nan"), note)
    layout = layout_in(sweep, cam)
    covered = heat_shares(cam.values[None], part_shares(sweep.parts, layout), cell_areas(layout))
    found = agreements(covered, drops)[0]
    note = "" if np.isfinite(found).all() else "Hiding any part hides as much of its heat."
    return LeagueRow(cam.key.layer, cam.key.method, float(found.min()), note)
