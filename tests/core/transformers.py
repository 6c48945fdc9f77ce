"""Small transformers with random weights, as people have them: torchvision's own classes."""

import torch
from torch import nn
from torchvision.models.swin_transformer import SwinTransformer
from torchvision.models.vision_transformer import VisionTransformer

SIDE = 64


def small_vit(*, classes: int = 6, seed: int = 0) -> nn.Module:
    """8 x 8 patches of 64 x 64 pixels and a class token, which alone is read; three blocks."""
    torch.manual_seed(seed)
    module = VisionTransformer(
        image_size=SIDE, patch_size=8, num_layers=3, num_heads=2, hidden_dim=24, mlp_dim=48, num_classes=classes
    )
    return _awake(module)


def small_swin(*, classes: int = 6, seed: int = 0) -> nn.Module:
    """Stages of 16 x 16 and 8 x 8 cells of 64 x 64 pixels, channels last, windows of 4; the mean over cells is read."""
    torch.manual_seed(seed)
    module = SwinTransformer(
        patch_size=[4, 4], embed_dim=12, depths=[2, 2], num_heads=[2, 2], window_size=[4, 4], num_classes=classes
    )
    return _awake(module)


def _awake(module: nn.Module) -> nn.Module:
    """What is drawn as zeros or nearly so becomes alive: heads, class tokens, and attention that hardly attends."""
    with torch.no_grad():
        for child in module.modules():
            if isinstance(child, nn.Linear):
                nn.init.normal_(child.weight, std=child.in_features**-0.5)
        if isinstance(module, VisionTransformer):
            module.class_token.normal_(std=0.5)
            nn.init.normal_(module.conv_proj.weight, std=0.1)
    return module.eval()
