"""What tests and benchmarks share: networks with random but meaningful weights, wrapped as loaded models."""

import io
import itertools
from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image, ImageOps
from torch import nn

from gradcam_core.checkpoints.pairs import read_checkpoint, read_weights
from gradcam_core.hooks import attach
from gradcam_core.layers.finding import find_layers
from gradcam_core.methods import METHODS, CamMethod, why_unfit
from gradcam_core.methods.base import Need
from gradcam_core.models import LoadedModel, ModelSpec
from gradcam_core.models.architectures import build
from gradcam_core.preprocessing import InputSpec
from gradcam_core.samples import load_sample
from gradcam_core.training.command import ASSETS

FOR_ANY_MODEL = tuple(slug for slug, method in METHODS.items() if Need.ATTENTION not in method.needs)
"""Methods that no model refuses."""
_nets = itertools.count()
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def png(picture: Image.Image) -> bytes:
    """The picture as a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def photograph(width: int, height: int, *, seed: int = 0) -> bytes:
    """A JPEG file as a camera gives it: scikit-learn's temple, filled to this size, with seeded grain."""
    picture = ImageOps.fit(load_sample("temple").to_pil(), (width, height), Image.Resampling.LANCZOS)
    grain = np.random.default_rng(seed).normal(0, 4, (height, width, 1))
    pixels = np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def calibrated(name: str, *, seed: int = 0, side: int = 224) -> nn.Module:
    """A torchvision network with random weights whose maps are not constant.

    The head is drawn anew (some are zero) and batch normalisation has seen a few batches.
    """
    torch.manual_seed(seed)
    module: nn.Module = torchvision.models.get_model(name, weights=None, num_classes=50)
    for child in module.modules():
        if isinstance(child, nn.modules.batchnorm._BatchNorm):
            child.momentum = None  # the plain mean over the batches
    heads = [child for child in module.modules() if isinstance(child, nn.Linear)]
    if heads:
        nn.init.normal_(heads[-1].weight, std=0.1)
    module.train()
    with torch.no_grad():
        for _ in range(2):
            module(torch.randn(4, 3, side, side))
    return module.eval()


def embedded_network(name: str) -> nn.Module:
    """A network that comes along, in eval mode, as its pair of files makes it."""
    checkpoint = read_checkpoint(ASSETS, name)
    weights, _ = read_weights(checkpoint)
    return build(checkpoint.architecture, checkpoint.num_classes, weights.tensors).module.eval()


def loaded(
    module: nn.Module, *, name: str = "net", side: int = 224, activation: str = "softmax", labels: tuple[str, ...] = ()
) -> LoadedModel:
    """Any network as the engine wants it: frozen, in eval mode, its candidate layers hooked."""
    module.eval().requires_grad_(False)
    found = find_layers(module, torch.rand(1, 3, side, side))
    attach(module, [layer.name for layer in (*found.candidates, *found.unread)])
    labels = labels or tuple(f"class {index}" for index in range(found.num_outputs))
    return LoadedModel(
        spec=ModelSpec(
            name=name,
            title=name.title(),
            architecture=f"test/{name}",
            source="checkpoint",
            num_classes=len(labels),
            label_summary="noise",
            ready=True,
            download_bytes=0,
            sentence="A network made by a test.",
        ),
        module=module,
        labels=labels,
        input_spec=InputSpec(side, side, IMAGENET_MEAN, IMAGENET_STD),
        layers=found.candidates,
        unread=found.unread,
        default_layer=found.default,
        activation=activation,
        device=torch.device("cpu"),
        nbytes=0,
        weights_sha256=f"{next(_nets):064x}",  # what is kept of one network is not taken for another's
    )


def methods_for(model: LoadedModel) -> dict[str, CamMethod]:
    """Those that can explain a model, by slug."""
    return {slug: method for slug, method in METHODS.items() if not why_unfit(method, model)}


def mostly_slow(values: Iterable[Any], *, by_default: int) -> list[Any]:
    """Parameters of a test, of which the first few run by default, and all in CI."""
    return [
        value if place < by_default else pytest.param(value, marks=pytest.mark.slow)
        for place, value in enumerate(values)
    ]
