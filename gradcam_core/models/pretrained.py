"""The networks that torchvision offers with weights, downloaded once into torch's own cache."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from torch import Tensor, nn
from torchvision import models

from gradcam_core.checkpoints.pairs import BadCheckpoint
from gradcam_core.checkpoints.weights import check_size, read_state, sha256_of
from gradcam_core.config import torch_cache
from gradcam_core.download import download_file
from gradcam_core.errors import ModelError
from gradcam_core.models.architectures import materialize, meta_module
from gradcam_core.models.spec import IMAGENET, Description, ModelSpec, Network
from gradcam_core.preprocessing import InputSpec
from gradcam_core.progress import Progress
from gradcam_core.resources.memory import is_out_of_memory

_LICENCE = (
    "torchvision's code is under the BSD 3-Clause License. Of its weights it says that they may have licences or terms "
    "of their own, derived from the data they were trained on; for these it names none. The data is ImageNet-1K."
)


@dataclass(frozen=True)
class Pretrained:
    """One network of torchvision's and the weights that we take for it."""

    title: str
    weights: models.WeightsEnum
    sentence: str

    @property
    def url(self) -> str:
        """Where the weights come from; torchvision's own loader looks for the last part of it in the cache."""
        return str(self.weights.url)

    @property
    def file(self) -> Path:
        """Where the weights lie once downloaded."""
        return torch_cache() / Path(urlsplit(self.url).path).name

    @property
    def is_here(self) -> bool:
        """Whether there is such a file; what is in it is not looked at."""
        return os.path.isfile(self.file)  # false where Path.is_file raises, as for a name that no disk takes

    @property
    def sha256_prefix(self) -> str:
        """The first digits of the file's SHA-256, which torchvision writes into its name."""
        found = re.search(r"-([0-9a-f]{8,64})\.", self.file.name)
        return found.group(1) if found else ""

    @property
    def megabytes(self) -> float:
        """The size of the file, in units of 2^20 bytes."""
        return float(self.weights.meta["_file_size"])


PRETRAINED = {
    "resnet18": Pretrained(
        "ResNet-18",
        models.ResNet18_Weights.IMAGENET1K_V1,
        "18 layers with shortcuts between them (2015): quick, and the usual first choice.",
    ),
    "resnet50": Pretrained(
        "ResNet-50",
        models.ResNet50_Weights.IMAGENET1K_V2,
        "50 layers with shortcuts between them (2015), in the better weights of 2021.",
    ),
    "mobilenet_v2": Pretrained(
        "MobileNetV2",
        models.MobileNet_V2_Weights.IMAGENET1K_V2,
        "Made for telephones (2018), in the better weights of 2021: small and quick.",
    ),
    "mobilenet_v3_large": Pretrained(
        "MobileNetV3 Large",
        models.MobileNet_V3_Large_Weights.IMAGENET1K_V2,
        "The successor of MobileNetV2, found by a search (2019).",
    ),
    "densenet121": Pretrained(
        "DenseNet-121",
        models.DenseNet121_Weights.IMAGENET1K_V1,
        "Each layer sees all the earlier ones of its block (2016).",
    ),
    "vgg16": Pretrained(
        "VGG-16",
        models.VGG16_Weights.IMAGENET1K_V1,
        "Plain convolutions and three large linear layers (2014): the biggest file here.",
    ),
    "efficientnet_b0": Pretrained(
        "EfficientNet-B0",
        models.EfficientNet_B0_Weights.IMAGENET1K_V1,
        "Depth, width and resolution in balance (2019): much accuracy for its size.",
    ),
    "convnext_tiny": Pretrained(
        "ConvNeXt Tiny",
        models.ConvNeXt_Tiny_Weights.IMAGENET1K_V1,
        "A convolutional network laid out like a vision transformer (2022): the most accurate here.",
    ),
    "squeezenet1_0": Pretrained(
        "SqueezeNet 1.0",
        models.SqueezeNet1_0_Weights.IMAGENET1K_V1,
        "As accurate as the first deep networks in a fiftieth of the size (2016): the smallest file here.",
    ),
}


