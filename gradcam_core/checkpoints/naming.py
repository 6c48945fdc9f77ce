"""How are a stranger's tensors named and measured in a sentence?"""

from collections.abc import Mapping, Sequence

from torch import Tensor

_LONGEST = 120
_COUNTER = "num_batches_tracked"
_MOST_LISTED = 3


def shown(key: str) -> str:
    """A name as a file has it, with escapes for what controls a terminal."""
    return repr(key[:_LONGEST])[1:-1]


def listed(keys: Sequence[str]) -> str:
    """Up to three names, and how many more there are."""
    names = [shown(key) for key in keys[:_MOST_LISTED]]
    more = len(keys) - len(names)
    if more:
        return f"{', '.join(names)} and {more:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def shape_text(tensor: Tensor) -> str:
    """Such as 24 x 3 x 3 x 3."""
    return " x ".join(str(side) for side in tensor.shape) or "a single number"


def is_counter(key: str) -> bool:
    """Whether it is batch normalisation's count of its steps: unused in eval, and absent from old files."""
    return key.endswith(_COUNTER)


def without_counters(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """All but the counts of steps."""
    return {key: value for key, value in state.items() if not is_counter(key)}
