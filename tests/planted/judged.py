"""Maps of which it is known what they are worth, each judged by the rule: the rows of the planted-truth tables.

What no method gave for the class asked about (noise, another scene's map, …) is judged without the condition on the
least likely class: that could only help such a map to fail.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from gradcam_core.cam import Cam
from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import get_method
from gradcam_core.metrics.baselines import centred_blob, edges_on
from gradcam_core.metrics.strongest import strongest_fifth
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.scenes.scene import THINGS, PlacedThing, Scene, draw_scene
from gradcam_core.scoring.function import score_function
from gradcam_core.trust.check import least_likely_cam, sweep_of
from gradcam_core.trust.judgement import judge
from gradcam_core.trust.provisional import heat_over
from gradcam_core.trust.sweep import Sweep
from tests.planted.networks import as_model, random_network
from tests.planted.null_maps import NULL_MAPS, blobs
from tests.planted.shortcut import FISH, shortcut_network
from tests.planted.watermark import watermarked

LAYERS = ("blocks.0", "blocks.2", "blocks.5")
METHODS = ("gradcam", "layercam", "eigencam")


@dataclass(frozen=True)
class Judged:
    """One map and what became of it.

    Attributes:
        row: what kind of map it is.
        failed: the conditions that it did not meet.
        covered: the share of the thing, or of the watermark, that the map's strongest fifth covers; NaN without one.
        is_beside: whether the card says that the evidence lies beside the thing.
    """

    row: str
    seed: int
    verdict: str
    failed: tuple[str, ...]
    probability: float
    agreement: float
    placement: float
    rank: float
    covered: float
    is_beside: bool


@dataclass(frozen=True, eq=False)
class Question:
    """One class of one image, asked of one model, and its sweep."""

    forward: ForwardPass
    sweep: Sweep
    class_index: int
    seed: int
    thing: np.ndarray  # (height, width) bool

    @classmethod
    def of(cls, forward: ForwardPass, class_index: int, thing: np.ndarray, seed: int) -> "Question":
        """With a sweep of its own."""
        return cls(forward, sweep_of(forward), class_index, seed, thing)

    def judged(
        self, row: str, cam: Cam, least_likely: Cam | None = None, *, covering: np.ndarray | None = None
    ) -> Judged:
        """The verdict on one map.

        Args:
            covering: (height, width) bool, of what the strongest fifth should cover; the thing if not given.
        """
        score = score_function(self.forward.model)
        judgement = judge(score, self.sweep, cam, least_likely, thing_mask=self.thing)
        numbers, fifth = judgement.numbers, judgement.fifth
        return Judged(
            row=row,
            seed=self.seed,
            verdict=judgement.verdict.value,
            failed=tuple(condition.value for condition in judgement.failed),
            probability=numbers.probability,
            agreement=numbers.agreement.lower,
            placement=numbers.placement.higher,
            rank=fifth.rank.lower if fifth else np.nan,
            covered=_covered(self.sweep, cam, self.thing if covering is None else covering) if cam.usable else np.nan,
            is_beside=judgement.thing is not None and not judgement.thing.is_on_it,
        )

    def own(self, row: str, method: str = "gradcam", layer: str | None = None) -> Judged:
        """The verdict on the map that a method gives for the class."""
        cam = self.forward.cam(self.class_index, method, layer=layer)
        return self.judged(row, cam, least_likely_cam(self.forward, cam))

    def posing(self, row: str, values: np.ndarray) -> Judged:
        """The verdict on other values that pose as the class's Grad-CAM."""
        cam = self.forward.cam(self.class_index)
        return self.judged(row, replace(cam, values=values.astype(np.float32), note=""))


def judge_scene(seed: int) -> list[Judged]:
    """The rows of one scene and a thing in it, chosen by chance."""
    return list(_scene_rows(seed))


def judge_shortcut(seed: int) -> list[Judged]:
    """The rows of the network that names a fish by a watermark: a scene with both."""
    rng = np.random.default_rng(seed)
    partner = str(rng.choice([label for label in THINGS if label != THINGS[FISH]]))
    scene = draw_scene(seed, things=(THINGS[FISH], partner))
    marked, where = watermarked(scene.pixels, rng)
    fish = next(thing.mask for thing in scene.things if thing.label == THINGS[FISH])
    asked = Question.of(_forward(_model("shortcut"), marked, seed), FISH, fish, seed)
    cam, honest = asked.forward.cam(FISH), _forward(_model("tinynet"), marked, seed).cam(FISH)
    return [
        asked.judged("shortcut: its map", cam, least_likely_cam(asked.forward, cam), covering=where),
        asked.posing("shortcut: the honest network's map", honest.values),
    ]


