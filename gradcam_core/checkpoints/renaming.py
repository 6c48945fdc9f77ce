"""By which other names may a file call the network's tensors?

Wrappers put their own names before and between (`module.`, `_orig_mod.`), a training class puts its attribute before
(`model.`, `backbone.`), a Sequential of a network's children counts them, and older or other libraries have names of
their own. A reading of the names is taken only where it finds more of the network's tensors, each in its own shape.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from torch import Tensor

from gradcam_core.checkpoints.containers import is_averaged
from gradcam_core.checkpoints.naming import listed, shown
from gradcam_core.checkpoints.readings import READINGS
from gradcam_core.errors import ModelError

State = dict[str, Tensor]

_WRAPPER = re.compile(
    r"_?orig_mod(ule)?|_?module|_model|_forward_module|_fpw_module|"  # of compile, DataParallel, Lightning
    r"_?(\w+_)?wrapped_(module|model)"  # FSDP, checkpointing, offloading
)
_MOST_PREFIX = 6  # parts, as in model.net.backbone.


@dataclass(frozen=True)
class Renamed:
    """A state by the network's own names, as far as the file has them.

    Attributes:
        state: what lies under the prefix, without it.
        beside: the other tensors of the file, by the file's names.
        fitting: how many of the network's tensors are there in their own shape.
    """

    state: State
    beside: State
    fitting: int
    notes: tuple[str, ...] = ()


def rename(wanted: Mapping[str, Tensor], children: Sequence[str], state: Mapping[str, Tensor]) -> Renamed:
    """The state by the names of the network.

    Args:
        wanted: the network's own state.
        children: the names of its direct parts, in order, which a Sequential of them counts from 0.

    Raises:
        ModelError: if the file holds several networks that fit equally well, none of them the others' average.
    """
    plain = _without_wrappers(state, wanted)
    best = _under_prefix(wanted, plain)
    if 2 * best.fitting >= len(wanted):
        return best
    for said, reading in READINGS:
        renamed = reading(plain, wanted, children)
        other = _under_prefix(wanted, renamed) if renamed.keys() != plain.keys() else best
        if other.fitting > best.fitting and 4 * other.fitting >= len(wanted):
            example = next(key for key in plain if key not in renamed)
            best = replace(other, notes=(*other.notes, _said(said, example)))
    return best


def _said(said: str, example: str) -> str:
    return f"The names in the file are {said} ({shown(example)}) and were read as the network's."


def _without_wrappers(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> State:
    """Without the names of wrappers, wherever they stand between dots, unless two names would become one."""
    plain: State = {}
    for key, value in state.items():
        short = ".".join(part for part in key.split(".") if not _WRAPPER.fullmatch(part))
        is_free = short and short not in plain and (short == key or short not in state)
        plain[short if is_free and key not in wanted else key] = value
    return plain


def _under_prefix(wanted: Mapping[str, Tensor], state: State) -> Renamed:
    """Split at the prefix under which most of the network's tensors are found."""
    counts = Counter(prefix for key in state for prefix in _prefixes(key, wanted, state))
    most = max(counts.values(), default=0)
    if 4 * most < len(wanted):  # nearly nothing fits: a wider network, or another one
        return Renamed(*_split(state, _named_prefix(wanted, state)), fitting=most)
    best = sorted((prefix for prefix in counts if counts[prefix] == most), key=lambda p: (is_averaged(p), len(p), p))
    _check_one(best, most, wanted)
    return Renamed(*_split(state, best[0]), fitting=most, notes=_note_on_average(best))


def _named_prefix(wanted: Mapping[str, Tensor], state: State) -> str:
    """The prefix under which most of the network's names are found, whatever their shapes; "" if not half of them."""
    counts = Counter(prefix for key in state for prefix in _prefixes(key, wanted, None)).most_common(1)
    return counts[0][0] if counts and 2 * counts[0][1] > len(wanted) else ""


def _split(state: State, prefix: str) -> tuple[State, State]:
    own = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
    return own, {key: value for key, value in state.items() if not key.startswith(prefix)}


def _prefixes(key: str, wanted: Mapping[str, Tensor], state: State | None) -> Iterator[str]:
    """Each beginning of a name without which it is the network's, of the same shape if `state` is given."""
    rest = key
    for _ in range(_MOST_PREFIX):
        if rest in wanted and (state is None or wanted[rest].shape == state[key].shape):
            yield key.removesuffix(rest)
        rest = rest.partition(".")[2]
        if not rest:
            return


def _check_one(best: Sequence[str], count: int, wanted: Mapping[str, Tensor]) -> None:
    """Two that are both complete may be an ensemble, whose answer is neither's."""
    live = [prefix for prefix in best if not is_averaged(prefix)]
    if len(live) > 1 and 2 * count > len(wanted) and "" not in live:
        raise ModelError(
            f"The file holds {len(live)} networks of this kind, under {listed(live)}.",
            hint=f"Save the one that is meant alone, as network.{shown(live[0])}state_dict() gives it.",
        )


def _note_on_average(best: Sequence[str]) -> tuple[str, ...]:
    averages = [prefix for prefix in best[1:] if is_averaged(prefix)]
    if not averages:
        return ()
    return (f"The file also holds an average of the network, under {listed(averages)}; it was not taken.",)
