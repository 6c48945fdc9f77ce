"""What does an explanation leave on disk, for a reader and for a program?"""

import errno
import io
import json
import math
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gradcam_core.errors import ResourceError
from gradcam_core.explanation import Cam, Prediction
from gradcam_core.figures import RAW_UNIT, figure_png, panels_figure
from gradcam_core.images import LoadedImage
from gradcam_core.manifest import explanation_json
from gradcam_core.render import DEFAULT_LOOK, Look, heatmap_image, overlay_image, to_png
from gradcam_core.reproduce import command_line, python_lines

if TYPE_CHECKING:
    from gradcam_core.models import LoadedModel

_MANIFEST = "explanation.json"
_ORIGINAL, _INPUT = "original.png", "input.png"
_BESIDE_IT = (_ORIGINAL, "heatmap.png", "overlay.png", "panels.png", "cam.npy", _INPUT)


def write_explanation(  # noqa: PLR0913 - all but the first three are named
    folder: Path,
    image: LoadedImage,
    cams: Sequence[Cam],
    *,
    predictions: Sequence[Prediction],
    look: Look = DEFAULT_LOOK,
    unit: str = RAW_UNIT,
    input_picture: np.ndarray | None = None,
) -> list[Path]:
    """Write the `explanation_files` of maps of one forward pass.

    Args:
        folder: made if it is not there. One map goes into it, several go into a folder for each class below it;
            what an earlier explanation of one class left there is removed then.

    Returns:
        The folders written to, one for each map. Where `explanation.json` lies, the rest is whole.

    Raises:
        ResourceError: if the disk refuses.
    """
    folders = [folder] if len(cams) == 1 else [folder / class_folder(cam.prediction) for cam in cams]
    for target, cam in zip(folders, cams, strict=True):
        files = explanation_files(
            image, cam, predictions=predictions, look=look, unit=unit, input_picture=input_picture
        )
        try:
            if target != folder:
                _remove_former(folder, _BESIDE_IT)
            _write(target, files)
        except OSError as error:
            raise ResourceError(
                f"The explanation can't be written to {target}: {error.strerror or error}.",
                hint="Choose another folder" + (", or make room." if error.errno == errno.ENOSPC else "."),
            ) from error
    return folders


def explanation_files(  # noqa: PLR0913 - all but the first two are named
    image: LoadedImage,
    cam: Cam,
    *,
    predictions: Sequence[Prediction],
    look: Look = DEFAULT_LOOK,
    unit: str = RAW_UNIT,
    input_picture: np.ndarray | None = None,
) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file, each made when it is its turn; `explanation.json` comes last.

    Args:
        predictions: the classes to list, the largest first.
        unit: what the raw values count, as `unit_of` tells.
        input_picture: what the model saw, as `ForwardPass.input_picture`; there is no `input.png` without it.
    """
    yield _ORIGINAL, to_png(image.pixels)
    if input_picture is not None:
        yield _INPUT, to_png(input_picture)
    yield "heatmap.png", to_png(heatmap_image(cam, image, look))
    yield "overlay.png", to_png(overlay_image(image, cam, look))
    yield "panels.png", figure_png(panels_figure(image, cam, look, unit=unit))
    yield "cam.npy", cam_npy(cam)
    manifest = explanation_json(image, [cam], predictions=predictions, look=look)
    yield _MANIFEST, json.dumps(manifest, indent=2, allow_nan=False).encode()


def explanation_zip(  # noqa: PLR0913 - all but the first two are named
    image: LoadedImage,
    cam: Cam,
    *,
    predictions: Sequence[Prediction],
    look: Look = DEFAULT_LOOK,
    unit: str = RAW_UNIT,
    input_picture: np.ndarray | None = None,
    source: str = _ORIGINAL,
) -> bytes:
    """The `explanation_files` and `reproduce.txt` in one ZIP archive; the same explanation gives the same bytes.

    Args:
        source: what `load_image` finds the image by, for `reproduce.txt`; by default the archive's own
            `original.png`, which gives the same map when it stands in the folder.
    """
    files = explanation_files(image, cam, predictions=predictions, look=look, unit=unit, input_picture=input_picture)
    return _zipped([*files, ("reproduce.txt", _reproduction(source, cam, look))])


def cam_npy(cam: Cam) -> bytes:
    """The raw values, float32, as the bytes of a file for `numpy.load`."""
    buffer = io.BytesIO()
    np.save(buffer, cam.values, allow_pickle=False)
    return buffer.getvalue()


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


def _reproduction(source: str, cam: Cam, look: Look) -> bytes:
    """Both ways; a file name that is not UTF-8 keeps its bytes."""
    shell, python = command_line(source, cam.key, look), python_lines(source, cam.key, look)
    where = f"Copy {_ORIGINAL} there, or put its path in its place.\n" if source == _ORIGINAL else ""
    text = f"In the folder that holds gradcam_core.\n{where}\nFrom a shell:\n\n{shell}\n\nFrom Python:\n\n{python}"
    return text.encode(errors="surrogateescape")


def _zipped(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Stored, for pictures do not shrink; dated to the first day that the format knows."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files:
            entry = zipfile.ZipInfo(name)
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # or they would tell the system it was made on
            archive.writestr(entry, content)
    return buffer.getvalue()


def _remove_former(folder: Path, names: Iterable[str]) -> None:
    """The manifest first; pictures without one are not ours."""
    manifest = folder / _MANIFEST
    if manifest.is_file():
        for path in (manifest, *(folder / name for name in names)):
            path.unlink(missing_ok=True)


def _write(folder: Path, files: Iterator[tuple[str, bytes]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _remove_former(folder, [_INPUT])  # an older manifest must not vouch for half of the new files, nor for its input
    for name, content in files:
        (folder / name).write_bytes(content)
