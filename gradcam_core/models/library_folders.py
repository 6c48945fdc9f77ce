"""The models that another library saved as a folder: each subfolder of the checkpoint folder, or that folder itself."""

import os
from pathlib import Path

from torch import nn

from gradcam_core.checkpoints.fields import Fields, inside
from gradcam_core.checkpoints.pairs import BadCheckpoint
from gradcam_core.checkpoints.parts import WEIGHTS, weights_files
from gradcam_core.checkpoints.weights import SUFFIXES, read_files, sha256_of
from gradcam_core.config import chosen_checkpoints, settings
from gradcam_core.errors import ModelError
from gradcam_core.models.extra import check_installed
from gradcam_core.models.folder_model import CONFIG, FolderModel, Library
from gradcam_core.models.huggingface import HuggingFace
from gradcam_core.models.spec import Description, ModelSpec, Network, what_it_knows
from gradcam_core.models.timm_folder import TimmFolder
from gradcam_core.progress import Progress
from gradcam_core.text import printable

LIBRARIES: tuple[Library, ...] = (TimmFolder(), HuggingFace())  # the first that knows a folder's config.json


class LibraryFolderSource:
    """Folders that hold `config.json`, weights and what goes with them, as they are at each call."""

    slug = "library"
    reserved: tuple[str, ...] = ()

    @property
    def folder(self) -> Path | None:
        """The folder of the settings; None where that is the usual one."""
        return chosen_checkpoints()

    def find(self) -> tuple[list[ModelSpec], list[BadCheckpoint]]:
        """The folders that can be used, and those that can't."""
        specs, bad = [], []
        for name, folder in _library_folders().items():
            try:
                library, model = _described(name, folder)
                check_installed(library.package)
                specs.append(self._spec(name, library, model))
            except ModelError as error:
                bad.append(BadCheckpoint(printable(name), f"{printable(name)}: {error.message} {error.hint}".strip()))
        return specs, bad

    def describe(self, name: str) -> Description:
        """What the files of the folder say now."""
        library, model = _named(name)
        return Description(
            labels=model.labels,
            input_spec=model.input_spec,
            activation=model.activation,
            source=f"a {library.title} folder",
            notes=model.notes,
        )

    def skeleton(self, name: str) -> nn.Module:
        """As its library builds it."""
        library, model = _named(name)
        return library.skeleton(model)

    def load(self, name: str) -> Network:
        """Read the folder anew and build its network."""
        library, model = _named(name)
        library.skeleton(model)  # refuses what can't be built before the weights are read
        files = weights_files(model.folder)
        weights = read_files(files)
        module, notes = library.build(model, weights.tensors)
        return Network(
            module=module,
            labels=model.labels,
            input_spec=model.input_spec,
            activation=model.activation,
            target_layer="",
            weights_sha256=sha256_of(*files),
            notes=(*model.notes, *weights.notes, *notes),
        )

    def download(self, name: str, *, progress: Progress) -> None:
        """Nothing: what is in the folder is there."""

    def _spec(self, name: str, library: Library, model: FolderModel) -> ModelSpec:
        return ModelSpec(
            name=name,
            title=name,
            architecture=f"{library.prefix}{model.architecture}",
            source=self.slug,
            num_classes=len(model.labels),
            label_summary=what_it_knows(model.labels),
            ready=True,
            download_bytes=0,
            sentence=f"A {library.title} folder of the checkpoint folder: {model.family}.",
            notes=model.notes,
        )


def is_library_folder(folder: Path) -> bool:
    """Whether a library saved its model there; a `config.json` of another kind says nothing."""
    if not os.path.isfile(folder / CONFIG):
        return False
    try:
        return _library(Fields.read(folder / CONFIG)) is not None
    except ModelError:  # damaged: if there are weights beside it, that is to be said
        return any(os.path.isfile(folder / name) for name in WEIGHTS)


def _library_folders() -> dict[str, Path]:
    """The folders by the names of their models, in the order of the names; the checkpoint folder itself first."""
    root = settings().checkpoints
    try:
        within = sorted(path for path in root.iterdir() if not path.name.startswith(".")) if os.path.isdir(root) else []
    except OSError:
        return {}  # the source of the pairs says so
    folders = {root.resolve().name: root} if is_library_folder(root) else {}
    return folders | {path.name: path for path in within if os.path.isdir(path) and is_library_folder(path)}


def _named(name: str) -> tuple[Library, FolderModel]:
    folder = _library_folders().get(name)
    if folder is None:
        raise ModelError(f"The folder of {name[:80]} has gone.", hint="Put it back, or choose another model.")
    return _described(name, folder)


def _described(name: str, folder: Path) -> tuple[Library, FolderModel]:
    if printable(name) != name:
        raise ModelError("The folder's name holds what can't be printed.", hint="Rename the folder.")
    root = settings().checkpoints
    if any(os.path.isfile(root / f"{name}{ending}") for ending in (".json", *SUFFIXES)):
        raise ModelError(f"A file beside the folders is named {name} too.", hint="Rename the folder.")
    fields = Fields.read(inside(folder, CONFIG))
    library = _library(fields)
    if library is None:
        raise ModelError(f"{CONFIG} is of no known library.")
    return library, library.describe(folder, fields)


def _library(fields: Fields) -> Library | None:
    return next((library for library in LIBRARIES if library.wrote(fields.values)), None)
