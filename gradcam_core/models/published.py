"""Which weights does torchvision publish for its classifiers, and what does it state of each?

The list is torchvision's own registry: every classifier, and every set of weights that has labels. The default set of
an architecture bears the architecture's name (resnet50), another one its own name as well (resnet50.imagenet1k_v1).
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from torchvision import models

from gradcam_core.config import torch_cache
from gradcam_core.preprocessing import InputSpec

_DATA = "ImageNet-1K"  # on which torchvision states the accuracy of each
_COMMON = "IMAGENET1K_"  # the beginning of each name of weights


@dataclass(frozen=True)
class Family:
    """Architectures of one kind.

    Attributes:
        title: what they are listed under.
        pattern: matches the whole name of each of them.
        shown: the title of one, with a place for each group of the pattern.
        sentence: what is told of the usual weights of one that has no sentence of its own.
    """

    title: str
    pattern: str
    shown: str
    sentence: str


@dataclass(frozen=True)
class Pretrained:
    """One set of weights, and what torchvision states of it."""

    architecture: str
    family: str
    title: str
    weights: models.WeightsEnum
    sentence: str

    @property
    def labels(self) -> tuple[str, ...]:
        """One for each class."""
        return tuple(self.weights.meta["categories"])

    @property
    def input_spec(self) -> InputSpec:
        """torchvision's preset as ours."""
        preset: Any = self.weights.transforms()
        red, green, blue = preset.mean
        std_red, std_green, std_blue = preset.std
        return InputSpec(
            resize_size=preset.resize_size[0],
            crop_size=preset.crop_size[0],
            mean=(red, green, blue),
            std=(std_red, std_green, std_blue),
            interpolation=preset.interpolation.value,
        )

    @cached_property
    def input_side(self) -> int:
        """Pixels."""
        return int(self.weights.transforms().crop_size[0])

    @property
    def url(self) -> str:
        """Where the weights come from; torchvision's own loader looks for the last part of it in the cache."""
        return str(self.weights.url)

    @property
    def file_name(self) -> str:
        """In torch's cache, with the first digits of the file's SHA-256."""
        return self.url.rpartition("/")[2]

    @property
    def file(self) -> Path:
        """Where the weights lie once downloaded."""
        return torch_cache() / self.file_name

    @property
    def sha256_prefix(self) -> str:
        """The first digits of the file's SHA-256, which torchvision writes into its name."""
        found = re.search(r"-([0-9a-f]{8,64})\.", self.file_name)
        return found.group(1) if found else ""

    @property
    def nbytes(self) -> int:
        """The size of the file, to a thousandth of 2^20 bytes."""
        return round(float(self.weights.meta["_file_size"]) * 2**20)

    @property
    def parameters(self) -> int:
        """How many the network has; of GoogLeNet and Inception v3 torchvision counts the heads for training as well."""
        return int(self.weights.meta["num_params"])

    @property
    def accuracy(self) -> float:
        """Per cent of ImageNet-1K's test images whose likeliest class is right, as torchvision states it."""
        return float(self.weights.meta["_metrics"][_DATA]["acc@1"])

    @property
    def licence_url(self) -> str:
        """The licence that torchvision names for these weights; "" where it names none."""
        return str(self.weights.meta.get("license", ""))


