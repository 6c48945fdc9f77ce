"""What is known of a model before it is loaded, and what does a source of models offer?"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from torch import nn

from gradcam_core.checkpoints.pairs import BadCheckpoint, Checkpoint, KnownAnswer
from gradcam_core.preprocessing import InputSpec
from gradcam_core.progress import Progress
from gradcam_core.text import counted, shortened

IMAGENET = "1,000 kinds of things in photographs (ImageNet)"
_LONGEST_LABEL = 40


@dataclass(frozen=True)
class ModelSpec:
    """A model as the pickers show it; making one builds no network and reads no weights.

    Attributes:
        source: the slug of its source, a key of `registry.SOURCES`, such as checkpoint.
        num_classes: how many labels; 2 for a binary network.
        label_summary: in plain words what it can recognise.
        ready: whether its weights are on this machine.
        download_bytes: about how much is fetched if it is not ready; 0 if nothing ever is.
        notes: a sentence for each thing that its description does not say and that is assumed, or that is not read.
        family: under which it is listed while it is not ready; "" where its source has none.
        parameters: how many the network has, as its source states it; 0 where it does not say.
        accuracy: per cent of ImageNet-1K's test images whose likeliest class is right, as its source states it.
        beyond_limits: a sentence that names the settings which keep it from being loaded; "" where none does.
    """

    name: str
    title: str
    architecture: str
    source: str
    num_classes: int
    label_summary: str
    ready: bool
    download_bytes: int
    sentence: str
    notes: tuple[str, ...] = ()
    family: str = ""
    parameters: int = 0
    accuracy: float | None = None
    beyond_limits: str = ""


@dataclass(frozen=True)
class Description:
    """What is known of a model without its weights.

    Attributes:
        labels: one for each class.
        activation: softmax, sigmoid or binary.
        source: in words, where Heatproof has the model from.
        target_layer: the layer to explain first; "" where the network decides.
        origin: what that source says of where the weights come from; "" where it says nothing.
        licence: as their source states it; "" where it states none.
        weights_sha256: all or the first digits of what the hash of their file must be; "" where nobody says.
        notes: as `ModelSpec.notes`.
    """

    labels: tuple[str, ...]
    input_spec: InputSpec
    activation: str
    source: str
    target_layer: str = ""
    origin: str = ""
    licence: str = ""
    weights_sha256: str = ""
    notes: tuple[str, ...] = ()

    @property
    def num_outputs(self) -> int:
        """How many logits the network gives."""
        return 1 if self.activation == "binary" else len(self.labels)


@dataclass(frozen=True, eq=False)
class Network:
    """A network with its weights, on the CPU, and what its inputs and outputs mean.

    Attributes:
        notes: a sentence for each thing that its files do not say and that was assumed, or that was left out of them.
        known_answer: what it must say of an image; None where nothing is stated.
    """

    module: nn.Module
    labels: tuple[str, ...]
    input_spec: InputSpec
    activation: str
    weights_sha256: str
    target_layer: str = ""
    notes: tuple[str, ...] = ()
    known_answer: KnownAnswer | None = None


class Source(Protocol):
    """Where models come from.

    Attributes:
        slug: what `ModelSpec.source` says.
        reserved: the names that only this source may give.
        folder: where it looks, if that is a choice of the person who runs the program and not the usual place.
    """

    slug: str
    reserved: tuple[str, ...]

    @property
    def folder(self) -> Path | None: ...

    def find(self) -> tuple[list[ModelSpec], list[BadCheckpoint]]:
        """What it offers now, and what it would offer were it not broken."""

    def describe(self, name: str) -> Description:
        """What is known of one of its models without its weights, which may be absent."""

    def skeleton(self, name: str) -> nn.Module:
        """One of its models without memory for its weights, which may be absent; ModelError if it can't be built."""

    def load(self, name: str) -> Network:
        """Build one of its models; ModelError if the weights are absent or do not fit."""

    def download(self, name: str, *, progress: Progress) -> None:
        """Bring the weights to this machine; nothing where they already are, or never are elsewhere."""


def what_it_knows(labels: tuple[str, ...]) -> str:
    """How many classes and the first few of them, in plain words."""
    shown = [shortened(label, _LONGEST_LABEL) for label in labels[:3]] + ["..."] * (len(labels) > 3)
    return f"{counted(len(labels), 'class', 'classes')}: {', '.join(shown)}"


def as_description(checkpoint: Checkpoint, *, source: str) -> Description:
    """What a pair's JSON file says."""
    return Description(
        labels=checkpoint.labels,
        input_spec=checkpoint.input_spec,
        activation=checkpoint.activation,
        target_layer=checkpoint.target_layer,
        source=source,
        origin=checkpoint.source,
        licence=checkpoint.license,
        weights_sha256=checkpoint.sha256,
        notes=checkpoint.notes,
    )


def as_network(module: nn.Module, checkpoint: Checkpoint, digest: str, *, notes: tuple[str, ...] = ()) -> Network:
    """A network built from a pair of files."""
    return Network(
        module=module,
        labels=checkpoint.labels,
        input_spec=checkpoint.input_spec,
        activation=checkpoint.activation,
        target_layer=checkpoint.target_layer,
        weights_sha256=digest,
        notes=(*checkpoint.notes, *notes),
        known_answer=checkpoint.known_answer,
    )
