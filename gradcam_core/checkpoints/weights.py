"""How do a file's weights get into a network, without the file doing anything else?

Nothing in a file is trusted: its size and its directory are read before torch reads it, its tensors are counted
before one is copied, and their shapes are compared with the network before anything is changed.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from gradcam_core.checkpoints.containers import find_state
from gradcam_core.checkpoints.formats import HEAD, kind_of_bytes
from gradcam_core.checkpoints.mismatch import mismatch
from gradcam_core.checkpoints.naming import is_counter, listed, shown, without_counters
from gradcam_core.checkpoints.pickles import ForeignError
from gradcam_core.checkpoints.torchfiles import check_torch_file, refusal, unreadable
from gradcam_core.config import settings
from gradcam_core.errors import ModelError
from gradcam_core.resources.memory import is_out_of_memory

State = dict[str, Tensor]

SUFFIXES = (".safetensors", ".pth", ".pt")  # in order of preference: safetensors can hold nothing but tensors

_SAVE_STATE = "Save model.state_dict() alone with plain torch.save, or better with safetensors."
_DTYPES = {
    *(torch.float32, torch.float16, torch.bfloat16, torch.float64),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
}
_FEW_BITS = {
    *(torch.float8_e4m3fn, torch.float8_e5m2, torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu),
    *(torch.complex64, torch.complex128, torch.uint16, torch.uint32, torch.uint64),
}
_AS_FLOAT = "A float8 weight says nothing without its scale: save the network in float or half precision."
_MOST_TENSORS = 5_000
_MOST_SIDES = 16
_BLOCK = 2**20
_LONGEST_NAME = 1_000
_MOST_HEADER = 4_000_000  # that of 5,000 tensors has 1 MB


@dataclass(frozen=True)
class Weights:
    """What a weights file holds.

    Attributes:
        tensors: by name, as the file has them, on the CPU.
        notes: a sentence for what else it holds and was not taken.
    """

    tensors: State
    notes: tuple[str, ...] = ()


def read_file(path: Path) -> Weights:
    """The tensors of a weights file by name; of a training checkpoint, those of its network.

    Raises:
        ModelError: if the file is too large, is no weights file, or holds no named tensors.
    """
    check_size(path)
    raw = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    content, notes = find_state(raw)
    if not isinstance(content, Mapping):
        raise _not_a_state_dict(path, "it is no mapping of names to tensors")
    state = {key: value for key, value in content.items() if isinstance(value, Tensor) or not isinstance(key, str)}
    _check_tensors(state, path)
    others = [key for key in content if key not in state]
    if others:
        notes = (*notes, f"Left out of the file, for they are no tensors: {listed(others)}.")
    return Weights(state, notes)


def read_files(paths: Sequence[Path]) -> Weights:
    """The tensors of all these files, as `read_file` gives those of each.

    Raises:
        ModelError: as there; also if they are too large together, or two of them hold the same tensor.
    """
    check_size(*paths)
    tensors: State = {}
    notes: list[str] = []
    for path in paths:
        part = read_file(path)
        twice = next((key for key in part.tensors if key in tensors), None)
        if twice is not None:
            raise ModelError(
                f"{path.name} holds {shown(twice)}, which another part of the weights holds too.",
                hint="Copy all parts again.",
            )
        tensors |= part.tensors
        notes += part.notes
    return Weights(tensors, tuple(notes))


def check_fit(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Compare names and shapes; `module` may be on the meta device.

    Raises:
        ModelError: if they differ, with one of the file's names beside one of the network's.
    """
    error = mismatch(module, without_counters(state))
    if error is not None:
        raise error


