"""The weights of a model that is a folder: one file, or several whose index says which holds which tensor."""

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from gradcam_core.checkpoints.fields import Fields, inside
from gradcam_core.checkpoints.weights import check_size, read_file, sha256_of
from gradcam_core.config import settings
from gradcam_core.errors import ModelError
from gradcam_core.text import printable

WEIGHTS = ("model.safetensors", "pytorch_model.bin")  # in order of preference: the first can hold nothing but tensors

_INDEX = ".index.json"
_MOST_PARTS = 200
_AGAIN = "Copy the whole folder again."


def weights_files(folder: Path) -> tuple[Path, ...]:
    """The files that hold the folder's weights.

    Raises:
        ModelError: if there are none, or an index names one that is not there.
    """
    for name in WEIGHTS:
        if os.path.isfile(folder / name):
            return (inside(folder, name, hint=_AGAIN),)
        if os.path.isfile(folder / f"{name}{_INDEX}"):
            return _indexed(folder, f"{name}{_INDEX}")
    raise ModelError("The folder holds no weights.", hint=f"Copy {' or '.join(WEIGHTS)} there.")


def read_parts(files: tuple[Path, ...]) -> tuple[dict[str, Tensor], str]:
    """The tensors of all files by name, and the SHA-256 of the file; of several, that of their hashes in order.

    Raises:
        ModelError: if a file is damaged, no weights file or too large, all of them together are, a tensor comes twice,
            or one is not finite.
    """
    _check_sizes(files)
    state: dict[str, Tensor] = {}
    for path in files:
        part = read_file(path).tensors
        twice = next((key for key in part if key in state), None)
        if twice is not None:
            raise ModelError(f"{path.name} holds {printable(twice[:80])}, which another file of the folder holds too.")
        state |= part
    _check_finite(state)
    digests = [sha256_of(path) for path in files]
    return state, digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()


def _indexed(folder: Path, index: str) -> tuple[Path, ...]:
    named = Fields.read(inside(folder, index)).inner("weight_map").values.values()
    names = sorted({name for name in named if isinstance(name, str)})
    if not 1 <= len(names) <= _MOST_PARTS:
        raise ModelError(f"{index} names {len(names):,} files.", hint=f"1 to {_MOST_PARTS} are read.")
    return tuple(inside(folder, name, hint=_AGAIN) for name in names)


def _check_sizes(files: tuple[Path, ...]) -> None:
    for path in files:
        check_size(path)
    total, most = sum(path.stat().st_size for path in files), settings().max_checkpoint_bytes
    if total > most:
        raise ModelError(
            f"The weights have {total / 1e6:,.1f} MB, and at most {most / 1e6:,.1f} MB are read.",
            hint="Raise HEATPROOF_MAX_CHECKPOINT_BYTES.",
        )


def _check_finite(state: Mapping[str, Tensor]) -> None:
    for key, value in state.items():
        if not torch.isfinite(value.float().sum(dtype=torch.float64)):  # one number that any wrong value spoils
            raise ModelError(
                f"The weights hold a value that is not finite, in {printable(key[:80])}.",
                hint="Train or convert it anew.",
            )
