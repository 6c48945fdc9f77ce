"""The sources of models, and the names under which all their models are found."""

import difflib
from collections.abc import Iterator
from pathlib import Path

from torch import nn

from gradcam_core.checkpoints.pairs import BadCheckpoint
from gradcam_core.errors import ModelError
from gradcam_core.models.declared import DeclaredSource, models_setting
from gradcam_core.models.embedded import EmbeddedSource
from gradcam_core.models.folder import FolderSource
from gradcam_core.models.library_folders import LibraryFolderSource
from gradcam_core.models.pretrained import PretrainedSource
from gradcam_core.models.spec import Description, ModelSpec, Source
from gradcam_core.progress import Progress, silent

DEFAULT_MODEL = "tinynet"
_MOST_NAMES = 10  # in a hint

SOURCES: dict[str, Source] = {  # in the order of the pickers
    source.slug: source
    for source in (EmbeddedSource(), FolderSource(), LibraryFolderSource(), DeclaredSource(), PretrainedSource())
}


def list_models() -> list[ModelSpec]:
    """Every model that can be loaded or downloaded: the embedded one, the operator's own, torchvision's."""
    return [spec for _, found, _ in _findings() for spec in found]


def broken_checkpoints() -> list[tuple[str, str]]:
    """The name of each pair that can't be used, and one or two sentences: why, and what to do."""
    return [(bad.name, bad.sentence) for _, _, broken in _findings() for bad in broken]


def find_model(name: str) -> ModelSpec:
    """The model of this name.

    Raises:
        ModelError: if there is none, with the names nearest to it, or if it is a checkpoint that can't be used.
    """
    known: list[str] = []
    for source, found, broken in _findings():
        known += [spec.name for spec in found]
        match = next((spec for spec in found if spec.name == name), None)
        if match is not None:
            return match
        _refuse_broken(name, source, broken)
    close = difflib.get_close_matches(name.lower(), known, n=3) or known
    shown = ", ".join(close[:_MOST_NAMES]) + (
        f" or one of {len(known) - _MOST_NAMES} others" * (len(close) > _MOST_NAMES)
    )
    raise ModelError(f"There is no model named {name[:80]!r}.", hint=f"Choose {shown}.")


def describe_model(spec: ModelSpec) -> Description:
    """What is known of a model without its weights, which may be absent.

    Raises:
        ModelError: if its files have gone or changed so that they can't be used.
    """
    return SOURCES[spec.source].describe(spec.name)


def model_skeleton(spec: ModelSpec) -> nn.Module:
    """A model without memory for its weights, which may be absent.

    Raises:
        ModelError: if its files have gone or changed so that it can't be built.
    """
    return SOURCES[spec.source].skeleton(spec.name)


def chosen_folder(spec: ModelSpec) -> Path | None:
    """The folder that must be named for this model to be found by another process; None where it is found without."""
    return SOURCES[spec.source].folder


def needed_setting(spec: ModelSpec) -> str:
    """What HEATPROOF_MODELS must be for another process to find this model; "" where it is found without."""
    return models_setting() if isinstance(SOURCES[spec.source], DeclaredSource) else ""


def download_model(name: str, *, progress: Progress = silent) -> ModelSpec:
    """Bring a model's weights to this machine; at once if they are there and whole.

    Raises:
        ModelError: if there is no such model, or what came is not its file.
        ResourceError: if the disk is full.
        Cancelled: if `progress` raised it; nothing half-written is left.
    """
    SOURCES[find_model(name).source].download(name, progress=progress)
    return find_model(name)


def _findings() -> Iterator[tuple[Source, list[ModelSpec], list[BadCheckpoint]]]:
    """What each source offers, asked only when it is needed; a name that is taken already is broken."""
    known: set[str] = set()
    for source in SOURCES.values():
        found, broken = source.find()
        reserved = _reserved_by_others(source)
        free = [spec for spec in found if spec.name.lower() not in reserved and spec.name not in known]
        known |= {spec.name for spec in free}
        clashes = [BadCheckpoint(spec.name, _taken(spec, reserved)) for spec in found if spec not in free]
        yield source, free, [*broken, *clashes]


def _taken(spec: ModelSpec, reserved: set[str]) -> str:
    by = (
        "one of the models that come with the program" if spec.name.lower() in reserved else "another model of the list"
    )
    return f"Its name is taken by {by}. Give it another one."


def _refuse_broken(name: str, source: Source, broken: list[BadCheckpoint]) -> None:
    if name in _reserved_by_others(source):
        return  # a broken pair does not hide the model whose name it took
    for bad in broken:
        if bad.name == name:
            raise ModelError(f"The model {name} can't be used. {bad.sentence}")


def _reserved_by_others(source: Source) -> set[str]:
    return {name for other in SOURCES.values() if other is not source for name in other.reserved}
