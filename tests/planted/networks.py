"""Networks of tinynet's shape as models that can be explained."""

import hashlib
from dataclasses import replace

import torch
from torch import nn

from gradcam_core.hooks import attach
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.scenes.scene import THINGS
from gradcam_core.tinynet import TinyNet


def as_model(network: nn.Module, name: str) -> LoadedModel:
    """A network with tinynet's blocks, classes and preprocessing, frozen, its layers hooked."""
    like = load_model("tinynet", device="cpu")
    module = network.eval().requires_grad_(False)
    attach(module, [layer.name for layer in like.layers])
    spec = replace(like.spec, name=name, title=name.replace("-", " ").capitalize())
    return replace(like, spec=spec, module=module, weights_sha256=_digest(module))


def random_network(seed: int = 0) -> TinyNet:
    """tinynet before any training."""
    torch.manual_seed(seed)
    return TinyNet(len(THINGS)).eval()


def _digest(module: nn.Module) -> str:
    digest = hashlib.sha256()
    for tensor in module.state_dict().values():
        digest.update(tensor.contiguous().numpy().tobytes())
    return digest.hexdigest()
