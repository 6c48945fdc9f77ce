"""How do a file's weights get into a network, without the file doing anything else?

Nothing in a file is trusted: its size and its directory are read before torch reads it, its tensors are counted
before one is copied, and their shapes are compared with the network before anything is changed.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from gradcam_core.checkpoints.pickles import ForeignError
from gradcam_core.checkpoints.torchfiles import check_torch_file, unreadable
from gradcam_core.config import settings
from gradcam_core.errors import ModelError
from gradcam_core.resources.memory import is_out_of_memory

State = dict[str, Tensor]

SUFFIXES = (".safetensors", ".pth", ".pt")  # in order of preference: safetensors can hold nothing but tensors

_PREFIXES = ("module.", "model.", "_orig_mod.")  # DataParallel, Lightning, torch.compile
_WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
_COUNTER = "num_batches_tracked"
_AVERAGED = "n_averaged"  # how many networks AveragedModel has averaged, beside the average itself
_SAVE_STATE = "Save model.state_dict() alone with plain torch.save, or better with safetensors."
_DTYPES = {
    *(torch.float32, torch.float16, torch.bfloat16, torch.float64),
    *(torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool),
}
_MOST_TENSORS = 5_000
_MOST_SIDES = 16
_MOST_HEADER = 4_000_000  # that of 5,000 tensors has 1 MB
_MOST_SHOWN = 5
_MOST_PREFIX = 3  # parts, as in model.net.module.
_LONGEST_PREFIX = 80


def read_state(path: Path) -> State:
    """The tensors of a weights file by name, as the file holds them, on the CPU.

    Raises:
        ModelError: if the file is too large, is no weights file, or holds more than named tensors.
    """
    check_size(path)
    raw = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    state: State = _stripped(_unwrapped(raw))
    _check_tensors(state, path)
    return state


def check_fit(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Compare names and shapes; `module` may be on the meta device.

    Raises:
        ModelError: if they differ, with up to five of the keys and their shapes, or with the prefix that explains it.
    """
    _check_prefix(module.state_dict(), state)
    wanted, state = _without_counters(module.state_dict()), _without_counters(state)
    problems = [
        *_named("is missing", (key for key in wanted if key not in state), wanted),
        *_named("is not in the network", (key for key in state if key not in wanted), state),
        *_differing(wanted, state),
    ]
    if problems:
        more = len(problems) - _MOST_SHOWN
        shown = "; ".join(problems[:_MOST_SHOWN]) + (f"; and {more} more" if more > 0 else "")
        raise ModelError(f"The weights do not fit the network: {shown}.", hint="Check architecture and num_classes.")


