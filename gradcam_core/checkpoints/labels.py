"""How do people write down the names of their classes? A list, a mapping, or a file of lines, of commas or of JSON."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torchvision.models import ResNet18_Weights

from gradcam_core.checkpoints.fields import Fields, inside, one_line, read_text
from gradcam_core.errors import ModelError
from gradcam_core.text import counted

MOST_CLASSES = 100_000
LONGEST_LABEL = 500
_NUMBER_FIRST = re.compile(r"\s*(?P<index>\d{1,6})\s*[,;:\t]\s*(?P<label>.+)")
_NUMBER_LAST = re.compile(r"(?P<label>.+?)\s*[,;:\t]\s*(?P<index>\d{1,6})\s*")
_MAPPING_HINT = 'Write "labels": {"0": "cat", "1": "dog"}, with an index from 0 for each class.'

_Given = tuple[Sequence[Any], str]  # labels of any type and number, and where they were written


def read_labels(fields: Fields, folder: Path, activation: str) -> tuple[str, ...]:
    """One label for each class; those of a binary network are two.

    Raises:
        ModelError: if they do not fit the number of classes, or can't be read.
    """
    most = 2 if activation == "binary" else MOST_CLASSES
    num_classes = fields.whole("num_classes", low=1, high=most)
    given, where = _given_labels(fields, folder, num_classes)
    if len(given) != num_classes:
        binary = "A binary network has num_classes 2 and two labels, the negative first, though it has one output."
        raise ModelError(
            f"{fields.where}: there {'is' if len(given) == 1 else 'are'} {counted(len(given), 'label', 'labels')} "
            f"for {counted(num_classes, 'class', 'classes')}.",
            hint=binary if activation == "binary" else "Give one label for each class, in the order of the outputs.",
        )
    labels = _clean_labels(given, where=where)
    if activation == "binary" and num_classes == 1:
        return f"not {labels[0]}", labels[0]
    return labels


def imagenet_labels() -> tuple[str, ...]:
    """ImageNet's 1,000, in torchvision's order."""
    return tuple(ResNet18_Weights.IMAGENET1K_V1.meta["categories"])


def _given_labels(fields: Fields, folder: Path, num_classes: int) -> _Given:
    given = fields.required("labels")
    if given == "imagenet":
        return imagenet_labels(), given
    if isinstance(given, str):
        hint = "Name a file beside the description with one label a line, or give a list."
        return _of_text(read_text(inside(folder, given, hint=hint)), given, num_classes), given
    where = f"{fields.where}, labels"
    if isinstance(given, dict):
        return _of_mapping(given, where), where
    if isinstance(given, list):
        return given, where
    raise fields.wrong("labels", '"imagenet", a file name, a list or a mapping')


def _of_text(text: str, where: str, num_classes: int) -> Sequence[Any]:
    """The labels of a file: JSON, one a line with or without its index, or all in one line."""
    if text.lstrip().startswith(("[", "{")):
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):
            values = None
        if isinstance(values, dict):
            return _of_mapping(values, where)
        if isinstance(values, list):
            return values
    lines = re.split(r"\r\n|\r|\n", text.rstrip())
    if len(lines) == 1 < num_classes:
        return _in_one_line(lines[0], num_classes) or lines
    numbered = _numbered(lines) or (_numbered(lines[1:]) if len(lines) == num_classes + 1 else None)
    return numbered or lines


def _in_one_line(line: str, count: int) -> list[str] | None:
    return next((parts for sign in ",;\t" if len(parts := line.strip().strip(sign).split(sign)) == count), None)


def _numbered(lines: Sequence[str]) -> list[str] | None:
    """The labels by their indices, where each line has one and they count from 0 or 1; else None."""
    for pattern in (_NUMBER_FIRST, _NUMBER_LAST):
        found = [match for line in lines if (match := pattern.fullmatch(line))]
        by_index = {int(match["index"]): match["label"] for match in found}
        first = min(by_index, default=0)
        if len(found) == len(by_index) == len(lines) > 1 and first <= 1 and max(by_index) - first == len(lines) - 1:
            return [by_index[index] for index in sorted(by_index)]
    return None


def _of_mapping(given: Mapping[str, Any], where: str) -> list[Any]:
    """From the index to the label, or from the label to the index; a label may be a list that ends with it."""
    if given and all(key.isascii() and key.isdecimal() and len(key) < 7 for key in given):
        by_index = {int(key): label[-1] if isinstance(label, list) and label else label for key, label in given.items()}
    elif all(type(index) is int for index in given.values()):
        by_index = {index: label for label, index in given.items()}
    else:
        raise ModelError(f"{where} is a mapping with other keys than indices.", hint=_MAPPING_HINT)
    missing = next((index for index in range(len(given)) if index not in by_index), None)
    if missing is not None:
        raise ModelError(f"{where} has no label for class {missing:,}.", hint=_MAPPING_HINT)
    return [by_index[index] for index in sorted(by_index)]


def _clean_labels(given: Sequence[Any], *, where: str) -> tuple[str, ...]:
    labels = tuple(one_line(label) if isinstance(label, str) else "" for label in given)
    for number, label in enumerate(labels, start=1):
        if not label:
            raise ModelError(f"{where}: label {number:,} is empty or no text.", hint="Give each class a name.")
        if len(label) > LONGEST_LABEL:
            raise ModelError(f"{where}: label {number:,} is too long.", hint=f"At most {LONGEST_LABEL} characters.")
    return labels
