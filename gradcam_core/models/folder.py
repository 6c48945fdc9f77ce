"""The models of the person who runs the program: every pair in the checkpoint folder."""

import os
from pathlib import Path

from torch import nn

from gradcam_core.checkpoints.pairs import BadCheckpoint, Checkpoint, find_checkpoints, read_checkpoint
from gradcam_core.checkpoints.weights import SUFFIXES
from gradcam_core.config import chosen_checkpoints, settings
from gradcam_core.errors import ModelError
from gradcam_core.models.described import network_of, skeleton_of, with_assumed
from gradcam_core.models.library_folders import is_library_folder
from gradcam_core.models.spec import (
    IMAGENET,
    Description,
    ModelSpec,
    Network,
    as_description,
    what_it_knows,
)
from gradcam_core.progress import Progress


class FolderSource:
    """The folder that HEATPROOF_CHECKPOINTS names, as it is at each call."""

    slug = "checkpoint"
    reserved: tuple[str, ...] = ()

    @property
    def folder(self) -> Path | None:
        """The folder of the settings; None where that is the usual one."""
        return chosen_checkpoints()

    def find(self) -> tuple[list[ModelSpec], list[BadCheckpoint]]:
        """The pairs that can be used, and those that can't."""
        folder = settings().checkpoints
        if chosen_checkpoints() and not os.path.exists(folder):
            return [], [BadCheckpoint(str(folder), "HEATPROOF_CHECKPOINTS names a folder that does not exist.")]
        checkpoints, bad = find_checkpoints(folder)
        specs = []
        for checkpoint in checkpoints:
            try:
                specs.append(self._spec(with_assumed(checkpoint, is_listed=True)))
            except ModelError as error:
                bad.append(BadCheckpoint(checkpoint.name, f"{checkpoint.name}.json: {error.message} {error.hint}"))
        of_library = is_library_folder(folder)
        return specs, [pair for pair in bad if not of_library or _is_whole(folder, pair.name)]

    def describe(self, name: str) -> Description:
        """What the pair's JSON file says now."""
        checkpoint = with_assumed(read_checkpoint(settings().checkpoints, name))
        return as_description(checkpoint, source="the checkpoint folder")

    def skeleton(self, name: str) -> nn.Module:
        """As its JSON file names it."""
        return skeleton_of(read_checkpoint(settings().checkpoints, name))

    def load(self, name: str) -> Network:
        """Read the pair anew and build it."""
        return network_of(read_checkpoint(settings().checkpoints, name))

    def download(self, name: str, *, progress: Progress) -> None:
        """Nothing: what is in the folder is there."""

    def _spec(self, checkpoint: Checkpoint) -> ModelSpec:
        origin = [text for text in (checkpoint.source, checkpoint.license) if text]
        return ModelSpec(
            name=checkpoint.name,
            title=checkpoint.title,
            architecture=checkpoint.architecture,
            source=self.slug,
            num_classes=checkpoint.num_classes,
            label_summary=IMAGENET if checkpoint.knows_imagenet else what_it_knows(checkpoint.labels),
            ready=True,
            download_bytes=0,
            sentence=f"From the checkpoint folder: {checkpoint.architecture}{''.join(f'; {text}' for text in origin)}.",
            notes=checkpoint.notes,
        )


def _is_whole(folder: Path, name: str) -> bool:
    """Whether it is a pair; half of one may be a file of the library that saved its model here: `config.json`."""
    return all(
        any(os.path.isfile(folder / f"{name}{suffix}") for suffix in suffixes) for suffixes in ((".json",), SUFFIXES)
    )
