"""How does a network for colours become one for grey pictures? Its first convolution takes one channel."""

from typing import Any

from torch import nn

from gradcam_core.errors import ModelError

_COLOURS = 3


def take_channels(module: nn.Module, channels: int) -> None:
    """Put a convolution of so many channels, of random weights, in the place of the first one, which takes colours.

    Raises:
        ModelError: if no convolution takes colours.
    """
    name, first = first_convolution(module)
    holder, _, own = name.rpartition(".")
    setattr(module.get_submodule(holder), own, _with_channels(first, channels))


def first_convolution(module: nn.Module) -> tuple[str, nn.Conv2d]:
    """The first convolution for three channels and its name; ModelError if there is none."""
    for name, child in module.named_modules():
        if isinstance(child, nn.Conv2d) and child.in_channels == _COLOURS and child.groups == 1:
            return name, child
    raise ModelError("This network has no convolution for colours.", hint="Leave channels out.")


def _with_channels(layer: nn.Conv2d, channels: int) -> nn.Conv2d:
    shape: dict[str, Any] = {
        key: getattr(layer, key) for key in ("kernel_size", "stride", "padding", "dilation", "padding_mode")
    }
    is_biased, device = layer.bias is not None, layer.weight.device
    return nn.Conv2d(channels, layer.out_channels, **shape, bias=is_biased, device=device, dtype=layer.weight.dtype)
