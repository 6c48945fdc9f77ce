"""Which entry of a training checkpoint is the network's state dict?"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from gradcam_core.checkpoints.naming import listed, shown

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net")
_OF_TRAINING = re.compile(r"optim|(lr_)?sched|scaler|loops|callbacks|hyper_parameters")
_AVERAGED = re.compile(r"(^|[._])(\w+_)?(ema|swa|avg|averaged?|teacher|shadow|encoder_k)(_\w+)?($|[._])", re.IGNORECASE)
_MOST_DEPTH = 3


@dataclass(frozen=True)
class Entry:
    """A mapping of names to tensors within a file.

    Attributes:
        path: the keys that lead to it, joined with dots; "" for the file's own mapping.
    """

    path: str
    content: Mapping[str, Any]

    @property
    def num_tensors(self) -> int:
        """How many of its values are tensors."""
        return sum(isinstance(value, Tensor) for value in self.content.values())


def find_state(raw: Any) -> tuple[Any, tuple[str, ...]]:
    """The state dict in what a file holds, and a sentence where the file holds another one that could be meant.

    Of two, the network as it was trained goes before its average. What holds no state dict is given back as it is.
    """
    entries = list(_entries(raw))
    if not entries:
        return raw, ()
    most = max(entry.num_tensors for entry in entries)
    taken, *rest = sorted((entry for entry in entries if 2 * entry.num_tensors > most), key=_rank)
    others = [entry.path for entry in rest]
    notes = (f"The file also holds {listed(others)}; {shown(taken.path) or 'the rest'} was taken.",) if others else ()
    return taken.content, notes


def is_averaged(name: str) -> bool:
    """Whether an entry or a prefix bears one of the names that averages of a network's weights are given."""
    return _AVERAGED.search(name) is not None


def _entries(raw: Any) -> Iterator[Entry]:
    """Every mapping most of whose values are tensors, to a small depth; one that is there twice counts once."""
    seen: dict[int, Entry] = {}
    level = [Entry("", raw)] if isinstance(raw, Mapping) else []
    for _ in range(_MOST_DEPTH + 1):
        yield from (entry for entry in level if _is_state(entry))
        inner = [Entry(f"{entry.path}.{key}".lstrip("."), value) for entry in level for key, value in _mappings(entry)]
        level = [entry for entry in inner if seen.setdefault(id(entry.content), entry) is entry]


def _mappings(entry: Entry) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for key, value in entry.content.items():
        if isinstance(key, str) and isinstance(value, Mapping) and not _OF_TRAINING.match(key):
            yield key, value


def _is_state(entry: Entry) -> bool:
    are_names = all(isinstance(key, str) for key in entry.content)
    return are_names and 2 * entry.num_tensors > len(entry.content) > 0


def _rank(entry: Entry) -> tuple[bool, int, int]:
    """The smallest is taken: no average, the most tensors, the best known name."""
    known = _WRAPPERS.index(entry.path) if entry.path in _WRAPPERS else len(_WRAPPERS)
    return is_averaged(entry.path), -entry.num_tensors, known
