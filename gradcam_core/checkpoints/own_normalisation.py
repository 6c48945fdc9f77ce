"""Does a file hold a mean and a deviation of its network's own, and do those that count here agree with them?"""

from collections.abc import Collection, Mapping

from torch import Tensor

from gradcam_core.preprocessing import InputSpec

Numbers = Mapping[str, tuple[float, ...]]  # mean and std, one for each channel

_NAMES = ("mean", "std")
_SCALES = (1, 255, 1 / 255)  # colours are counted from 0 to 1 or to 255
_NEAR = 0.02  # of the deviation: people round these numbers


def told_otherwise(tensors: Mapping[str, Tensor], used: Collection[str], spec: InputSpec) -> str:
    """A sentence where the file's numbers, which no part of the network takes, are not those that count; else "".

    Args:
        tensors: the file's, by name.
        used: the names of the network's own tensors.
    """
    own = {
        name: tuple(value.flatten().tolist())
        for key, value in tensors.items()
        if (name := key.rpartition(".")[2].removeprefix("pixel_").lstrip("_")) in _NAMES
        and key not in used
        and value.numel() == spec.channels
    }
    ours = {"mean": spec.mean, "std": spec.std}
    if own.keys() != ours.keys() or any(_are_same(own, ours, scale) for scale in _SCALES):
        return ""
    return (
        f"The file holds {_text(own)}, as that of a network that normalises its own input; here {_text(ours)} count. "
        "If the file's do, write them into its description."
    )


def _are_same(own: Numbers, ours: Numbers, scale: float) -> bool:
    """Whether they are the same numbers, the file's times `scale`."""
    near = _NEAR * min(ours["std"])
    pairs = (pair for name in _NAMES for pair in zip(own[name], ours[name], strict=True))
    return all(abs(scale * theirs - here) <= near for theirs, here in pairs)


def _text(numbers: Numbers) -> str:
    return " and ".join(f"{name} {', '.join(f'{value:.4g}' for value in numbers[name])}" for name in _NAMES)
