"""Which files hold one network's weights together? An index names them, or they are NAME-00001-of-00003.safetensors."""

import os
import re
from pathlib import Path

from gradcam_core.checkpoints.fields import Fields, inside
from gradcam_core.errors import ModelError
from gradcam_core.text import printable

WEIGHTS = ("model.safetensors", "pytorch_model.bin")  # in order of preference: the first can hold nothing but tensors

_INDEX = ".index.json"
_PART = re.compile(r"(.+)-(\d{5})-of-(\d{5})(\.safetensors|\.bin)")
_MOST_PARTS = 200
_AGAIN = "Copy the whole folder again."


def weights_files(folder: Path) -> tuple[Path, ...]:
    """The files that hold the weights of a folder which a library wrote.

    Raises:
        ModelError: if there are none, or an index names one that is not there.
    """
    for name in WEIGHTS:
        if os.path.isfile(folder / name):
            return (inside(folder, name, hint=_AGAIN),)
        if os.path.isfile(folder / f"{name}{_INDEX}"):
            return _indexed(folder, f"{name}{_INDEX}")
    raise ModelError("The folder holds no weights.", hint=f"Copy {' or '.join(WEIGHTS)} there.")


def whole_name(filename: str) -> str:
    """The name that the parts of one network share; of another file, its own without the ending."""
    found = _PART.fullmatch(filename)
    return found[1] if found else Path(filename).stem


def first_part(folder: Path, name: str) -> str:
    """The file name of the first part of these weights; "" if there is none."""
    parts = sorted(path.name for path in folder.iterdir() if path.name.startswith(f"{name}-0"))
    return next((part for part in parts if _PART.fullmatch(part) and whole_name(part) == name), "")


def all_parts(path: Path) -> list[Path]:
    """Every file of the weights of which this is one: the file itself where it is no part.

    Raises:
        ModelError: if a part is missing, or lies elsewhere.
    """
    found = _PART.fullmatch(path.name)
    if not found:
        return [path]
    name, _, count, suffix = found.groups()
    if not 0 < int(count) <= _MOST_PARTS:
        raise ModelError(
            f"{printable(path.name)} is one of {int(count):,} parts.", hint="Save the weights as one file."
        )
    parts = [path.parent / f"{name}-{number:05}-of-{count}{suffix}" for number in range(1, int(count) + 1)]
    for part in parts:
        if not part.is_file() or part.resolve().parent != path.resolve().parent:
            raise ModelError(
                f"{printable(part.name)} is not in the folder.", hint="Copy all parts of the weights there."
            )
    return parts


def _indexed(folder: Path, index: str) -> tuple[Path, ...]:
    named = Fields.read(inside(folder, index)).inner("weight_map").values.values()
    names = sorted({name for name in named if isinstance(name, str)})
    if not 1 <= len(names) <= _MOST_PARTS:
        raise ModelError(f"{index} names {len(names):,} files.", hint=f"1 to {_MOST_PARTS} are read.")
    return tuple(inside(folder, name, hint=_AGAIN) for name in names)