class PretrainedSource:
    """The table above."""

    slug = "torchvision"
    reserved: tuple[str, ...] = tuple(PRETRAINED)
    folder = None

    def find(self) -> tuple[list[ModelSpec], list[BadCheckpoint]]:
        """All of them, in the order of the table."""
        return [self._spec(name, pretrained) for name, pretrained in PRETRAINED.items()], []

    def describe(self, name: str) -> Description:
        """What torchvision says of these weights."""
        pretrained = PRETRAINED[name]
        return Description(
            labels=tuple(pretrained.weights.meta["categories"]),
            input_spec=_input_spec(pretrained.weights.transforms()),
            activation="softmax",
            target_layer="",
            source="torchvision",
            origin=str(pretrained.weights),
            licence=_LICENCE,
            weights_sha256=pretrained.sha256_prefix,
        )

    def skeleton(self, name: str) -> nn.Module:
        """As torchvision builds it."""
        return meta_module(f"torchvision/{name}", len(PRETRAINED[name].weights.meta["categories"]))

    def load(self, name: str) -> Network:
        """Build it from the file in the cache, whose hash is looked at first; nothing is fetched."""
        pretrained = PRETRAINED[name]
        again = f"Download it: python -m gradcam_core download {name}"
        if not pretrained.is_here:
            raise ModelError(f"The weights of {pretrained.title} are not on this machine.", hint=again)
        digest = sha256_of(pretrained.file)
        if not digest.startswith(pretrained.sha256_prefix):
            raise ModelError(f"{pretrained.file.name} is damaged.", hint=again)
        return Network(
            module=_built(name, pretrained, hint=again),
            labels=tuple(pretrained.weights.meta["categories"]),
            input_spec=_input_spec(pretrained.weights.transforms()),
            activation="softmax",
            target_layer="",
            weights_sha256=digest,
        )

    def download(self, name: str, *, progress: Progress) -> None:
        """Fetch the file into torch's cache, unless it is there and whole."""
        pretrained = PRETRAINED[name]
        file, prefix = pretrained.file, pretrained.sha256_prefix
        if not pretrained.is_here or not sha256_of(file).startswith(prefix):
            download_file(pretrained.url, file, sha256_prefix=prefix, title=pretrained.title, progress=progress)

    def _spec(self, name: str, pretrained: Pretrained) -> ModelSpec:
        return ModelSpec(
            name=name,
            title=pretrained.title,
            architecture=f"torchvision/{name}",
            source=self.slug,
            num_classes=len(pretrained.weights.meta["categories"]),
            label_summary=IMAGENET,
            ready=pretrained.is_here,
            download_bytes=round(pretrained.megabytes * 2**20),
            sentence=pretrained.sentence,
        )


def _built(name: str, pretrained: Pretrained, *, hint: str) -> nn.Module:
    """torchvision's own loader would run a file's code: it reads with `weights_only=False`, and the hash is 32 bits."""
    check_size(pretrained.file)  # here, for its own words say which setting to raise
    labels = pretrained.weights.meta["categories"]
    module = meta_module(f"torchvision/{name}", len(labels))
    try:
        return materialize(module, _renamed(read_state(pretrained.file)))
    except Exception as error:  # a file of this hash that is none of ours raises anything
        if is_out_of_memory(error):
            raise
        raise ModelError(f"{pretrained.file.name} does not hold the weights of this network.", hint=hint) from error


def _renamed(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """DenseNet's file is older than its code: what is norm1 there is norm.1 in the file."""
    return {re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)", r"\1\2", key): value for key, value in state.items()}


def _input_spec(transforms: Any) -> InputSpec:
    """torchvision's preset as ours."""
    red, green, blue = transforms.mean
    std_red, std_green, std_blue = transforms.std
    return InputSpec(
        resize_size=transforms.resize_size[0],
        crop_size=transforms.crop_size[0],
        mean=(red, green, blue),
        std=(std_red, std_green, std_blue),
        interpolation=transforms.interpolation.value,
    )
