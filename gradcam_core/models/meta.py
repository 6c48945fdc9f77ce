"""How is a network run for its shapes alone, without its weights' memory and without touching it?"""

import torch
from torch import Tensor, nn

from gradcam_core.layers.copies import copy_with


def meta_copy(module: nn.Module) -> nn.Module:
    """The same network on torch's meta device, as `copy_with` copies it: no memory for its tensors."""
    return copy_with(module, _on_meta)


def _on_meta(tensor: Tensor) -> Tensor:
    return torch.empty_like(tensor, device="meta", requires_grad=False)
