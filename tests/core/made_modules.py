"""Modules as people have them in hand: a small network, and such as give more than its logits."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn


def network(*ending: nn.Module, outputs: int = 5, seed: int = 0) -> nn.Sequential:
    """conv → norm → in-place ReLU → strided conv → ReLU → mean over pixels → linear; in training mode."""
    torch.manual_seed(seed)
    module = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(inplace=True),
        nn.Conv2d(8, 8, 3, padding=1, stride=2),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(8, outputs),
        *ending,
    )
    module(torch.rand(4, 3, 32, 32))  # the statistics of normalisation are no longer 0 and 1
    return module


class Around(nn.Module):
    """A network whose output is made of a plain one's logits."""

    def __init__(self, change: Callable[[Tensor], Any], outputs: int = 5) -> None:
        super().__init__()
        self.body, self.change = network(outputs=outputs), change

    def forward(self, images: Tensor) -> Any:
        return self.change(self.body(images))


class Counting(nn.Flatten):
    """A layer that writes into a buffer, in whatever mode it is."""

    passes: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("passes", torch.zeros(()))

    def forward(self, images: Tensor) -> Tensor:
        self.passes += 1
        return super().forward(images)


class Named:
    """As Hugging Face's output objects."""

    def __init__(self, logits: Tensor) -> None:
        self.logits = logits
