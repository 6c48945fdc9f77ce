"""Small transformers with random weights, as people have them: torchvision's own classes."""

from typing import Any

import torch
from torch import nn
from torchvision.models.swin_transformer import SwinTransformer
from torchvision.models.vision_transformer import VisionTransformer

SIDE = 64


def small_vit(*, classes: int = 6, seed: int = 0, kind: type[VisionTransformer] = VisionTransformer) -> nn.Module:
    """8 x 8 patches of 64 x 64 pixels and a class token, which alone is read; three blocks."""
    torch.manual_seed(seed)
    module = kind(
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


class MeanReader(nn.Module):
    """8 x 8 patches, blocks as people write them by hand, and the mean over the patches: no class token, no norm."""

    def __init__(self, *, blocks: int = 2, classes: int = 6, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.patches = nn.Conv2d(3, 24, 8, stride=8)
        self.blocks = nn.ModuleList(nn.MultiheadAttention(24, 2, batch_first=True) for _ in range(blocks))
        self.head = nn.Linear(24, classes)
        self.eval()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(n, 3, height, width) → (n, classes)."""
        tokens = self.patches(images).flatten(2).transpose(1, 2)
        for block in self.blocks:
            tokens = tokens + block(tokens, tokens, tokens)[0]  # asks for weights, as is the default, and drops them
        logits: torch.Tensor = self.head(tokens.mean(1))
        return logits

    def slopes(self, values: torch.Tensor, class_index: int) -> torch.Tensor:
        """d logit / d weight of any query of its one block, (heads, keys): what the value of the key is worth.

        Args:
            values: (heads, keys, width).
        """
        block: Any = self.blocks[0]
        worth = (self.head.weight[class_index] @ block.out_proj.weight).unflatten(0, (2, -1))  # (heads, width)
        return torch.einsum("hkw,hw->hk", values, worth) / values.shape[1]  # for their mean is read


class MeanBlocks(nn.Module):
    """8 x 8 patches, blocks that each add what they attend to, and the mean over the patches: no class token."""

    def __init__(self, *, blocks: int = 3, classes: int = 6, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.patches = nn.Conv2d(3, 24, 8, stride=8)
        self.blocks = nn.ModuleList(Adding() for _ in range(blocks))
        self.head = nn.Linear(24, classes)
        self.eval()

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(n, 3, height, width) → (n, classes)."""
        tokens = self.tokens(images)
        for block in self.blocks:
            tokens = block(tokens)
        return self.read(tokens, len(images))

    def tokens(self, images: torch.Tensor) -> torch.Tensor:
        """(n, 3, height, width) → (n, patches, 24), what the first block is given."""
        tokens: torch.Tensor = self.patches(images).flatten(2).transpose(1, 2)
        return tokens

    def read(self, tokens: torch.Tensor, _images: int) -> torch.Tensor:
        """What follows the blocks: (n, patches, 24) → (n, classes)."""
        logits: torch.Tensor = self.head(tokens.mean(1))
        return logits


class LateReader(MeanBlocks):
    """Its class token joins before the last of two blocks, as people do since CaiT, and is read."""

    def __init__(self, *, classes: int = 6, seed: int = 0) -> None:
        super().__init__(blocks=2, classes=classes, seed=seed)
        self.class_token = nn.Parameter(torch.randn(1, 1, 24))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """(n, 3, height, width) → (n, classes)."""
        patches = self.blocks[0](self.tokens(images))
        tokens = torch.cat([self.class_token.expand(len(images), -1, -1), patches], dim=1)
        logits: torch.Tensor = self.head(self.blocks[1](tokens)[:, 0])
        return logits


class Adding(nn.Module):
    """A block that adds what it attends to, and nothing else."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(24, 2, batch_first=True)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """(n, patches, 24) → the same."""
        added: torch.Tensor = tokens + self.attention(tokens, tokens, tokens, need_weights=False)[0]
        return added


def drawn_to_light() -> nn.Module:
    """Tokens are brightnesses; every token attends to bright ones, and the first class is brightness."""
    module: Any = MeanBlocks()
    with torch.no_grad():
        module.patches.weight.fill_(1 / (3 * 64))
        module.patches.bias.zero_()
        module.head.weight.fill_(1.0)
        for attention in (block.attention for block in module.blocks):
            query, key, value = attention.in_proj_weight.chunk(3)
            query.zero_()
            key.copy_(torch.eye(24))
            value.copy_(torch.eye(24))
            attention.in_proj_bias[:24] = 1.0
            attention.out_proj.weight.copy_(torch.eye(24))
    made: nn.Module = module
    return made