FAMILIES = (
    Family("ResNet", r"resnet(\d+)", "ResNet-{}", "Layers with shortcuts between them (2015)."),
    Family("ResNet", r"resnext(\d+)_(\w+)", "ResNeXt-{} {}", "A ResNet of many narrow paths side by side (2016)."),
    Family("ResNet", r"wide_resnet(\d+)_2", "Wide ResNet-{}-2", "A ResNet with layers twice as wide (2016)."),
    Family("MobileNet", r"mobilenet_v2", "MobileNetV2", "Made for telephones (2018)."),
    Family("MobileNet", r"mobilenet_v3_(\w+)", "MobileNetV3 {}", "The successor of MobileNetV2 (2019)."),
    Family("DenseNet", r"densenet(\d+)", "DenseNet-{}", "Each layer sees all the earlier ones of its block (2016)."),
    Family("VGG", r"vgg(\d+)", "VGG-{}", "Plain convolutions and three large linear layers (2014)."),
    Family("VGG", r"vgg(\d+)_bn", "VGG-{} BN", "VGG with batch normalisation after each convolution."),
    Family("EfficientNet", r"efficientnet_b(\d)", "EfficientNet-B{}", "Depth, width and resolution in balance (2019)."),
    Family("EfficientNet", r"efficientnet_v2_(\w)", "EfficientNetV2-{}", "EfficientNet's quicker successor (2021)."),
    Family("ConvNeXt", r"convnext_(\w+)", "ConvNeXt {}", "Convolutions laid out like a vision transformer (2022)."),
    Family("SqueezeNet", r"squeezenet(\d_\d)", "SqueezeNet {}", "A very small network of small filters (2016)."),
    Family("Vision Transformer", r"vit_(\w)_(\d+)", "ViT-{}/{}", "A transformer over patches of the image (2020)."),
    Family("Swin Transformer", r"swin_(\w)", "Swin-{}", "A transformer within windows that are shifted (2021)."),
    Family("Swin Transformer", r"swin_v2_(\w)", "SwinV2-{}", "The successor of Swin, for larger images (2021)."),
    Family("MaxViT", r"maxvit_(\w)", "MaxViT-{}", "Convolutions, and attention within blocks and over a grid (2022)."),
    Family("RegNet", r"regnet_([xy])_(\w+)([gm])f", "RegNet{}-{}{}F", "One of a design space of networks (2020)."),
    Family("ShuffleNet", r"shufflenet_v2_x(\d_\d)", "ShuffleNetV2 x{}", "Groups of channels, shuffled: quick (2018)."),
    Family("MNASNet", r"mnasnet(\d_\d+)", "MNASNet {}", "Found by a search that timed each on a telephone (2018)."),
    Family("Inception", r"googlenet", "GoogLeNet", "Filters of several sizes side by side (2014)."),
    Family("Inception", r"inception_v3", "Inception v3", "GoogLeNet with its large filters taken apart (2015)."),
    Family("AlexNet", r"alexnet", "AlexNet", "Five convolutions and three large linear layers (in the form of 2014)."),
)
"""In the order of the list."""

_OTHERS = Family("Others", r"(.+)", "{}", "A classifier of torchvision's.")  # for one that is newer than this table

_SENTENCES = {
    "resnet18": "18 layers with shortcuts between them (2015): quick, and the usual first choice.",
    "resnet50": "50 layers with shortcuts between them (2015), in the better weights of 2021.",
    "mobilenet_v2": "Made for telephones (2018), in the better weights of 2021: small and quick.",
    "mobilenet_v3_large": "The successor of MobileNetV2, found by a search (2019).",
    "densenet121": "Each layer sees all the earlier ones of its block (2016).",
    "vgg16": "Plain convolutions and three large linear layers (2014): a big file.",
    "efficientnet_b0": "Depth, width and resolution in balance (2019): much accuracy for its size.",
    "convnext_tiny": "A convolutional network laid out like a vision transformer (2022).",
    "squeezenet1_0": "As accurate as the first deep networks in a fiftieth of the size (2016).",
}


def downloaded_files() -> set[str]:
    """The names of the files in torch's cache; what is in them is not looked at."""
    try:
        with os.scandir(torch_cache()) as entries:
            return {entry.name for entry in entries if entry.is_file()}
    except OSError:  # no such folder yet
        return set()


def _table() -> dict[str, Pretrained]:
    """By name, family by family, each from the smallest network to the largest, its default weights first."""
    found = [(_family_of(name), name) for name in models.list_models(module=models)]
    sized = [(family, _default(name).meta["num_params"], name) for family, name in found]
    order = [*FAMILIES, _OTHERS]
    sized.sort(key=lambda entry: (order.index(entry[0]), *entry[1:]))
    return {entry: one for family, _, name in sized for entry, one in _sets_of(name, family)}


def _family_of(name: str) -> Family:
    return next((family for family in FAMILIES if re.fullmatch(family.pattern, name)), _OTHERS)


def _default(architecture: str) -> models.WeightsEnum:
    return models.get_model_weights(architecture).DEFAULT


def _sets_of(architecture: str, family: Family) -> Iterator[tuple[str, Pretrained]]:
    """Each set of weights that has labels, by its name in the list; the default one first."""
    default = _default(architecture)
    others = (one for one in models.get_model_weights(architecture) if one != default)
    title = _title(architecture, family)
    about = _SENTENCES.get(architecture, family.sentence)
    yield architecture, Pretrained(architecture, family.title, title, default, about)
    for weights in others:
        if weights.meta["categories"]:  # none: of a network without its classifier
            short = weights.name.removeprefix(_COMMON).replace("_", " ")
            about = f"The weights that torchvision calls {weights.name}."
            entry = f"{architecture}.{weights.name.lower()}"
            yield entry, Pretrained(architecture, family.title, f"{title} ({short})", weights, about)


def _title(architecture: str, family: Family) -> str:
    match = re.fullmatch(family.pattern, architecture)
    groups = match.groups() if match else ()
    return family.shown.format(*(group.replace("_", ".").capitalize() for group in groups))


PRETRAINED = _table()
