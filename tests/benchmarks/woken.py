"""Random weights under which maps are neither zero nor constant, for networks whose real weights are not at hand.

What a fresh network hides: heads drawn as zeros (vision transformers), layer scales of 1e-6 (ConvNeXt, CaiT, BEiT), a
last normalisation of 0 in each block (timm's ResNets), class tokens of 0, and batch normalisation that saw nothing.
"""

import math

import torch
from torch import Tensor, nn

_NEARLY_ZERO = 1e-2
_TOKENS = ("token", "embed", "cls", "dist")
_LEAST_VARIANCE = 1e-3
_IMAGES = 3  # of noise, for batch normalisation


def woken(module: nn.Module, size: tuple[int, int], *, seed: int = 0) -> nn.Module:
    """The same network with such weights, in eval mode and frozen; `size` is (height, width) of its input."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, nn.Linear):  # attention scores of the order of 1, and heads that are not zero
                nn.init.normal_(part.weight, std=1 / math.sqrt(part.in_features))
        for name, parameter in module.named_parameters():
            _wake(name, parameter)
        _calibrate(module.eval(), size)
    return module.eval().requires_grad_(False)


def _wake(name: str, parameter: Tensor) -> None:
    """What is constant and nearly zero is drawn anew; biases stay."""
    if parameter.numel() < 2 or name.endswith("bias") or float(parameter.abs().max()) > _NEARLY_ZERO:
        return
    if any(word in name for word in _TOKENS):
        parameter.normal_(std=0.5)
    elif parameter.squeeze().dim() <= 1:
        parameter.uniform_(0.3, 0.7)  # a layer scale, or the weight of a normalisation
    elif not bool(parameter.any()):
        parameter.normal_(std=0.02)


def _calibrate(module: nn.Module, size: tuple[int, int]) -> None:
    """Let batch normalisation alone see noise: dropout and stochastic depth stay off."""
    norms = [part for part in module.modules() if isinstance(part, nn.modules.batchnorm._BatchNorm)]
    if not norms:
        return
    for norm in norms:
        norm.train()
        norm.momentum = None  # the plain mean over what it sees
        norm.reset_running_stats()
    module(torch.randn(_IMAGES, 3, *size))
    for norm in norms:
        norm.eval()
        if norm.running_var is not None:
            norm.running_var.clamp_(min=_LEAST_VARIANCE)
