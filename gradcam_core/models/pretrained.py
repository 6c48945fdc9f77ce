"""The networks that torchvision offers with weights, downloaded once into torch's own cache."""

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from torch import Tensor, nn

from gradcam_core.checkpoints.pairs import BadCheckpoint
from gradcam_core.checkpoints.weights import check_size, read_file, sha256_of
from gradcam_core.config import PREFIX, Settings, settings
from gradcam_core.download import download_file
from gradcam_core.errors import ModelError
from gradcam_core.models.architectures import materialize, meta_module
from gradcam_core.models.published import PRETRAINED, Pretrained, downloaded_files
from gradcam_core.models.spec import IMAGENET, Description, ModelSpec, Network
from gradcam_core.progress import Progress
from gradcam_core.resources.memory import is_out_of_memory

_LICENCE = (
    "torchvision's code is under the BSD 3-Clause License. Of its weights it says that they may have licences or terms "
    "of their own, derived from the data they were trained on; for these it names {}. The data is ImageNet-1K."
)
_OLD_NAMES = (  # of files that are older than torchvision's code, and what became of them
    (re.compile(r"(denselayer\d+\.(?:norm|conv))\.([12])\."), r"\1\2."),
    (re.compile(r"\.mlp\.linear_1\."), ".mlp.0."),
    (re.compile(r"\.mlp\.linear_2\."), ".mlp.3."),
)


class PretrainedSource:
    """Every set of weights that torchvision publishes for its classifiers."""

    slug = "torchvision"
    reserved: tuple[str, ...] = tuple(PRETRAINED)
    folder = None

    def find(self) -> tuple[list[ModelSpec], list[BadCheckpoint]]:
        """All of them, family by family."""
        now, here = settings(), downloaded_files()
        return [
            replace(_SPECS[name], ready=pretrained.file_name in here, beyond_limits=_beyond_limits(pretrained, now))
            for name, pretrained in PRETRAINED.items()
        ], []

    def describe(self, name: str) -> Description:
        """What torchvision says of these weights."""
        pretrained = PRETRAINED[name]
        return Description(
            labels=pretrained.labels,
            input_spec=pretrained.input_spec,
            activation="softmax",
            source="torchvision",
            origin=str(pretrained.weights),
            licence=_LICENCE.format(pretrained.licence_url or "none"),
            weights_sha256=pretrained.sha256_prefix,
        )

    def skeleton(self, name: str) -> nn.Module:
        """As torchvision builds it for these weights, in their size of input and with their change of colours."""
        pretrained = PRETRAINED[name]
        architecture, num_outputs = f"torchvision/{pretrained.architecture}", len(pretrained.labels)
        side = pretrained.input_side
        module = meta_module(architecture, num_outputs)
        if getattr(module, "image_size", side) != side:  # a network with a place for each patch of one size of image
            module = meta_module(architecture, num_outputs, image_size=side)
        if hasattr(module, "transform_input"):  # its weights are Google's, which take colours from -1 to 1
            module.transform_input = True  # type: ignore[assignment]
        return module

    def load(self, name: str) -> Network:
        """Build it from the file in the cache, whose hash is looked at first; nothing is fetched."""
        pretrained = PRETRAINED[name]
        _check_limits(pretrained)
        again = f"Download it: python -m gradcam_core download {name}"
        if not os.path.isfile(pretrained.file):
            raise ModelError(f"The weights of {pretrained.title} are not on this machine.", hint=again)
        digest = sha256_of(pretrained.file)
        if not digest.startswith(pretrained.sha256_prefix):
            raise ModelError(f"{pretrained.file.name} is damaged.", hint=again)
        return Network(
            module=_built(self.skeleton(name), pretrained, hint=again),
            labels=pretrained.labels,
            input_spec=pretrained.input_spec,
            activation="softmax",
            weights_sha256=digest,
        )

    def download(self, name: str, *, progress: Progress) -> None:
        """Fetch the file into torch's cache, unless it is there and whole; refused where it could not be loaded."""
        pretrained = PRETRAINED[name]
        _check_limits(pretrained)
        file, prefix = pretrained.file, pretrained.sha256_prefix
        if not os.path.isfile(file) or not sha256_of(file).startswith(prefix):
            download_file(pretrained.url, file, sha256_prefix=prefix, title=pretrained.title, progress=progress)


def _spec(name: str, pretrained: Pretrained) -> ModelSpec:
    """What holds wherever the file is and whatever the settings are."""
    return ModelSpec(
        name=name,
        title=pretrained.title,
        architecture=f"torchvision/{pretrained.architecture}",
        source=PretrainedSource.slug,
        num_classes=len(pretrained.labels),
        label_summary=IMAGENET,
        ready=False,
        download_bytes=pretrained.nbytes,
        sentence=pretrained.sentence,
        family=pretrained.family,
        parameters=pretrained.parameters,
        accuracy=pretrained.accuracy,
    )


_SPECS = {name: _spec(name, pretrained) for name, pretrained in PRETRAINED.items()}


def _beyond_limits(pretrained: Pretrained, now: Settings) -> str:
    """Why the settings keep it out, and which of them would admit it; "" where they do."""
    too_small = list(_too_small(pretrained, now))
    if not too_small:
        return ""
    raised = " and ".join(f"{PREFIX}{name.upper()} to {value:_}" for name, value in too_small)
    return f"{pretrained.title} is larger than what is loaded here: raise {raised}."


def _too_small(pretrained: Pretrained, now: Settings) -> Iterator[tuple[str, int]]:
    """The settings that would have to be raised, and to what: a round number."""
    needed = {
        "max_parameters": pretrained.parameters,
        "max_checkpoint_bytes": pretrained.nbytes,
        "max_input_side": pretrained.input_side,
    }
    yield from ((name, _rounded_up(value)) for name, value in needed.items() if value > getattr(now, name))


def _rounded_up(value: int) -> int:
    """To two figures."""
    unit: int = 10 ** (len(str(value)) - 2)
    return -(-value // unit) * unit


def _check_limits(pretrained: Pretrained) -> None:
    sentence = _beyond_limits(pretrained, settings())
    if sentence:
        message, _, hint = sentence.partition(": ")
        raise ModelError(f"{message}.", hint=f"{hint[0].upper()}{hint[1:]}")


def _built(module: nn.Module, pretrained: Pretrained, *, hint: str) -> nn.Module:
    """torchvision's own loader would run a file's code: it reads with `weights_only=False`, and the hash is 32 bits."""
    check_size(pretrained.file)  # here, for its own words say which setting to raise
    try:
        return materialize(module, _fitting(read_file(pretrained.file).tensors, module))
    except Exception as error:  # a file of this hash that is none of ours raises anything
        if is_out_of_memory(error):
            raise
        raise ModelError(f"{pretrained.file.name} does not hold the weights of this network.", hint=hint) from error


def _fitting(state: Mapping[str, Tensor], module: nn.Module) -> dict[str, Tensor]:
    """Under today's names, and without the heads that training alone uses: the network has None in their place."""
    present = {key: value for key, value in state.items() if getattr(module, key.partition(".")[0], module) is not None}
    return {_renamed(key): value for key, value in present.items()}


def _renamed(key: str) -> str:
    for old, new in _OLD_NAMES:
        key = old.sub(new, key)
    return key
