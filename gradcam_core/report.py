"""What does an explanation leave on disk, for a reader and for a program?"""

import errno
import io
import json
import math
import platform
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcam_core import __version__
from gradcam_core.errors import ResourceError
from gradcam_core.explanation import Cam, Prediction
from gradcam_core.figures import RAW_UNIT, figure_png, panels_figure
from gradcam_core.geometry import InputGeometry
from gradcam_core.images import LoadedImage
from gradcam_core.render import DEFAULT_COLORMAP, heatmap_image, overlay_image, to_png

if TYPE_CHECKING:
    from gradcam_core.models import LoadedModel

_MANIFEST = "explanation.json"
_BESIDE_IT = ("original.png", "heatmap.png", "overlay.png", "panels.png", "cam.npy")
_PACKAGES = ("torch", "torchvision", "grad-cam", "numpy", "pillow", "matplotlib")


@dataclass(frozen=True)
class Look:
    """How the maps are drawn; `unit` is what their raw values count."""

    colormap: str = DEFAULT_COLORMAP
    opacity: float = 0.5
    unit: str = RAW_UNIT


def explanation_json(image: LoadedImage, cams: Sequence[Cam], *, predictions: Sequence[Prediction]) -> dict[str, Any]:
    """Maps of one forward pass as a dictionary that is always valid JSON: a number that is not finite is null.

    Args:
        cams: at least one, all of one method.
        predictions: the classes to list, the largest first.

    Raises:
        ValueError: if `cams` is empty.
    """
    if not cams:
        raise ValueError("An explanation holds at least one map.")
    key = cams[0].key
    return {
        "model": key.model,
        "layer": key.layer,
        "method": key.method,
        "preprocessing": key.preprocessing,
        **_what_was_seen(image, cams[0].geometry),
        "predictions": [_prediction(prediction) for prediction in predictions],
        "explanations": [_explanation(cam) for cam in cams],
        "versions": versions(),
    }


def prediction_json(
    image: LoadedImage, geometry: InputGeometry, *, predictions: Sequence[Prediction]
) -> dict[str, Any]:
    """What `explanation_json` says of the image, its window and the predictions."""
    return {
        **_what_was_seen(image, geometry),
        "predictions": [_prediction(prediction) for prediction in predictions],
        "versions": versions(),
    }


def write_explanation(
    folder: Path,
    image: LoadedImage,
    cams: Sequence[Cam],
    *,
    predictions: Sequence[Prediction],
    look: Look | None = None,
) -> list[Path]:
    """Write pictures, raw map and `explanation.json`, which comes last: where it lies, the rest is whole.

    Args:
        folder: made if it is not there. One map goes into it, several go into a folder for each class below it;
            what an earlier explanation of one class left there is removed then.

    Returns:
        The folders written to, one for each map.

    Raises:
        ResourceError: if the disk refuses.
    """
    folders = [folder] if len(cams) == 1 else [folder / class_folder(cam.prediction) for cam in cams]
    for target, cam in zip(folders, cams, strict=True):
        try:
            if target != folder:
                _remove_former(folder)
            _write(target, _files(image, cam, predictions, look or Look()))
        except OSError as error:
            raise ResourceError(
                f"The explanation can't be written to {target}: {error.strerror or error}.",
                hint="Choose another folder" + (", or make room." if error.errno == errno.ENOSPC else "."),
            ) from error
    return folders


def class_folder(prediction: Prediction) -> str:
    """A folder name that every system takes: "243-bull-mastiff"; the index alone where no letter is left."""
    plain = unicodedata.normalize("NFKD", prediction.label).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:50].strip("-")
    return f"{prediction.class_index}-{words}" if words else str(prediction.class_index)


def unit_of(model: "LoadedModel", cam: Cam) -> str:
    """What the raw values count: logits per cell, if with the head's bias they add up to the logit.

    That holds for global pooling and one linear layer, and is found out by adding up.
    """
    for module in model.module.modules():
        bias = getattr(module, "bias", None)
        if getattr(module, "out_features", None) == len(model.labels) and bias is not None:
            total = float(cam.values.sum(dtype=np.float64)) + float(bias[cam.prediction.class_index])
            if math.isclose(total, cam.prediction.logit, rel_tol=1e-4, abs_tol=1e-4):
                return "logits per cell"
    return RAW_UNIT


def versions() -> dict[str, str]:
    """What made the numbers."""
    return {
        "heatproof": __version__,
        "python": platform.python_version(),
        **{package: version(package) for package in _PACKAGES},
    }


def _what_was_seen(image: LoadedImage, geometry: InputGeometry) -> dict[str, Any]:
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


def _explanation(cam: Cam) -> dict[str, Any]:
    """A map that is not usable points nowhere: its peak is null."""
    return {
        **_prediction(cam.prediction),
        "cam_shape": list(cam.values.shape),
        "cam_min": _number(cam.values.min()),
        "cam_max": _number(cam.values.max()),
        "peak": list(cam.peak) if cam.usable else None,
        **({} if cam.usable else {"note": cam.note}),
    }


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _files(image: LoadedImage, cam: Cam, predictions: Sequence[Prediction], look: Look) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file, each made when it is its turn."""
    colormap, opacity = look.colormap, look.opacity
    yield "original.png", to_png(image.pixels)
    yield "heatmap.png", to_png(heatmap_image(cam, image, colormap))
    yield "overlay.png", to_png(overlay_image(image, cam, colormap=colormap, opacity=opacity))
    yield "panels.png", figure_png(panels_figure(image, cam, colormap=colormap, opacity=opacity, unit=look.unit))
    yield "cam.npy", _npy(cam.values)
    manifest = explanation_json(image, [cam], predictions=predictions)
    yield _MANIFEST, json.dumps(manifest, indent=2, allow_nan=False).encode()


def _npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def _remove_former(folder: Path) -> None:
    """Pictures without a manifest are not ours."""
    manifest = folder / _MANIFEST
    if manifest.is_file():
        for path in (manifest, *(folder / name for name in _BESIDE_IT)):
            path.unlink(missing_ok=True)


def _write(folder: Path, files: Iterator[tuple[str, bytes]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MANIFEST).unlink(missing_ok=True)  # an older one must not vouch for half of the new files
    for name, content in files:
        (folder / name).write_bytes(content)
