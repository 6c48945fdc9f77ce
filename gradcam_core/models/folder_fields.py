"""What the JSON files of a library's folder say, read alike for every library: classes, their activation, colours."""

from collections.abc import Mapping, Sequence
from typing import Any

from gradcam_core.checkpoints.fields import Fields, is_number, one_line
from gradcam_core.checkpoints.labels import LONGEST_LABEL, MOST_CLASSES
from gradcam_core.errors import ModelError

INTERPOLATIONS = ("nearest", "lanczos", "bilinear", "bicubic", "box", "hamming")  # by Pillow's numbers
_LARGEST_OF_COLOURS = 1.01  # a deviation of 1 is in use, and a factor of 0.0039 for 1/255


def numbered_labels(fields: Fields, key: str) -> tuple[str, ...]:
    """The names in an object whose keys are the classes' numbers, or in a list; in the order of the outputs.

    Raises:
        ModelError: if the numbers do not run from 0.
    """
    given = fields.values[key]
    if isinstance(given, list):
        given = {str(index): name for index, name in enumerate(given)}
    if not isinstance(given, dict) or not 1 <= len(given) <= MOST_CLASSES:
        raise fields.wrong(key, "a name for each class")
    names = [given.get(str(index)) for index in range(len(given))]
    if any(name is None for name in names):
        raise fields.wrong(key, f"an object whose keys run from 0 to {len(given) - 1:,}")
    return tuple(one_line(str(name))[:LONGEST_LABEL] or f"class {index}" for index, name in enumerate(names))


def activation_of(config: Mapping[str, Any], labels: tuple[str, ...]) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """The activation, the labels and what was assumed; as transformers' own pipeline takes the outputs.

    Raises:
        ModelError: if they are no classes.
    """
    problem = config.get("problem_type")
    if problem == "regression":
        raise ModelError("config.json describes a regression, and only classes are explained.")
    if len(labels) == 1:
        note = f"The network has one output, whose sigmoid is taken for the probability of {labels[0]}."
        return "binary", (f"not {labels[0]}", labels[0]), (note,)
    return "sigmoid" if problem == "multi_label_classification" else "softmax", labels, ()


def three_numbers(fields: Fields, key: str, *, is_positive: bool = False) -> tuple[float, float, float]:
    """Red, green and blue; one number stands for all three. ModelError if they are none."""
    value = fields.values.get(key)
    numbers: list[Any] = list(value) if isinstance(value, list | tuple) else [value] * 3
    if len(numbers) != 3 or not all(is_number(number) and (number > 0 or not is_positive) for number in numbers):
        raise fields.wrong(key, f"three {'positive ' if is_positive else ''}numbers for red, green and blue")
    red, green, blue = (float(number) for number in numbers)
    return red, green, blue


def check_colours(fields: Fields, mean: Sequence[float], std: Sequence[float]) -> None:
    """Refuse a mean and a deviation that colours from 0 to 1 can't have: ModelError says on which scale they may be."""
    largest = max(*mean, *std)
    if largest > _LARGEST_OF_COLOURS:
        raise ModelError(
            f"{fields.where}: mean or std is {largest:g}, for pixels that go from 0 to 1.",
            hint="Where mean and std count pixels from 0 to 255, divide both by 255.",
        )
