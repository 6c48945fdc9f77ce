"""Does a file hold a mean and a deviation of its network's own, and do those that count here agree with them?"""

from collections.abc import Collection, Mapping

from torch import Tensor

from gradcam_core.preprocessing import InputSpec

_NAMES = ("mean", "std")
_SHORT = {"mean": "mean", "_mean": "mean", "pixel_mean": "mean", "std": "std", "_std": "std", "pixel_std": "std"}
_NEAR = 2e-3  # of a number from 0 to 1: people round them


def told_otherwise(tensors: Mapping[str, Tensor], used: Collection[str], spec: InputSpec) -> str:
    """A sentence where the file's numbers, which no part of the network takes, are not those that count; else "".

    Args:
        tensors: the file's, by name.
        used: the names of the network's own tensors.
    """
    own = {
        _SHORT[name]: tuple(value.flatten().tolist())
        for key, value in tensors.items()
        if (name := key.rpartition(".")[2]) in _SHORT and key not in used and value.numel() == spec.channels
    }
    ours = {"mean": spec.mean, "std": spec.std}
    if own.keys() != ours.keys() or all(_is_same(own[name], ours[name], spec) for name in _NAMES):
        return ""
    return (
        f"The file holds {_text(own)}, as that of a network that normalises its own input; here {_text(ours)} count. "
        "If the file's do, write them into its description."
    )


def _is_same(own: tuple[float, ...], ours: tuple[float, ...], spec: InputSpec) -> bool:
    """Whether they are the same numbers, on a scale that goes to 1 or to 255."""
    scales = {1.0, 255.0, 1 / 255}
    near = _NEAR * max(1.0, spec.input_range[1])
    return any(all(abs(scale * a - b) <= near for a, b in zip(own, ours, strict=True)) for scale in scales)


def _text(numbers: Mapping[str, tuple[float, ...]]) -> str:
    return " and ".join(f"{name} {', '.join(f'{value:.4g}' for value in numbers[name])}" for name in _NAMES)
