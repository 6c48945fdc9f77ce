"""Does a loaded network answer as its description says, and does it answer differently at all?"""

from collections.abc import Iterator
from contextlib import suppress

import numpy as np
import torch

from gradcam_core.checkpoints.pairs import KnownAnswer
from gradcam_core.config import settings
from gradcam_core.decoding.decode import decode_image
from gradcam_core.errors import HeatproofError, ImageError, ModelError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models.loaded import LoadedModel
from gradcam_core.models.module_copy import cause_of
from gradcam_core.preprocessing import prepare
from gradcam_core.resources.memory import is_out_of_memory
from gradcam_core.samples import load_sample
from gradcam_core.text import display_name

_NOISE_SIDE = 256
_SAMPLES = ("meadow", "temple")  # a drawing and a photograph
_ALIKE = 0.03  # by which the probability of no class differs between images that are quite different,
_ALIKE_LOGITS = 0.5  # and no logit: what detects none of them is sure of all, but by quite different logits


def check_answer(model: LoadedModel, known: KnownAnswer) -> None:
    """Ask the network about the image that its description names.

    Raises:
        ModelError: if it gives another class or logit, or the image can't be read.
    """
    wanted = model.class_index(known.class_name)
    logits = _answer(model, _read(known))[0]
    best = int(logits.argmax())
    is_near = known.logit is None or abs(float(logits[wanted]) - known.logit) <= known.tolerance
    if best != wanted or not is_near:
        expected = "" if known.logit is None else f" with a logit of {known.logit:.3f}"
        raise ModelError(
            f"{model.spec.name} says of {known.image.name}: {display_name(model.labels[best])} with a logit of "
            f"{logits[best]:.3f}. Its description expects {display_name(model.labels[wanted])}{expected}.",
            hint="Compare preprocessing, options and activation with the training, or correct the field check.",
        )


def sameness_note(model: LoadedModel) -> tuple[str, ...]:
    """A sentence if noise, a drawing and a photograph are answered nearly alike: the input or the weights are wrong.

    Three forward passes at most: the third one only where the first two are alike.
    """
    images = _quite_different()
    first = _answer(model, next(images))
    if len(model.labels) < 2 or not all(_are_alike(model, first, _answer(model, image)) for image in images):
        return ()
    best = int(first[0].argmax())
    label, probability = display_name(model.labels[best]), _probabilities(model, first)[0, best]
    return (
        f"It answers quite different images nearly alike ({label}, {100 * probability:.1f} %). "
        "Its weights or its preprocessing may not be those of the training.",
    )


def _quite_different() -> Iterator[LoadedImage]:
    """Noise, and those samples whose packages brought them."""
    noise = np.random.default_rng(0).integers(0, 256, (_NOISE_SIDE, _NOISE_SIDE, 3), dtype=np.uint8)
    yield LoadedImage(noise, (_NOISE_SIDE, _NOISE_SIDE), "")
    for slug in _SAMPLES:
        with suppress(ImageError):
            yield load_sample(slug)


def _answer(model: LoadedModel, image: LoadedImage) -> np.ndarray:
    """(1, classes) float32: the logits, by the preprocessing that the description names."""
    inputs = prepare(image, model.input_spec).tensor.to(model.device)
    try:
        with torch.no_grad():
            return np.asarray(model.logits(model.module(inputs)).float().cpu())
    except Exception as error:  # a stranger's module raises anything, and noise did not bring it to that
        if isinstance(error, HeatproofError) or is_out_of_memory(error):
            raise
        raise ModelError(
            f"{model.spec.title} can't be run on an image that is prepared as stated: {cause_of(error)}.",
            hint="Compare the range of the values, mean and std with the training.",
        ) from error


def _are_alike(model: LoadedModel, first: np.ndarray, second: np.ndarray) -> bool:
    apart = np.abs(_probabilities(model, first) - _probabilities(model, second)).max()
    is_same_class = first.argmax() == second.argmax()
    return bool(is_same_class and apart < _ALIKE and np.abs(first - second).max() < _ALIKE_LOGITS)


def _probabilities(model: LoadedModel, logits: np.ndarray) -> np.ndarray:
    return np.asarray(model.probabilities(torch.from_numpy(logits)))


def _read(known: KnownAnswer) -> LoadedImage:
    try:
        with known.image.open("rb") as file:
            return decode_image(file.read(settings().max_file_bytes + 1), name=known.image.name)
    except OSError as error:
        raise ModelError(f"{known.image.name} can't be read.", hint="It is the image of the field check.") from error
    except HeatproofError as error:
        raise ModelError(
            f"{known.image.name}, the image of the field check: {error.message}", hint=error.hint
        ) from error
