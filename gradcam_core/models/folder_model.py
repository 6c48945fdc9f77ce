"""What does a folder say of its network, if a library wrote it with its weights and `config.json`?"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from torch import Tensor, nn

from gradcam_core.checkpoints.fields import Fields
from gradcam_core.preprocessing import InputSpec

CONFIG = "config.json"


@dataclass(frozen=True)
class FolderModel:
    """A folder whose description is sound; the weights have not been read.

    Attributes:
        architecture: as the library that builds it names it.
        family: in words, such as ViT; of a library that names none, the architecture.
        activation: softmax, sigmoid or binary.
        options: what the library builds it from.
        notes: a sentence for each thing that was assumed or left out.
    """

    folder: Path
    architecture: str
    family: str
    labels: tuple[str, ...]
    input_spec: InputSpec
    activation: str
    options: dict[str, Any] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def num_outputs(self) -> int:
        """How many logits the network gives."""
        return 1 if self.activation == "binary" else len(self.labels)


class Library(Protocol):
    """A library that writes such folders and builds networks from them.

    Attributes:
        package: its name, as it is imported.
        title: in words, whose folders they are.
        prefix: before its names in `ModelSpec.architecture`.
    """

    package: str
    title: str
    prefix: str

    def wrote(self, config: Mapping[str, Any]) -> bool:
        """Whether a `config.json` is of this library's kind."""

    def describe(self, folder: Path, fields: Fields) -> FolderModel:
        """What the folder says, without importing the library; ModelError if it can't be used."""

    def skeleton(self, model: FolderModel) -> nn.Module:
        """The network without memory for its weights; ModelError if it can't be built or is too large."""

    def build(self, model: FolderModel, state: Mapping[str, Tensor]) -> tuple[nn.Module, tuple[str, ...]]:
        """The network in float32 on the CPU, and a sentence for what was left out; ModelError if they do not fit.

        The `skeleton` has been built before, so its size is known to be allowed.
        """
