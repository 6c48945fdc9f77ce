"""Which pairs of description and weights does a folder hold, and which of them can be used?

A pair is NAME.json and NAME.safetensors (or .pth, .pt). The description says what a state dict can't: the
architecture, what the outputs mean, and how the input was prepared in training.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor
from torchvision.models import ResNet18_Weights

from gradcam_core.checkpoints.fields import Fields, one_line, read_text
from gradcam_core.checkpoints.weights import SUFFIXES, Weights, check_size, read_file, sha256_of
from gradcam_core.config import settings
from gradcam_core.errors import ModelError
from gradcam_core.preprocessing import InputSpec
from gradcam_core.text import counted, printable

ACTIVATIONS = ("softmax", "sigmoid", "binary")
INTERPOLATIONS = ("bilinear", "bicubic", "nearest")

_FIELDS = (
    *("version", "title", "architecture", "num_classes", "labels", "target_layer", "activation", "preprocessing"),
    *("source", "license", "sha256"),
)
_INPUT_FIELDS = ("resize_size", "crop_size", "interpolation", "mean", "std")
_TORCH_SUFFIXES = (".ckpt", ".pth.tar", ".bin")  # other names that torch.save's files are given
_MOST_CLASSES = 100_000
_LONGEST_LABEL = 500


@dataclass(frozen=True)
class Checkpoint:
    """A pair whose description is sound; the weights have not been read.

    Attributes:
        architecture: as written, such as torchvision/resnet18; whether it exists is not known here.
        num_classes: how many labels there are; 2 for a binary network.
        activation: softmax, sigmoid (independent labels) or binary (one logit: it speaks for the second label).
        target_layer: the layer to explain first, or "".
        sha256: what the weights file's hash must be, or "".
    """

    name: str
    title: str
    architecture: str
    num_classes: int
    labels: tuple[str, ...]
    input_spec: InputSpec
    activation: str
    target_layer: str
    weights: Path
    source: str
    license: str
    sha256: str

    @property
    def num_outputs(self) -> int:
        """How many logits the network gives."""
        return 1 if self.activation == "binary" else self.num_classes

    @property
    def knows_imagenet(self) -> bool:
        """Whether its labels are ImageNet's, in torchvision's order."""
        return self.labels == _imagenet_labels()


@dataclass(frozen=True)
class BadCheckpoint:
    """A pair that can't be used, and one sentence why, with what to do."""

    name: str
    sentence: str


def find_checkpoints(folder: Path) -> tuple[list[Checkpoint], list[BadCheckpoint]]:
    """The folder's pairs in the order of their names: those that can be used, and those that can't.

    A folder that is not there holds no pairs.
    """
    good, bad = [], []
    try:
        names = _names(folder)
    except OSError:
        return [], [BadCheckpoint(folder.name, f"The folder {folder} can't be read. Check that it is one.")]
    for name in names:
        try:
            good.append(read_checkpoint(folder, name))
        except ModelError as error:
            bad.append(BadCheckpoint(printable(name), f"{error.message} {error.hint}".strip()))
    return good, bad


def read_checkpoint(folder: Path, name: str) -> Checkpoint:
    """One pair's description.

    Args:
        folder: everything that the description names lies in it.
        name: the file name of both without the ending; not a visitor's text.

    Raises:
        ModelError: if a file is missing or a field is wrong.
    """
    weights = _weights(folder, name)
    fields = Fields.read(_inside(folder, f"{name}.json"))
    fields.refuse_misspelt(_FIELDS)
    fields.whole("version", low=1, high=1, default=1)
    activation = fields.choice("activation", among=ACTIVATIONS, default="softmax")
    labels = _labels(fields, folder, activation)
    return Checkpoint(
        name=name,
        title=fields.text("title", default="") or name,
        architecture=fields.text("architecture"),
        num_classes=len(labels),
        labels=labels,
        input_spec=_input_spec(fields.inner("preprocessing")),
        activation=activation,
        target_layer=fields.text("target_layer", default=""),
        weights=weights,
        source=fields.text("source", default=""),
        license=fields.text("license", default=""),
        sha256=_sha256(fields),
    )


def read_weights(checkpoint: Checkpoint) -> tuple[dict[str, Tensor], str]:
    """The tensors alone of `read_noted_weights`, and the SHA-256 of the file."""
    weights, digest = read_noted_weights(checkpoint)
    return weights.tensors, digest


