"""What does an explanation say in numbers? A dictionary that is always valid JSON."""

import json
import math
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from gradcam_core.cam import Cam, Prediction
from gradcam_core.geometry import InputGeometry
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import get_method
from gradcam_core.rendering.render import DEFAULT_LOOK, Look
from gradcam_core.sentences import cells_sentence, sentence
from gradcam_core.version import __version__

_PACKAGES = ("torch", "torchvision", "grad-cam", "numpy", "pillow", "matplotlib")


def explanation_json(
    image: LoadedImage,
    cams: Sequence[Cam],
    *,
    predictions: Sequence[Prediction],
    look: Look = DEFAULT_LOOK,
    strongest: float = 0.0,
) -> dict[str, Any]:
    """Maps of one forward pass; a number that is not finite is null.

    Args:
        cams: at least one, all of one method.
        predictions: the classes to list, the largest first.
        look: how they are drawn.
        strongest: the largest value of the maps that they are compared with; 0 where there are none.

    Raises:
        ValueError: if `cams` is empty.
    """
    if not cams:
        raise ValueError("An explanation holds at least one map.")
    key, sign_rule, remark = cams[0].key, cams[0].sign_rule, cams[0].remark
    is_of_class = get_method(key.method).depends_on_class
    return {
        "model": key.model,
        "layer": key.layer,
        "method": key.method,
        **({"sign_rule": sign_rule} if sign_rule else {}),
        **({"remark": remark} if remark else {}),
        **({} if is_of_class else {"same_for_every_class": True}),
        "preprocessing": key.preprocessing,
        "place": place_json(cams[0]),
        **seen_json(image, cams[0].geometry),
        "predictions": [_prediction(prediction) for prediction in predictions],
        "explanations": [_explanation(cam, predictions, strongest) for cam in cams],
        "look": look_json(look),
        "versions": versions(),
    }


def prediction_json(
    image: LoadedImage, geometry: InputGeometry, *, predictions: Sequence[Prediction]
) -> dict[str, Any]:
    """What `explanation_json` says of the image, its window and the predictions."""
    return {
        **seen_json(image, geometry),
        "predictions": [_prediction(prediction) for prediction in predictions],
        "versions": versions(),
    }


def place_json(cam: Cam) -> dict[str, Any]:
    """Where the cells are laid, and where the network looks, and that in a sentence."""
    return {**shifts_json(cam), "sentence": cells_sentence(cam)}


def shifts_json(cam: Cam) -> dict[str, Any]:
    """Where the cells are laid, and where the network looks: in cells, (x, y) from the squares of the grid."""
    return {
        "cells": cam.key.place,
        "shift": list(cam.geometry.shift),
        "network_shift": list(cam.field.shift),
        "network_spread": list(cam.field.spread),
    }


def look_json(look: Look) -> dict[str, Any]:
    """How a map is drawn, the same text for equal looks: a browser says whole numbers as integers."""
    return {name: _plain(value) for name, value in asdict(look).items()}


def json_text(answer: Mapping[str, Any]) -> str:
    """The answer as a file and a shell get it: plain ASCII, which every terminal and pipe passes on whole."""
    return json.dumps(answer, indent=2, allow_nan=False) + "\n"


def versions() -> dict[str, str]:
    """What made the numbers."""
    return {
        "heatproof": __version__,
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }


def seen_json(image: LoadedImage, geometry: InputGeometry) -> dict[str, Any]:
    """The image, and the part of it that the model saw."""
    width, height = image.original_size
    return {
        "image": {
            "width": image.width,
            "height": image.height,
            "original_width": width,
            "original_height": height,
            "sha256": image.sha256,
            **({"notes": list(image.notes)} if image.notes else {}),
        },
        "window": [float(side) for side in geometry.window],
    }


def _prediction(prediction: Prediction) -> dict[str, Any]:
    return {
        "class_index": prediction.class_index,
        "label": prediction.label,
        "logit": _number(prediction.logit),
        "probability": _number(prediction.probability),
    }


def _explanation(cam: Cam, predictions: Sequence[Prediction], strongest: float) -> dict[str, Any]:
    """A map that is not usable points nowhere: its peak is null."""
    return {
        **_prediction(cam.prediction),
        **({"versus": _prediction(cam.versus)} if cam.versus else {}),
        "cam_shape": list(cam.values.shape),
        "cam_min": _number(cam.values.min()),
        "cam_max": _number(cam.values.max()),
        "peak": list(cam.peak) if cam.usable else None,
        "sentence": sentence(cam, among=predictions, strongest=strongest),
        **({} if cam.usable else {"note": cam.note}),
        **({"same_map_by": list(cam.same_map_by)} if cam.same_map_by else {}),
    }


def _plain(value: object) -> object:
    """One spelling for one number: a browser's 0 is 0.0."""
    return float(value) if type(value) is int else value


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
