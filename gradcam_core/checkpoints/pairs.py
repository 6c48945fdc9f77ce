"""Which pairs of description and weights does a folder hold, and which of them can be used?

A pair is NAME.json and NAME.safetensors (or .pth, .pt). The description says what a state dict can't: the
architecture, what the outputs mean, and how the input was prepared in training.
"""

import glob
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gradcam_core.checkpoints.fields import Fields, inside, is_number, one_line
from gradcam_core.checkpoints.head_parts import MOST_LAYERS, MOST_PARTS, WHOLE, Head
from gradcam_core.checkpoints.inputs import INPUT_FIELDS, read_input
from gradcam_core.checkpoints.labels import imagenet_labels, read_labels
from gradcam_core.checkpoints.parts import all_parts, first_part, whole_name
from gradcam_core.checkpoints.torchfiles import kind_of_file
from gradcam_core.checkpoints.weights import SUFFIXES, Weights, check_size, read_files, sha256_of
from gradcam_core.errors import ModelError
from gradcam_core.preprocessing import InputSpec
from gradcam_core.text import printable

ACTIVATIONS = ("softmax", "sigmoid", "binary")

_FIELDS = (
    *("version", "title", "architecture", "num_classes", "labels", "target_layer", "activation", "preprocessing"),
    *("source", "license", "sha256", "options", "head", "check"),
)
_NAMES_ELSEWHERE = {  # of fields that may be left out: what other programs and people call them
    "fit": ("resize", "resize_mode", "resize_method", "crop_mode", "crop_or_squash", "letterbox"),
    "channel_order": ("input_space", "color_mode", "color_space", "color_order", "colour_order", "bgr", "bgr_to_rgb"),
    "input_range": ("value_range", "pixel_range", "rescale", "rescale_factor", "scale"),
    "channels": ("in_channels", "in_chans", "input_channels", "num_channels"),
    "interpolation": (),
}
_TORCH_SUFFIXES = (".ckpt", ".pth.tar", ".bin")  # other names that torch.save's files are given
_MOST_LOOKED_AT = 10
_TOLERANCE = 0.05  # of a logit: another version of a decoder or of torch changes the third digit
_KNOW_THEIR_INPUT = ("timm/",)  # before the names of libraries that say for each network how an image is prepared
_UNTOLD = {"resize_size": 256, "crop_size": 224, "mean": 0.5, "std": 0.5}  # until that library is asked


@dataclass(frozen=True)
class KnownAnswer:
    """An image and what the network says of it.

    Attributes:
        class_name: of the likeliest class, as `find_class` reads it.
        logit: of that class; None where it is not stated.
        tolerance: by which the logit may differ.
    """

    image: Path
    class_name: str
    logit: float | None
    tolerance: float