def read_noted_weights(checkpoint: Checkpoint) -> tuple[Weights, str]:
    """The weights by name, as the file holds them, and the SHA-256 of the file.

    Raises:
        ModelError: if the file is not the one that the description means, or is no weights file.
    """
    check_size(checkpoint.weights)  # before every byte of it is read for the hash
    digest = sha256_of(checkpoint.weights)
    if checkpoint.sha256 not in ("", digest):
        raise ModelError(
            f"{checkpoint.weights.name} has the SHA-256 {digest[:12]}..., but its description says "
            f"{checkpoint.sha256[:12]}....",
            hint="Copy the file again, or correct the field sha256.",
        )
    return read_file(checkpoint.weights), digest


def _names(folder: Path) -> list[str]:
    if not os.path.exists(folder):
        return []
    parts = [path for path in folder.iterdir() if path.suffix in (".json", *SUFFIXES)]
    return sorted({path.stem for path in parts if not path.name.startswith(".")})


def _weights(folder: Path, name: str) -> Path:
    if printable(name) != name:
        raise ModelError(f"The name {printable(name)} holds what can't be printed.", hint="Rename both files.")
    files = [f"{name}{suffix}" for suffix in SUFFIXES if os.path.isfile(folder / f"{name}{suffix}")]
    if not files:
        raise ModelError(f"{name}.json has no weights beside it.", hint=_weights_hint(folder, name))
    if not os.path.isfile(folder / f"{name}.json"):
        raise ModelError(f"{files[0]} has no description beside it.", hint=f"Add {name}.json.")
    return _inside(folder, files[0])


def _weights_hint(folder: Path, name: str) -> str:
    for suffix in _TORCH_SUFFIXES:
        if os.path.isfile(folder / f"{name}{suffix}"):
            return f"Rename {name}{suffix} to {name}.pth."
    return f"Add {name}.safetensors or {name}.pth."


def _inside(folder: Path, filename: str, *, hint: str = "Put the file beside the description.") -> Path:
    """A file of the folder itself: neither its name nor a link leads out of it; the hint is for one that is absent.

    (`os.path.isfile` is false where `Path.is_file` raises, as for a name that no disk takes.)
    """
    path = folder / filename
    if filename in ("", ".", "..") or any(sign in filename for sign in "/\\\0") or path.name != filename:
        raise ModelError(f"{filename[:80]!r} is no plain file name.", hint="Name a file of the same folder.")
    if not os.path.isfile(path):
        raise ModelError(f"{printable(filename[:80])} is not in the folder.", hint=hint)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ModelError(f"{filename[:80]} is a link that leaves the folder.", hint="Copy the file itself there.")
    return path


def _labels(fields: Fields, folder: Path, activation: str) -> tuple[str, ...]:
    most = 2 if activation == "binary" else _MOST_CLASSES
    num_classes = fields.whole("num_classes", low=1, high=most)
    given, where = _given_labels(fields, folder)
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


def _given_labels(fields: Fields, folder: Path) -> tuple[Sequence[Any], str]:
    """The labels as they were written, of any type and number, and where."""
    given = fields.required("labels")
    if given == "imagenet":
        return _imagenet_labels(), given
    if isinstance(given, str):
        hint = "Name a file beside the description with one label a line, or give a list."
        return read_text(_inside(folder, given, hint=hint)).rstrip().split("\n"), given
    if isinstance(given, list):
        return given, f"{fields.where}, labels"
    raise fields.wrong("labels", '"imagenet", a file name or a list')


def _imagenet_labels() -> tuple[str, ...]:
    return tuple(ResNet18_Weights.IMAGENET1K_V1.meta["categories"])


def _clean_labels(given: Sequence[Any], *, where: str) -> tuple[str, ...]:
    labels = tuple(one_line(label) if isinstance(label, str) else "" for label in given)
    for number, label in enumerate(labels, start=1):
        if not label:
            raise ModelError(f"{where}: label {number:,} is empty or no text.", hint="Give each class a name.")
        if len(label) > _LONGEST_LABEL:
            raise ModelError(f"{where}: label {number:,} is too long.", hint=f"At most {_LONGEST_LABEL} characters.")
    return labels


def _input_spec(fields: Fields) -> InputSpec:
    fields.refuse_misspelt(_INPUT_FIELDS)
    most = settings().max_input_side
    crop_size = fields.whole("crop_size", low=8, high=most)
    return InputSpec(
        resize_size=fields.whole("resize_size", low=crop_size, high=max(2 * most, crop_size)),
        crop_size=crop_size,
        mean=fields.triple("mean"),
        std=fields.triple("std", is_positive=True),
        interpolation=fields.choice("interpolation", among=INTERPOLATIONS, default="bilinear"),
    )


def _sha256(fields: Fields) -> str:
    text = fields.text("sha256", default="").lower()
    if text and (len(text) != 64 or not set(text) <= set("0123456789abcdef")):
        raise fields.wrong("sha256", "64 hexadecimal digits")
    return text