def judge_layers(seed: int) -> list[Judged]:
    """Methods and what knows nothing at three layers; a row is named after both."""
    scene, rng = draw_scene(seed), np.random.default_rng(seed)
    thing = _chosen(scene, rng)
    forward = _forward(_model("tinynet"), scene.pixels, seed, layers=LAYERS)
    asked = Question.of(forward, THINGS.index(thing.label), thing.mask, seed)
    return [judged for layer in LAYERS for judged in _rows_at(asked, layer, rng)]


def _scene_rows(seed: int) -> Iterator[Judged]:
    scene, rng = draw_scene(seed), np.random.default_rng(seed)
    thing = _chosen(scene, rng)
    forward = _forward(_model("tinynet"), scene.pixels, seed)
    asked = Question.of(forward, THINGS.index(thing.label), thing.mask, seed)
    cam = forward.cam(asked.class_index)
    yield asked.own("Grad-CAM of a thing that is there")
    present = [each.label for each in scene.things]
    for other in [label for label in present if label != thing.label][:1]:
        yield asked.posing("its map for another thing", forward.cam(THINGS.index(other)).values)
    absent = THINGS.index(str(rng.choice([label for label in THINGS if label not in present])))
    yield replace(asked, class_index=absent).own("a class that is not there")
    for name, draw in NULL_MAPS.items():
        yield asked.posing(name, draw(rng, cam.shape[0]))
    yield asked.posing("centre", centred_blob(cam.shape, asked.sweep.region))
    yield asked.posing("edge map, by cell", edges_on(asked.sweep.edges, cam.shape))
    yield asked.posing("edge map, by pixel", asked.sweep.edges)
    yield asked.posing("map of another scene", _map_of(seed - 1))
    random = _forward(_model("random"), scene.pixels, seed)
    yield asked.posing("map of a random network", random.cam(asked.class_index).values)
    if seed % 4 == 0:  # it needs a sweep of its own, and always comes out alike
        itself = Question.of(random, asked.class_index, thing.mask, seed)
        yield itself.own("a random network's map, on itself")


def _rows_at(asked: Question, layer: str, rng: np.random.Generator) -> Iterator[Judged]:
    forward, class_index = asked.forward, asked.class_index
    for slug in METHODS:
        title = get_method(slug).title
        yield asked.own(f"{title} at {layer}", slug, layer)
        cam = forward.cam(class_index, slug, layer=layer)
        if least := least_likely_cam(forward, cam):
            posing = replace(cam, values=least.values, note=least.note)
            yield asked.judged(f"{title} of the least likely class at {layer}", posing, least)
    cam = forward.cam(class_index, layer=layer)
    edges = edges_on(asked.sweep.edges, cam.shape)
    for name, values in {
        "edges": edges,
        "edges × centre": edges * centred_blob(cam.shape, asked.sweep.region),
        "blobs": blobs(rng, cam.shape[0]),
    }.items():
        yield asked.judged(f"{name} at {layer}", replace(cam, values=values.astype(np.float32), note=""))


@cache
def _model(name: str) -> LoadedModel:
    """tinynet, shortcut or random."""
    if name == "shortcut":
        return as_model(shortcut_network(), name)
    return as_model(random_network(), name) if name == "random" else load_model(name, device="cpu")


def _forward(model: LoadedModel, pixels: np.ndarray, seed: int, *, layers: tuple[str, ...] = ()) -> ForwardPass:
    height, width = pixels.shape[:2]
    image = LoadedImage(pixels, (width, height), f"scene {seed}")
    return Explainer(model).forward(image, layers=layers)


def _map_of(seed: int) -> np.ndarray:
    """Grad-CAM of the thing that is asked about in another scene."""
    scene = draw_scene(seed)
    thing = _chosen(scene, np.random.default_rng(seed))
    return _forward(_model("tinynet"), scene.pixels, seed).cam(THINGS.index(thing.label)).values


def _chosen(scene: Scene, rng: np.random.Generator) -> PlacedThing:
    return scene.things[int(rng.integers(len(scene.things)))]


def _covered(sweep: Sweep, cam: Cam, mask: np.ndarray) -> float:
    heat = heat_over(sweep, cam)
    return float(strongest_fifth(heat)[mask].mean()) if heat.max() > 0 and mask.any() else float("nan")
