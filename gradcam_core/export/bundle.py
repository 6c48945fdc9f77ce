"""Write explanations to disk, so that a folder is always whole: its manifest comes last."""

import errno
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from gradcam_core.cam import Prediction
from gradcam_core.errors import ResourceError
from gradcam_core.export.formats import FORMATS, INPUT, MANIFEST, Explanation, explanation_files


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
                _remove_former(folder, [one.file_name for one in FORMATS.values()])
            _write(target, explanation_files(explanation))
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


def _remove_former(folder: Path, names: Iterable[str]) -> None:
    """The manifest first; pictures without one are not ours."""
    manifest = folder / MANIFEST
    if manifest.is_file():
        for path in (manifest, *(folder / name for name in names)):
            path.unlink(missing_ok=True)


def _write(folder: Path, files: Iterator[tuple[str, bytes]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    _remove_former(folder, [INPUT])  # an older manifest must not vouch for half of the new files, nor for its input
    for name, content in files:
        (folder / name).write_bytes(content)
