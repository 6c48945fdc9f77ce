"""Does a loaded network answer as its description says, and does it answer differently at all?"""

from contextlib import suppress

import numpy as np
import torch
from torch import Tensor

from gradcam_core.checkpoints.pairs import KnownAnswer
from gradcam_core.config import settings
from gradcam_core.decoding.decode import decode_image
from gradcam_core.errors import HeatproofError, ImageError, ModelError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models.loaded import LoadedModel
from gradcam_core.preprocessing import prepare
from gradcam_core.samples import load_sample
from gradcam_core.text import display_name

_SAMPLES = ("meadow", "temple")  # a drawing and a photograph
_ALIKE = 0.01  # by which the probability of no class differs between images that are quite different
_ALIKE_LOGITS = 0.1  # and no logit: a detector of what is in none of them is sure of all, by quite different logits


def check_answer(model: LoadedModel, known: KnownAnswer) -> None:
    """Ask the network about the image that its description names.

    Raises:
        ModelError: if it gives another class or logit, or the image can't be read.
    """
    wanted = model.class_index(known.class_name)
    logits = _logits(model, prepare(_read(known), model.input_spec).tensor)[0]
    best = int(logits.argmax())
    is_near = known.logit is None or abs(float(logits[wanted]) - known.logit) <= known.tolerance
    if best != wanted or not is_near:
        expected = "" if known.logit is None else f" with a logit of {known.logit:.3f}"
        raise ModelError(
            f"{model.spec.name} says of {known.image.name}: {display_name(model.labels[best])} with a logit of "
            f"{logits[best]:.3f}. Its description expects {display_name(model.labels[wanted])}{expected}.",
            hint="Compare preprocessing, options and activation with the training, or correct the field check.",
        )


def sameness_note(model: LoadedModel, noise: Tensor) -> tuple[str, ...]:
    """A sentence if noise, a drawing and a photograph are answered nearly alike: the input or the weights are wrong.

    Three forward passes at most: the last two only where the first two are alike.
    """
    first = _logits(model, noise)
    for slug in _SAMPLES:
        with suppress(ImageError):  # a package may have come without its pictures
            if not _are_alike(model, first, _logits(model, prepare(load_sample(slug), model.input_spec).tensor)):
                return ()
    if len(model.labels) < 2:
        return ()
    best = int(first[0].argmax())
    label, probability = display_name(model.labels[best]), _probabilities(model, first)[0, best]
    return (
        f"It answers quite different images nearly alike ({label}, {100 * probability:.1f} %). "
        "Its weights or its preprocessing may not be those of the training.",
    )


def _are_alike(model: LoadedModel, first: np.ndarray, second: np.ndarray) -> bool:
    apart = np.abs(_probabilities(model, first) - _probabilities(model, second)).max()
    is_same_class = first.argmax() == second.argmax()
    return bool(is_same_class and apart < _ALIKE and np.abs(first - second).max() < _ALIKE_LOGITS)


def _probabilities(model: LoadedModel, logits: np.ndarray) -> np.ndarray:
    scores = torch.from_numpy(logits)
    return np.asarray(scores.softmax(1) if model.activation == "softmax" else scores.sigmoid())


def _logits(model: LoadedModel, inputs: Tensor) -> np.ndarray:
    """(n, classes) float32."""
    with torch.no_grad():
        return np.asarray(model.logits(model.module(inputs.to(model.device))).float().cpu())


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
