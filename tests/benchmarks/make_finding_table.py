"""Make the table of how often each method finds the thing at each layer of tinynet, and show the blocks' part of it.

    python -m tests.benchmarks.make_finding_table [--scenes 500] [--workers 2] [--out FILE]

Scenes are those of the seeds from 630,000, which nothing was trained or chosen on; in each, one thing is asked for.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

import numpy as np

from gradcam_core.cam import Cam
from gradcam_core.engine import Explainer
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import METHODS
from gradcam_core.metrics.agreement import agreements, heat_shares
from gradcam_core.metrics.energy_pointing_game import energy_pointing_game
from gradcam_core.metrics.laying import cell_areas
from gradcam_core.metrics.parts import part_shares
from gradcam_core.metrics.pointing_game import pointing_game
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.scenes.scene import THINGS, draw_scene
from gradcam_core.trust.check import sweep_of
from gradcam_core.trust.finding import FILE, FindingTable, Found
from gradcam_core.trust.provisional import layout_in
from gradcam_core.trust.sweep import Sweep
from tests.planted.workers import over_seeds
from tests.support import methods_for

FIRST_SEED = 630_000


@dataclass(frozen=True)
class Asked:
    """One map of one thing; NaN where the map is not usable.

    Attributes:
        area: the thing's share of the picture.
    """

    layer: str
    method: str
    pointing: float
    energy: float
    agreement: float
    area: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask, write and print."""
    options = _parser().parse_args(arguments)
    seeds = range(FIRST_SEED, FIRST_SEED + options.scenes)
    table = summed_up(over_seeds(ask_scene, seeds, workers=options.workers), scenes=options.scenes)
    options.out.write_text(as_text(table), encoding="utf-8")
    print(f"{table.scenes} scenes; a pixel at random hits the thing in {table.chance:.1%}\n")
    print(f"{'':<12}{'':<22}{'usable':>9}{'pointing':>10}{'energy':>9}{'agreement':>11}")
    blocks = {layer.name for layer in _model().layers if layer.is_block}
    for row in (row for row in table.rows if row.layer in blocks):
        numbers = f"{row.usable:>9.1%}{row.pointing:>10.1%}{row.energy:>9.1%}{row.agreement:>11.2f}"
        print(f"{row.layer:<12}{METHODS[row.method].title:<22}{numbers}")


def ask_scene(seed: int) -> list[Asked]:
    """Every method at every layer, for one thing of a scene that is chosen by chance."""
    scene, rng = draw_scene(seed), np.random.default_rng(seed)
    thing = scene.things[int(rng.integers(len(scene.things)))]
    names = [layer.name for layer in _model().layers]
    image = LoadedImage(scene.pixels, (scene.pixels.shape[1], scene.pixels.shape[0]), f"scene {seed}")
    forward = Explainer(_model()).forward(image, layers=names)
    sweep, class_index = sweep_of(forward), THINGS.index(thing.label)
    return [
        _asked(sweep, forward.cam(class_index, method, layer=layer), thing.mask)
        for layer in names
        for method in methods_for(_model())
    ]


def summed_up(asked: Sequence[Asked], *, scenes: int) -> FindingTable:
    """The table of what was asked."""
    by_row: dict[tuple[str, str], list[Asked]] = {}
    for each in asked:
        by_row.setdefault((each.layer, each.method), []).append(each)
    model, areas = _model(), [each.area for each in next(iter(by_row.values()))]
    rows = tuple(_found(layer, method, group) for (layer, method), group in by_row.items())
    return FindingTable(
        model.spec.name, model.weights_sha256, scenes, FIRST_SEED, round(float(np.mean(areas)), 4), rows
    )


def as_text(table: FindingTable) -> str:
    """JSON with one row of the table a line."""
    told = asdict(table)
    rows = ",\n  ".join(json.dumps(row, allow_nan=False) for row in told.pop("rows"))
    return json.dumps(told, allow_nan=False)[:-1] + f', "rows": [\n  {rows}\n]}}\n'


def _asked(sweep: Sweep, cam: Cam, mask: np.ndarray) -> Asked:
    laid = cam.geometry.to_original(cam.values)
    return Asked(
        layer=cam.key.layer,
        method=cam.key.method,
        pointing=pointing_game(laid, mask).value,
        energy=energy_pointing_game(laid, mask).value,
        agreement=_lower_agreement(sweep, cam) if cam.usable else np.nan,
        area=float(mask.mean()),
    )


def _lower_agreement(sweep: Sweep, cam: Cam) -> float:
    layout, class_index = layout_in(sweep, cam), cam.prediction.class_index
    covered = heat_shares(cam.values[None], part_shares(sweep.parts, layout), cell_areas(layout))
    drops = sweep.log_odds(class_index) - sweep.hidden_log_odds(class_index)
    return float(agreements(covered, drops).min())


def _found(layer: str, method: str, asked: Sequence[Asked]) -> Found:
    usable = [each for each in asked if not np.isnan(each.pointing)]
    return Found(
        layer=layer,
        method=method,
        usable=round(len(usable) / len(asked), 4),
        pointing=_mean(each.pointing for each in usable),
        energy=_mean(each.energy for each in usable),
        agreement=round(float(np.nanmedian([each.agreement for each in usable])), 4),
    )


def _mean(values: Iterable[float]) -> float:
    return round(float(np.mean(list(values))), 4)


@cache
def _model() -> LoadedModel:
    return load_model("tinynet", device="cpu")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.make_finding_table", description=main.__doc__)
    parser.add_argument("--scenes", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--out", type=Path, default=FILE)
    return parser


if __name__ == "__main__":
    main()