def load_into(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy the weights into a network, in the network's own precision.

    Raises:
        ModelError: if they do not fit or are not finite; nothing has been changed then.
    """
    check_fit(module, state)
    check_finite(state)
    full = module.state_dict()  # also carries the format version of each part, which some networks insist on
    full.update({key: torch.zeros_like(value) for key, value in full.items() if is_counter(key)})
    full.update(without_counters(state))
    module.load_state_dict(full)


def check_finite(state: Mapping[str, Tensor]) -> None:
    """Refuse weights that hold a value which is not finite; ModelError names the tensor."""
    for key, value in state.items():
        if not math.isfinite(value.detach().float().sum(dtype=torch.float64)):  # one number that any wrong value spoils
            raise ModelError(
                f"The weights hold a value that is not finite, in {shown(key)}.", hint="Train or convert it anew."
            )


def sha256_of(*paths: Path) -> str:
    """The SHA-256 of a file's bytes in hexadecimal, or of several files' bytes in a row; ModelError if unreadable."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
        except OSError as error:
            raise unreadable(path.name) from error
    return digest.hexdigest()


def check_size(*paths: Path) -> None:
    """Refuse a file, or files together, larger than the setting; ModelError also if one is not there."""
    try:
        size = sum(path.stat().st_size for path in paths)
    except OSError as error:
        raise unreadable(paths[0].name) from error
    path, limit = paths[0], settings().max_checkpoint_bytes
    if size > limit:
        may_hold_more = path.suffix != ".safetensors"
        files = f"{path.name} has" if len(paths) == 1 else f"{path.name} and the other parts have"
        advice = "Save the weights alone, without the optimizer, or raise" if may_hold_more else "Raise"
        raise ModelError(
            f"{files} {_megabytes(size)}, and at most {_megabytes(limit)} are read.",
            hint=f"{advice} HEATPROOF_MAX_CHECKPOINT_BYTES.",
        )


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.1f} MB" if count >= 1e5 else f"{count:,} bytes"


def _read_safetensors(path: Path) -> Any:
    _check_header(path)
    try:
        return load_file(path)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise unreadable(path.name) from error


def _check_header(path: Path) -> None:
    """The library takes a header of 100 MB, which is a gigabyte once it is parsed."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        raise unreadable(path.name) from error
    if head[8:9] != b"{" or int.from_bytes(head[:8], "little") > _MOST_HEADER:
        raise refusal(path.name, kind_of_bytes(head, path.name))


def _read_torch(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            check_torch_file(file, path.name)
            file.seek(0)
            return torch.load(file, weights_only=True, map_location="cpu", mmap=False)
    except (OSError, BadZipFile) as error:
        raise unreadable(path.name) from error
    except ModelError:
        raise
    except ForeignError as error:
        raise ModelError(f"{path.name} {error}.", hint=error.hint or _SAVE_STATE) from error
    except Exception as error:  # a hostile pickle raises anything: KeyError, EOFError, TypeError
        if is_out_of_memory(error):
            raise
        raise ModelError(
            f"{path.name} is damaged, or it holds more than weights, and nothing else is ever loaded.",
            hint=_SAVE_STATE,
        ) from error


def _check_tensors(state: Any, path: Path) -> None:
    if not isinstance(state, dict) or not state or len(state) > _MOST_TENSORS:
        raise _not_a_state_dict(path, f"it is no mapping of 1 to {_MOST_TENSORS:,} names to tensors")
    for key, value in state.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise _not_a_state_dict(path, f"its entry {str(key)[:80]!r} is no named tensor")
        if len(key) > _LONGEST_NAME or not key.isprintable():
            raise _not_a_state_dict(path, f"{key[:80]!r} is no name of a tensor")
        is_plain = value.device.type == "cpu" and value.layout == torch.strided and value.dtype in _DTYPES
        if value.dtype in _FEW_BITS:
            raise ModelError(f"{path.name} holds numbers of type {value.dtype}, in {shown(key)}.", hint=_AS_FLOAT)
        if not is_plain or value.dim() > _MOST_SIDES:
            raise _not_a_state_dict(path, f"its tensor {key[:80]!r} is not of an ordinary kind")
    total = sum(value.numel() * value.element_size() for value in state.values())
    if total > min(settings().max_checkpoint_bytes, 4 * path.stat().st_size):  # a view can claim more than it stores
        raise _not_a_state_dict(path, "its tensors claim to be far larger than the file")


def _not_a_state_dict(path: Path, why: str) -> ModelError:
    return ModelError(f"{path.name} holds no state dict: {why}.", hint="Save model.state_dict() and nothing else.")
