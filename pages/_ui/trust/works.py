"""The long work behind the page Trust: a job's thread is handed what it needs, and its result is kept for everybody."""

from __future__ import annotations

import io
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from PIL import Image

from gradcam_core.loaded_image import LoadedImage
from gradcam_core.rendering.render import Look, overlay_image
from gradcam_core.resources.job import JobReport, Unit, Work
from pages._ui.session.checks import SEED, thing_mask
from pages._ui.session.question import Question
from pages._ui.session.results import cam_for, image_ready
from pages._ui.session.shared import ensure_room, model_cache, shared

if TYPE_CHECKING:
    from gradcam_core.cam import Cam
    from gradcam_core.models import LoadedModel
    from gradcam_core.trust.league import LeagueRow
    from gradcam_core.trust.measured import Measured
    from gradcam_core.trust.randomisation import Similarity
    from gradcam_core.trust.sweep import Sweep

IMAGES, MAPS, STEPS = Unit("images"), Unit("maps"), Unit("steps")
_QUALITY = 80
_FRAME_SIDE = 384
_ROW_BYTES = 300
T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class FilmedMeasures:
    """The measures of a map, and what the network saw at each share of its curves, as WebP files."""

    measured: Measured
    removed: tuple[bytes, ...]
    put_back: tuple[bytes, ...]


@dataclass(frozen=True, eq=False)
class DestroyedStep:
    """The map of a network of which so much is destroyed; the first step is the network as it is.

    Attributes:
        destroyed: the part that this step destroyed; empty for the first.
        picture: the image under the map, as a WebP file.
    """

    destroyed: str
    picture: bytes
    similarity: Similarity
    probability: float


def measuring(question: Question, sweep: Sweep, class_index: int, key: Hashable) -> Work[FilmedMeasures]:
    """All measures of one map, with their films."""
    cam, mask = cam_for(question, class_index), thing_mask(question, class_index)

    def measured(model: LoadedModel, report: JobReport[Any]) -> FilmedMeasures:
        from gradcam_core.trust.check import reporting_score
        from gradcam_core.trust.measured import PICTURES, measure_map

        score = reporting_score(model, total=PICTURES, turn=report.turn, progress=report)
        found = measure_map(score, sweep, cam, mask)
        return FilmedMeasures(found, *_removal_films(model, sweep, cam))

    def nbytes(made: FilmedMeasures) -> int:
        return sum(map(len, (*made.removed, *made.put_back)))

    return model_work(question, key, measured, Named("Measuring this heatmap", IMAGES, nbytes))


def destroying(question: Question, class_index: int, look: Look, key: Hashable) -> Work[tuple[DestroyedStep, ...]]:
    """The map while the network is destroyed from the output down."""
    image, intact = image_ready(question), cam_for(question, class_index)

    def destroyed(model: LoadedModel, report: JobReport[Any]) -> tuple[DestroyedStep, ...]:
        from gradcam_core.engine import Explainer
        from gradcam_core.trust.randomisation import cascade, similarity

        small = _small(image)
        forward = Explainer(model, question.layer).forward(image, preprocessing=question.preprocessing, place="grid")
        steps = [_step("", small, intact, look, similarity(intact.values, intact.values))]
        for step in cascade(model, forward.input_tensor, seed=SEED, progress=report):
            now = Explainer(step.model, question.layer).forward(
                image, preprocessing=question.preprocessing, place="grid"
            )
            cam = laid_as(intact, now.cam(class_index, question.method))  # all in one place
            steps.append(_step(step.destroyed[-1], small, cam, look, similarity(intact.values, cam.values)))
        return tuple(steps)

    def nbytes(made: tuple[DestroyedStep, ...]) -> int:
        return sum(len(step.picture) for step in made)

    return model_work(question, key, destroyed, Named("Destroying a copy of the network", STEPS, nbytes))


def laid_as(intact: Cam, cam: Cam) -> Cam:
    """The map where another one lies; other cells may be over the image there, so its note is written anew."""
    from gradcam_core.cam import unusable_because

    seen = intact.geometry.cells_seen(cam.shape)
    note = cam.note or unusable_because(cam.values, seen=seen, evidence_is_finite=True)
    return replace(cam, geometry=intact.geometry, note=note)


def comparing(question: Question, sweep: Sweep, class_index: int, key: Hashable) -> Work[tuple[LeagueRow, ...]]:
    """The agreement of all methods' maps at all blocks."""
    image = image_ready(question)
    blocks = [layer.name for layer in question.model.layers if layer.is_block or layer.name == question.layer]

    def compared(model: LoadedModel, report: JobReport[Any]) -> tuple[LeagueRow, ...]:
        from gradcam_core.engine import Explainer
        from gradcam_core.trust.league import league

        explainer = Explainer(model, blocks[0])
        forward = explainer.forward(image, preprocessing=question.preprocessing, layers=blocks, place=question.place)
        return league(forward, sweep, class_index, blocks, progress=report)

    return model_work(question, key, compared, Named("Comparing", MAPS, lambda made: _ROW_BYTES * len(made)))


@dataclass(frozen=True)
class Named:
    """What people call the work, what it counts, and what its result takes."""

    title: str
    unit: Unit
    nbytes: Callable[[Any], int]


def model_work(
    question: Question, key: Hashable, make: Callable[[LoadedModel, JobReport[Any]], T], named: Named
) -> Work[T]:
    """Work with the question's model, whose result is kept under the key."""

    def run(report: JobReport[Any]) -> T:
        ensure_room()
        with model_cache().borrow(question.model.spec.name) as model:
            made = make(model, report)
        kept: T = shared().checks.put(key, made, named.nbytes(made))
        return kept

    return Work(run, named.title, named.unit)


def _removal_films(model: LoadedModel, sweep: Sweep, cam: Cam) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """What the network saw while the map's pixels were removed, and put back; empty where the map has no order."""
    from gradcam_core.metrics.fills import filled, with_hidden
    from gradcam_core.metrics.removal import removed
    from gradcam_core.trust.measured import FILL
    from gradcam_core.trust.provisional import heat_over

    gone = removed(heat_over(sweep, cam))
    if gone is None:
        return (), ()
    fill = filled(sweep.picture, sweep.region)[FILL]
    films = (with_hidden(sweep.picture, sweep.region, masks, fill) for masks in (gone, ~gone))
    first, second = (tuple(_input_file(model, picture) for picture in film) for film in films)
    return first, second


def _input_file(model: LoadedModel, picture: np.ndarray) -> bytes:
    """(3, h, w), normalised, as a WebP file."""
    import torch

    from gradcam_core.preprocessing import input_picture

    return _webp(input_picture(torch.from_numpy(picture[None]), model.input_spec))


def _step(destroyed: str, image: LoadedImage, cam: Cam, look: Look, alike: Similarity) -> DestroyedStep:
    picture = overlay_image(image, cam.fitted(image.size), look)
    return DestroyedStep(destroyed, _webp(picture), alike, cam.prediction.probability)


def _small(image: LoadedImage) -> LoadedImage:
    """A copy for small pictures."""
    picture = Image.fromarray(image.pixels)
    picture.thumbnail((_FRAME_SIDE, _FRAME_SIDE), Image.Resampling.LANCZOS)
    return LoadedImage(np.asarray(picture), image.original_size, image.sha256)


def _webp(pixels: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "WEBP", quality=_QUALITY, method=0)
    return buffer.getvalue()
