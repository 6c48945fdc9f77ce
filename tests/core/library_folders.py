"""Folders with small random networks, written by the libraries themselves; without them the tests are left out."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

REASON = "needs requirements-extra.txt"
LABELS = {0: "ant", 1: "bee", 2: "cat"}

_VIT = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "image_size": 64,
    "patch_size": 8,
}
_SWIN = {"image_size": 64, "embed_dim": 16, "depths": [1, 2], "num_heads": [2, 4], "window_size": 4}
_STAGES = {"hidden_sizes": [16, 32], "depths": [1, 2], "num_stages": 2, "image_size": 64}
_DINO = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "image_size": 72, "patch_size": 8}
_SQUARE = {"size": {"height": 64, "width": 64}}
_CROPPED = {"crop_size": {"height": 64, "width": 64}}
_SHORT = {"size": {"shortest_edge": 72}, **_CROPPED}


@dataclasses.dataclass(frozen=True)
class Example:
    """A network of transformers: its class, the options of its configuration, its image processor and what that has."""

    architecture: str
    options: dict[str, Any]
    processor: str
    processor_options: dict[str, Any]
    ending: str = "ForImageClassification"

    @property
    def config(self) -> str:
        """The class of its configuration."""
        return self.architecture.removesuffix(self.ending) + "Config"


COMMON = {
    "vit": Example("ViTForImageClassification", _VIT, "ViTImageProcessor", _SQUARE),
    "swin": Example("SwinForImageClassification", _SWIN, "ViTImageProcessor", _SQUARE),
    "convnext": Example(
        "ConvNextForImageClassification", _STAGES, "ConvNextImageProcessor", {"size": {"shortest_edge": 64}}
    ),
    "resnet": Example(
        "ResNetForImageClassification",
        {"embedding_size": 16, "hidden_sizes": [16, 32], "depths": [1, 2], "layer_type": "basic"},
        "ConvNextImageProcessor",
        {"size": {"shortest_edge": 64}},
    ),
}
OTHERS = {
    "deit": Example(
        "DeiTForImageClassification", _VIT, "DeiTImageProcessor", {"size": {"height": 72, "width": 72}, **_CROPPED}
    ),
    "distilled": Example(
        "DeiTForImageClassificationWithTeacher",
        _VIT,
        "DeiTImageProcessor",
        {"size": {"height": 72, "width": 72}, **_CROPPED},
        "ForImageClassificationWithTeacher",
    ),
    "swinv2": Example("Swinv2ForImageClassification", _SWIN, "ViTImageProcessor", _SQUARE),
    "convnextv2": Example(
        "ConvNextV2ForImageClassification", _STAGES, "ConvNextImageProcessor", {"size": {"shortest_edge": 384}}
    ),
    "beit": Example(
        "BeitForImageClassification", {**_VIT, "use_relative_position_bias": True}, "BeitImageProcessor", _SQUARE
    ),
    "efficientnet": Example(
        "EfficientNetForImageClassification",
        {"width_coefficient": 0.25, "depth_coefficient": 0.3, "hidden_dim": 320, "image_size": 64},
        "EfficientNetImageProcessor",
        {**_SQUARE, "rescale_offset": True},
    ),
    "mobilenet_v2": Example(
        "MobileNetV2ForImageClassification",
        {"depth_multiplier": 0.35, "image_size": 64},
        "MobileNetV2ImageProcessor",
        _SHORT,
    ),
    "dinov2": Example("Dinov2ForImageClassification", _DINO, "BitImageProcessor", _SHORT),
    "registers": Example("Dinov2WithRegistersForImageClassification", _DINO, "BitImageProcessor", _SHORT),
}
EXAMPLES = COMMON | OTHERS


def transformers() -> Any:
    """The library without its progress bars; the test is left out where it is not installed."""
    library = pytest.importorskip("transformers", reason=REASON)
    library.utils.logging.disable_progress_bar()
    library.utils.logging.set_verbosity_error()
    return library


def saved(folder: Path, name: str = "vit", *, labels: dict[int, str] | None = None, **more: Any) -> nn.Module:
    """Write the folder of an example with `save_pretrained`, and give its network.

    Args:
        more: options of its configuration; `max_shard_size` is one of `save_pretrained`.
    """
    library, example = transformers(), EXAMPLES[name]
    torch.manual_seed(0)
    shard = {"max_shard_size": more.pop("max_shard_size")} if "max_shard_size" in more else {}
    config = getattr(library, example.config)(**example.options, id2label=labels or LABELS, **more)
    network: Any = wakened(getattr(library, example.architecture)(config))
    with torch.no_grad():  # batch normalisation learns what it sees
        network.train()(pixel_values=torch.randn(4, 3, 64, 64))
    network.eval().save_pretrained(folder, **shard)
    getattr(library, example.processor)(**example.processor_options).save_pretrained(folder)
    return network  # type: ignore[no-any-return]


def wakened(network: nn.Module) -> nn.Module:
    """In eval, with weights so far from zero that no logit and no layer is nearly so."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = None
    return network.eval()
