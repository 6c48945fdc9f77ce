"""What does an explanation leave on disk, for a reader and for a program?"""

import errno
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gradcam_core.cam import RAW_UNIT, Cam, Prediction
from gradcam_core.encoding import to_png
from gradcam_core.errors import ResourceError
from gradcam_core.export.manifest import explanation_json
from gradcam_core.export.reproduce import command_line, python_lines
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.rendering.figures import figure_png, panels_figure
from gradcam_core.rendering.render import DEFAULT_LOOK, Look, heatmap_image, overlay_image

_MANIFEST, _ORIGINAL, _INPUT = "explanation.json", "original.png", "input.png"


@dataclass(frozen=True, eq=False, kw_only=True)
class Explanation:
    """A map, and what its files say beside it.

    Attributes:
        predictions: the classes to list, the largest first.
        unit: what the raw values count, as `unit_of` tells.
        input_picture: what the model saw, as `ForwardPass.input_picture`; there is no `input.png` without it.
    """

    image: LoadedImage
    cam: Cam
    predictions: Sequence[Prediction]
    look: Look = DEFAULT_LOOK
    unit: str = RAW_UNIT
    input_picture: np.ndarray | None = None


def write_explanations(folder: Path, explanations: Sequence[Explanation]) -> list[Path]:
    """Write the `explanation_files` of maps of one forward pass.

    Args:
        folder: made if it is not there. One map goes into it, several go into a folder for each class below it;
            what an earlier explanation of one class left there is removed then.

    Returns:
        The folders written to, one for each map. Where `explanation.json` lies, the rest is whole.

    Raises:
        ResourceError: if the disk refuses.
    """
    is_one = len(explanations) == 1
    folders = [folder if is_one else folder / class_folder(one.cam.prediction) for one in explanations]
    for target, explanation in zip(folders, explanations, strict=True):
        try:
            if target != folder:
                _remove_former(folder, _FILES)
            _write(target, explanation_files(explanation))
        except OSError as error:
            raise ResourceError(
                f"The explanation can't be written to {target}: {error.strerror or error}.",
                hint="Choose another folder" + (", or make room." if error.errno == errno.ENOSPC else "."),
            ) from error
    return folders


def explanation_files(explanation: Explanation) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of every file, each made when it is its turn; `explanation.json` comes last."""
    for name in _FILES:
        if name != _INPUT or explanation.input_picture is not None:
            yield name, explanation_file(name, explanation)


def explanation_file(name: str, explanation: Explanation) -> bytes:
    """One of the `explanation_files`.

    Raises:
        ValueError: if there is none of this name.
    """
    if name not in _FILES or (name == _INPUT and explanation.input_picture is None):
        raise ValueError(f"An explanation has no file {name!r}.")
    return _FILES[name](explanation)


def explanation_zip(explanation: Explanation, *, source: str = _ORIGINAL) -> bytes:
    """The `explanation_files` and `reproduce.txt` in one ZIP archive; the same explanation gives the same bytes.

    Args:
        source: what `load_image` finds the image by, for `reproduce.txt`; by default the archive's own
            `original.png`, which gives the same map when it stands in the folder.
    """
    recipe = _reproduction(source, explanation.cam, explanation.look)
    return _zipped([*explanation_files(explanation), ("reproduce.txt", recipe)])


def class_folder(prediction: Prediction) -> str:
    """A folder name that every system takes: "243-bull-mastiff"; the index alone where no letter is left."""
    plain = unicodedata.normalize("NFKD", prediction.label).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:50].strip("-")
    return f"{prediction.class_index}-{words}" if words else str(prediction.class_index)


def _panels(it: Explanation) -> bytes:
    return figure_png(panels_figure(it.image, it.cam, it.look, unit=it.unit))


def _npy(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def _manifest(it: Explanation) -> bytes:
    told = explanation_json(it.image, [it.cam], predictions=it.predictions, look=it.look)
    return json.dumps(told, indent=2, allow_nan=False).encode()


_FILES: dict[str, Callable[[Explanation], bytes]] = {
    _ORIGINAL: lambda it: to_png(it.image.pixels),
    _INPUT: lambda it: to_png(np.asarray(it.input_picture)),
    "heatmap.png": lambda it: to_png(heatmap_image(it.cam, it.image, it.look)),
    "overlay.png": lambda it: to_png(overlay_image(it.image, it.cam, it.look)),
    "panels.png": _panels,
    "cam.npy": lambda it: _npy(it.cam.values),
    _MANIFEST: _manifest,
}


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