def load_into(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy the weights into a network, in the network's own precision.

    Raises:
        ModelError: if they do not fit or are not finite; nothing has been changed then.
    """
    check_fit(module, state)
    _check_finite(state)
    full = module.state_dict()  # also carries the format version of each part, which some networks insist on
    full.update({key: torch.zeros_like(value) for key, value in full.items() if key.endswith(_COUNTER)})
    full.update(_without_counters(state))
    module.load_state_dict(full)


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file's bytes in hexadecimal; ModelError if it can't be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise unreadable(path.name) from error


def check_size(path: Path) -> None:
    """Refuse a file that is larger than the setting; ModelError also if it is not there."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise unreadable(path.name) from error
    limit = settings().max_checkpoint_bytes
    if size > limit:
        may_hold_more = path.suffix != ".safetensors"
        advice = "Save the weights alone, without the optimizer, or raise" if may_hold_more else "Raise"
        raise ModelError(
            f"{path.name} has {_megabytes(size)}, and at most {_megabytes(limit)} are read.",
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
            length = int.from_bytes(file.read(8), "little")
    except OSError as error:
        raise unreadable(path.name) from error
    if length > _MOST_HEADER:
        raise unreadable(path.name)


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
        raise ModelError(f"{path.name} {error}.", hint=_SAVE_STATE) from error
    except Exception as error:  # a hostile pickle raises anything: KeyError, EOFError, TypeError
        if is_out_of_memory(error):
            raise
        raise ModelError(
            f"{path.name} is damaged, or it holds more than weights, and nothing else is ever loaded.",
            hint=_SAVE_STATE,
        ) from error


def _unwrapped(raw: Any) -> Any:
    """The state dict of a training checkpoint, which also holds the epoch, the optimizer and so on."""
    for wrapper in _WRAPPERS:
        if isinstance(raw, Mapping) and isinstance(raw.get(wrapper), Mapping):
            raw = raw[wrapper]
    return raw


def _stripped(raw: Any) -> Any:
    """Without the prefixes that wrappers put before every name."""
    if not isinstance(raw, Mapping) or not all(isinstance(key, str) for key in raw):
        return raw
    raw = {key: value for key, value in raw.items() if key != _AVERAGED or not _is_number(value)}
    for prefix in _PREFIXES * 2:  # in any order
        if raw and all(key.startswith(prefix) for key in raw):
            raw = {key.removeprefix(prefix): value for key, value in raw.items()}
    return raw


def _is_number(value: Any) -> bool:
    return isinstance(value, Tensor) and value.dim() == 0


def _check_tensors(state: Any, path: Path) -> None:
    if not isinstance(state, dict) or not state or len(state) > _MOST_TENSORS:
        raise _not_a_state_dict(path, f"it is no mapping of 1 to {_MOST_TENSORS:,} names to tensors")
    for key, value in state.items():
        if not isinstance(key, str) or not isinstance(value, Tensor):
            raise _not_a_state_dict(path, f"its entry {str(key)[:80]!r} is no named tensor")
        is_plain = value.device.type == "cpu" and value.layout == torch.strided and value.dtype in _DTYPES
        if not is_plain or value.dim() > _MOST_SIDES:
            raise _not_a_state_dict(path, f"its tensor {key[:80]!r} is not of an ordinary kind")
    total = sum(value.numel() * value.element_size() for value in state.values())
    if total > min(settings().max_checkpoint_bytes, 4 * path.stat().st_size):  # a view can claim more than it stores
        raise _not_a_state_dict(path, "its tensors claim to be far larger than the file")


def _not_a_state_dict(path: Path, why: str) -> ModelError:
    return ModelError(f"{path.name} holds no state dict: {why}.", hint="Save model.state_dict() and nothing else.")


def _without_counters(state: Mapping[str, Tensor]) -> State:
    """Batch normalisation counts its steps: unused in eval, absent from old files, sometimes cast with the weights."""
    return {key: value for key, value in state.items() if not key.endswith(_COUNTER)}


def _check_prefix(wanted: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Refuse a state most of whose names would be the network's own without what they begin with."""
    found = Counter(prefix for key in state for prefix in _prefixes(key, wanted) if key not in wanted).most_common(1)
    if found and 2 * found[0][1] > len(state):
        prefix, _ = found[0]
        count = sum(key.startswith(prefix) for key in state)
        shown = _printable(prefix)[:_LONGEST_PREFIX]
        message = f'{count:,} of {len(state):,} names begin with "{shown}", and those of the network do not'
        hint = f"Save that part alone, as network.{shown}state_dict() gives it."
        raise ModelError(f"The weights do not fit the network: {message}.", hint=hint)


def _prefixes(key: str, wanted: Mapping[str, Tensor]) -> Iterator[str]:
    rest = key
    for _ in range(_MOST_PREFIX):
        rest = rest.partition(".")[2]
        if rest in wanted:
            yield key.removesuffix(rest)


def _named(what: str, keys: Iterable[str], tensors: Mapping[str, Tensor]) -> list[str]:
    return [f"{_printable(key)} {what} ({_shape(tensors[key])})" for key in keys]


def _printable(key: str) -> str:
    """A stranger's key, with escapes for what controls a terminal."""
    return repr(key[:120])[1:-1]


def _differing(wanted: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> Iterable[str]:
    for key in (key for key in wanted if key in state):
        if wanted[key].shape != state[key].shape:
            yield f"{key} is {_shape(state[key])} in the file and {_shape(wanted[key])} in the network"
        elif wanted[key].is_floating_point() != state[key].is_floating_point():
            yield f"{key} is {state[key].dtype} in the file and {wanted[key].dtype} in the network"


def _shape(tensor: Tensor) -> str:
    return " x ".join(str(side) for side in tensor.shape) or "a single number"


def _check_finite(state: Mapping[str, Tensor]) -> None:
    for key, value in state.items():
        if not math.isfinite(value.detach().float().sum(dtype=torch.float64)):  # one number that any wrong value spoils
            raise ModelError(
                f"The weights hold a value that is not finite, in {key}.", hint="Train or convert it anew."
            )
