"""Write explanations and maps to disk, all of their files or none."""

import errno
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from gradcam_core.cam import Prediction
from gradcam_core.errors import ResourceError
from gradcam_core.export.attention_formats import ATTENTION_FORMATS, FACTS, DrawnMap
from gradcam_core.export.exchange import put_files
from gradcam_core.export.formats import FORMATS, MANIFEST, Explanation, explanation_files
from gradcam_core.recording import memory_for_a_pass

_NO_ROOM = {errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC)}


def write_explanations(folder: Path, explanations: Sequence[Explanation]) -> list[Path]:
    """Write the `explanation_files` of maps of one forward pass: all of them, or none and what was there stays.

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
    new = {target: explanation_files(one) for target, one in zip(folders, explanations, strict=True)}
    with _refusals_told("explanation", folder):
        put_files(folder, new, former=_former, last=MANIFEST)
    return folders


def write_attention(folder: Path, drawn: DrawnMap) -> None:
    """Write all files of one map of attention or of features, or none and what was there stays.

    Where `facts.json` lies, the rest is whole.

    Raises:
        ResourceError: if the disk refuses, or the memory does not suffice.
    """
    files = ((one.file_name, one.make(drawn)) for one in ATTENTION_FORMATS.values())
    with memory_for_a_pass(), _refusals_told("map", folder):
        put_files(folder, {folder: files}, former=lambda _: (), last=FACTS)


@contextmanager
def _refusals_told(what: str, folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ResourceError(
            f"The {what} can't be written to {folder}: {error.strerror or error}.",
            hint="Choose another folder" + (", or make room." if error.errno in _NO_ROOM else "."),
        ) from error


def _former(folder: Path) -> list[Path]:
    """What an explanation has left in a folder; pictures without a manifest are not ours."""
    names = [one.file_name for one in FORMATS.values() if not one.is_archive]
    is_ours = (folder / MANIFEST).is_file()
    return [path for name in names if is_ours and (path := folder / name).is_file()]


def class_folder(prediction: Prediction) -> str:
    """A folder name that every system takes: "243-bull-mastiff"; the index alone where no letter is left."""
    plain = unicodedata.normalize("NFKD", prediction.label).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:50].strip("-")
    return f"{prediction.class_index}-{words}" if words else str(prediction.class_index)