@dataclass(frozen=True)
class Checkpoint:
    """A pair whose description is sound; the weights have not been read.

    Attributes:
        architecture: as written, such as torchvision/resnet18; whether it exists is not known here.
        num_classes: how many labels there are; 2 for a binary network.
        activation: softmax, sigmoid (independent labels) or binary (one logit: it speaks for the second label).
        target_layer: the layer to explain first, or "".
        sha256: what the weights file's hash must be, or "".
        options: of the architecture, as written.
        head: the layers that stand in the place of some of its parts.
        others: the fields that are not known here: options of the architecture, or somebody's own.
        known_answer: what the network must say of an image; None where nothing is stated.
        notes: a sentence for each thing that is assumed, or not read.
        is_input_told: whether it says how an image is prepared; if not, the library of its network does.
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
    options: Mapping[str, Any] = field(default_factory=dict)
    head: Head = WHOLE
    others: Mapping[str, Any] = field(default_factory=dict)
    known_answer: KnownAnswer | None = None
    notes: tuple[str, ...] = ()
    is_input_told: bool = True

    @property
    def num_outputs(self) -> int:
        """How many logits the network gives."""
        return 1 if self.activation == "binary" else self.num_classes

    @property
    def knows_imagenet(self) -> bool:
        """Whether its labels are ImageNet's, in torchvision's order."""
        return self.labels == imagenet_labels()


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
    folder, stem = _place(folder, name)
    weights = _weights(folder, stem)
    fields = Fields.read(inside(folder, f"{stem}.json"))
    fields.refuse_misspelt(_FIELDS)
    fields.whole("version", low=1, high=1, default=1)
    activation, assumed = _activation(fields)
    labels = read_labels(fields, folder, activation)
    architecture = fields.text("architecture")
    is_input_told = "preprocessing" in fields.values or not architecture.startswith(_KNOW_THEIR_INPUT)
    preprocessing = fields.inner("preprocessing") if is_input_told else Fields(_UNTOLD, where=fields.where)
    _refuse_renamed(fields, preprocessing)
    input_spec, assumed_of_input = read_input(preprocessing)
    return Checkpoint(
        name=name,
        title=fields.text("title", default="") or name,
        architecture=architecture,
        num_classes=len(labels),
        labels=labels,
        input_spec=input_spec,
        activation=activation,
        target_layer=fields.text("target_layer", default=""),
        weights=weights,
        source=fields.text("source", default=""),
        license=fields.text("license", default=""),
        sha256=_sha256(fields),
        options=fields.inner("options").values if "options" in fields.values else {},
        head=_head(fields),
        others={key: value for key, value in fields.values.items() if key not in _FIELDS},
        known_answer=_known_answer(fields, folder),
        notes=(*assumed, *assumed_of_input, *preprocessing.unread(INPUT_FIELDS)),
        is_input_told=is_input_told,
    )


def read_weights(checkpoint: Checkpoint) -> tuple[Weights, str]:
    """The weights by name, as the file holds them, and the SHA-256 of the file.

    Raises:
        ModelError: if the file is not the one that the description means, or is no weights file.
    """
    parts = all_parts(checkpoint.weights)
    check_size(*parts)  # before every byte is read for the hash
    digest = sha256_of(*parts)
    if checkpoint.sha256 not in ("", digest):
        raise ModelError(
            f"{checkpoint.weights.name} has the SHA-256 {digest[:12]}..., but its description says "
            f"{checkpoint.sha256[:12]}....",
            hint="Copy the file again, or correct the field sha256.",
        )
    return read_files(parts), digest


def _names(folder: Path) -> list[str]:
    if not os.path.exists(folder):
        return []
    entries = [path for path in folder.iterdir() if not path.name.startswith(".")]
    files = [path for path in entries if path.suffix in (".json", *SUFFIXES) and not path.name.endswith(".index.json")]
    own = [path.name for path in entries if os.path.isdir(path) and _place(folder, path.name)[0] != folder]
    return sorted({*(whole_name(path.name) for path in files), *own})


def _place(folder: Path, name: str) -> tuple[Path, str]:
    """Where a pair lies and what its files are called: in the folder, or in one of its own, as model or by its name."""
    own = folder / name
    for stem in ("model", name):
        if os.path.isfile(own / f"{stem}.json") and own.resolve().parent == folder.resolve():
            return own, stem
    return folder, name


def _weights(folder: Path, name: str) -> Path:
    if printable(name) != name:
        raise ModelError(f"The name {printable(name)} holds what can't be printed.", hint="Rename both files.")
    files = [f"{name}{suffix}" for suffix in SUFFIXES if os.path.isfile(folder / f"{name}{suffix}")]
    files = files or [part for part in [first_part(folder, name)] if part]
    if not files:
        raise ModelError(f"{name}.json has no weights beside it.", hint=_weights_hint(folder, name))
    if not os.path.isfile(folder / f"{name}.json"):
        raise ModelError(f"{files[0]} has no description beside it.", hint=f"Add {name}.json.")
    return inside(folder, files[0])


def _weights_hint(folder: Path, name: str) -> str:
    for suffix in _TORCH_SUFFIXES:
        if os.path.isfile(folder / f"{name}{suffix}"):
            return f"Rename {name}{suffix} to {name}.pth."
    for path in sorted(folder.glob(f"{glob.escape(name)}.*"))[:_MOST_LOOKED_AT]:
        kind = None if path.suffix == ".json" or not path.is_file() else kind_of_file(path)
        if kind is not None:
            return f"{printable(path.name)} is {kind.said}: {kind.hint}"
    return f"Add {name}.safetensors or {name}.pth."


def _activation(fields: Fields) -> tuple[str, tuple[str, ...]]:
    """What the outputs mean, and what is assumed of it: one class under softmax would be certain, whatever is seen."""
    if fields.values.get("num_classes") != 1 or fields.values.get("activation", "softmax") == "binary":
        return fields.choice("activation", among=ACTIVATIONS, default="softmax"), ()
    if "activation" not in fields.values:
        note = "activation is not stated. One output is taken for that of a binary network: its sigmoid is the answer."
        return "binary", (note,)
    if fields.choice("activation", among=ACTIVATIONS) == "softmax":
        raise ModelError(
            f"{fields.where}: one class by softmax is always 100 %.", hint="Set activation to binary or sigmoid."
        )
    return "sigmoid", ()


def _refuse_renamed(fields: Fields, preprocessing: Fields) -> None:
    """A field of the input that is called as elsewhere, or stands beside its place, would change nothing."""
    for key, names in _NAMES_ELSEWHERE.items():
        for place in (fields, preprocessing):
            found = next((name for name in (key, *names) if name in place.values), None)
            if found and key not in preprocessing.values:
                raise ModelError(f"{place.where}: {found} is not read.", hint=f"Write it as {key} into preprocessing.")


def _head(fields: Fields) -> Head:
    """The layers that replace parts of the network, in words."""
    if "head" not in fields.values:
        return WHOLE
    parts = fields.values["head"]
    is_mapping = isinstance(parts, dict) and 0 < len(parts) <= MOST_PARTS
    if not is_mapping or not all(_are_layers(texts) for texts in parts.values()):
        raise fields.wrong("head", 'a part and its layers, such as {"fc": ["linear 256", "relu", "linear"]}')
    return Head({place: tuple(texts) for place, texts in parts.items()})


def _are_layers(texts: Any) -> bool:
    is_list = isinstance(texts, list) and 0 < len(texts) <= MOST_LAYERS
    return is_list and all(isinstance(text, str) for text in texts)


def _known_answer(fields: Fields, folder: Path) -> KnownAnswer | None:
    """An image of the folder, and what the network says of it."""
    if "check" not in fields.values:
        return None
    told = fields.inner("check")
    told.refuse_unknown(("image", "class", "logit", "tolerance"))
    logit, tolerance = told.values.get("logit"), told.values.get("tolerance", _TOLERANCE)
    named = told.required("class")
    if not (isinstance(named, str) and named.strip()) and type(named) is not int:
        raise told.wrong("class", "a label or the index of a class")
    if logit is not None and not is_number(logit):
        raise told.wrong("logit", "a number")
    if not is_number(tolerance) or tolerance <= 0:
        raise told.wrong("tolerance", "a positive number")
    return KnownAnswer(
        image=inside(folder, told.text("image")),
        class_name=one_line(named) if isinstance(named, str) else f"index:{named}",
        logit=None if logit is None else float(logit),
        tolerance=float(tolerance),
    )


def _sha256(fields: Fields) -> str:
    text = fields.text("sha256", default="").lower()
    if text and (len(text) != 64 or not set(text) <= set("0123456789abcdef")):
        raise fields.wrong("sha256", "64 hexadecimal digits")
    return text
