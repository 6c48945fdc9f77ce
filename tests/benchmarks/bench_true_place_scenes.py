"""Does a map lie on the thing once its cells are laid where the network looks? The pointing game on drawn scenes.

    python -m tests.benchmarks.bench_true_place_scenes --weights FILE [--scenes 1000] [--picture FILE]

tinynet's kernels lie evenly; those of `tests/planted/kernels_of_3.py`, which writes the weights, look to the upper
left of the squares that the grid suggests. In each scene Grad-CAM is asked for one thing, chosen by chance; scenes are
those of the seeds from 640,000, which nothing was trained or chosen on.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from gradcam_core.cam import Cam
from gradcam_core.engine import Explainer
from gradcam_core.layers.place import PLACES
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.metrics.energy_pointing_game import energy_pointing_game
from gradcam_core.metrics.pointing_game import pointing_game
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.receptive_field import receptive_field
from gradcam_core.rendering.render import Look, overlay_image
from gradcam_core.scenes.scene import THINGS, PlacedThing, draw_scene
from tests.planted.kernels_of_3 import read
from tests.planted.networks import as_model
from tests.planted.wilson import interval

FIRST_SEED = 640_000
_SIDE, _GAP, _CAPTION, _LETTERS = 440, 12, 34, 17  # of the picture, in pixels
_LOOK = Look(contour=0.5)


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask and print; draw one scene if asked to."""
    options = _parser().parse_args(arguments)
    torch.set_num_threads(1)
    models = (load_model("tinynet", device="cpu"), as_model(read(options.weights), "kernels of 3"))
    seeds = range(FIRST_SEED, FIRST_SEED + options.scenes)
    for model in models:
        shift = receptive_field(model, model.layer(None)).shift
        print(f"{model.spec.name}, {model.default_layer}: cells look {shift} cells (right, down) beside the grid's")
        for place, found in _found(model, seeds).items():
            hits, energy = found.T
            low, high = interval(round(hits.sum()), len(hits))
            print(f"  {place:<8} pointing game {hits.mean():.1%} (95 %: {low:.1%} to {high:.1%})", end=", ")
            print(f"heat on the thing {energy.mean():.1%}, {np.isnan(found).any(axis=1).sum()} undefined", flush=True)
    if options.picture:
        side_by_side(models[-1], options.seed).save(options.picture, optimize=True)


def side_by_side(model: LoadedModel, seed: int) -> Image.Image:
    """One scene's map as each place lays it, under the name of the place."""
    thing = _scene(seed)[1]
    image = LoadedImage(draw_scene(seed, size=_SIDE).pixels, (_SIDE, _SIDE), f"scene {seed}")
    sheet = Image.new("RGB", (2 * _SIDE + _GAP, _SIDE + _CAPTION), "white")
    draw = ImageDraw.Draw(sheet)
    for column, place in enumerate(("grid", "network")):
        cam, left = Explainer(model).forward(image, place=place).cam(THINGS.index(thing.label)), column * (_SIDE + _GAP)
        sheet.paste(Image.fromarray(overlay_image(image, cam, _LOOK)), (left, _CAPTION))
        draw.text((left, 5), PLACES[place].title, fill="#1b1f24", font=ImageFont.load_default(_LETTERS))
    return sheet


def _found(model: LoadedModel, seeds: Sequence[int]) -> dict[str, np.ndarray]:
    """(scenes, 2) for each place: whether the strongest pixel lies on the thing, and the share of the heat on it."""
    found: dict[str, list[tuple[float, float]]] = {place: [] for place in PLACES}
    for seed in seeds:
        pixels, thing = _scene(seed)
        image = LoadedImage(pixels, (pixels.shape[1], pixels.shape[0]), f"scene {seed}")
        cam = Explainer(model).forward(image).cam(THINGS.index(thing.label))
        for slug, place in PLACES.items():
            found[slug].append(
                _measured(replace(cam, geometry=replace(cam.geometry, shift=place.shift(cam.field))), thing)
            )
    return {place: np.array(rows) for place, rows in found.items()}


def _measured(cam: Cam, thing: PlacedThing) -> tuple[float, float]:
    laid = cam.geometry.to_original(cam.values)
    return pointing_game(laid, thing.mask).value, energy_pointing_game(laid, thing.mask).value


def _scene(seed: int) -> tuple[np.ndarray, PlacedThing]:
    """The pixels of a scene, and one thing in it."""
    scene = draw_scene(seed)
    return scene.pixels, scene.things[int(np.random.default_rng(seed).integers(len(scene.things)))]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks.bench_true_place_scenes", description=main.__doc__
    )
    parser.add_argument("--weights", type=Path, required=True, help="what tests.planted.kernels_of_3 wrote")
    parser.add_argument("--scenes", type=int, default=1000)
    parser.add_argument("--picture", type=Path, help="draw one scene by the kernels of 3, by the grid and in its place")
    parser.add_argument("--seed", type=int, default=640_085, help="of that scene; by default one that the grid misses")
    return parser


if __name__ == "__main__":
    main()
