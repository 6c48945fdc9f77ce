"""The network that comes with the program: a pair of files like anybody's, in the package's own folder."""

import os
from pathlib import Path

from torch import nn

from gradcam_core.checkpoints.pairs import BadCheckpoint, read_checkpoint
from gradcam_core.errors import ModelError
from gradcam_core.models.described import network_of, skeleton_of
from gradcam_core.models.spec import Description, ModelSpec, Network, as_description
from gradcam_core.progress import Progress

FOLDER = Path(__file__).resolve().parent.parent / "assets"
NAME = "tinynet"


class EmbeddedSource:
    """One model, always there."""

    slug = "embedded"
    reserved: tuple[str, ...] = (NAME,)
    folder = None

    def find(self) -> tuple[list[ModelSpec], list[BadCheckpoint]]:
        """The embedded network; as broken where its files were not copied with the program."""
        try:
            checkpoint = read_checkpoint(FOLDER, NAME)
        except ModelError as error:
            parts = [FOLDER / f"{NAME}{suffix}" for suffix in (".json", ".safetensors")]
            is_whole = all(os.path.isfile(part) for part in parts)
            hint = error.hint if is_whole else "Copy the program anew: its own network is missing."
            return [], [BadCheckpoint(NAME, f"{error.message} {hint}")]
        knows = f"{checkpoint.num_classes} drawn things"
        spec = ModelSpec(
            name=NAME,
            title=checkpoint.title,
            architecture=checkpoint.architecture,
            source=self.slug,
            num_classes=checkpoint.num_classes,
            label_summary=knows,
            ready=True,
            download_bytes=0,
            sentence=f"A small network drawn for Heatproof: it knows only its own {knows}.",
        )
        return [spec], []

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
