"""The networks that come with the program: pairs of files like anybody's, in the package's own folder."""

import os
from pathlib import Path

from torch import nn

from gradcam_core.checkpoints.pairs import BadCheckpoint, read_checkpoint
from gradcam_core.errors import ModelError
from gradcam_core.models.described import network_of, skeleton_of
from gradcam_core.models.spec import Description, ModelSpec, Network, as_description
from gradcam_core.progress import Progress

FOLDER = Path(__file__).resolve().parent.parent / "assets"
_KINDS = {"tinynet": "small network", "tinyvit": "small vision transformer"}  # the first is the one to begin with


class EmbeddedSource:
    """Two models, always there."""

    slug = "embedded"
    reserved: tuple[str, ...] = tuple(_KINDS)
    folder = None

    def find(self) -> tuple[list[ModelSpec], list[BadCheckpoint]]:
        """The embedded networks; as broken where their files were not copied with the program."""
        found: list[ModelSpec] = []
        broken: list[BadCheckpoint] = []
        for name in _KINDS:
            try:
                found.append(_spec(name))
            except ModelError as error:
                broken.append(_broken(name, error))
        return found, broken

    def describe(self, name: str) -> Description:
        """What its JSON file says."""
        return as_description(read_checkpoint(FOLDER, name), source="comes with Heatproof")

    def skeleton(self, name: str) -> nn.Module:
        """As its JSON file names it."""
        return skeleton_of(read_checkpoint(FOLDER, name))

    def load(self, name: str) -> Network:
        """Build it."""
        return network_of(read_checkpoint(FOLDER, name))

    def download(self, name: str, *, progress: Progress) -> None:
        """Nothing: it is always there."""


def _spec(name: str) -> ModelSpec:
    checkpoint = read_checkpoint(FOLDER, name)
    knows = f"{checkpoint.num_classes} drawn things"
    return ModelSpec(
        name=name,
        title=checkpoint.title,
        architecture=checkpoint.architecture,
        source=EmbeddedSource.slug,
        num_classes=checkpoint.num_classes,
        label_summary=knows,
        ready=True,
        download_bytes=0,
        sentence=f"A {_KINDS[name]} drawn for Heatproof: it knows only its own {knows}.",
    )


def _broken(name: str, error: ModelError) -> BadCheckpoint:
    is_whole = all(os.path.isfile(FOLDER / f"{name}{suffix}") for suffix in (".json", ".safetensors"))
    hint = error.hint if is_whole else "Copy the program anew: its own network is missing."
    return BadCheckpoint(name, f"{error.message} {hint}")
