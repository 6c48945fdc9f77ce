"""A vision transformer small enough to read in ten minutes: it names the drawn things of `scenes.py`.

    image (3, 128, 128)
    early     the first four blocks of tinynet: parts of things         64 × 16 × 16
    patches   a linear layer on each of 16 × 16 patches, and its place  256 × 96
              the class token goes before them                          257 × 96
    blocks.0  every token takes from all tokens (attention), then makes something of it (mlp)
      norm1   what it takes from, first of all the class token          257 × 96   ← the layer to explain
    blocks.1
    blocks.2
    norm      of the class token                                         96
    head      one score per thing                                        12

This is the transformer of Dosovitskiy et al., An Image is Worth 16x16 Words, ICLR 2021, in their hybrid form (section
3.1): patches are cut from the maps of a convolutional network, which is tinynet's, as it was trained. A transformer
this small learns edges and parts from so few scenes slowly: with two blocks and three convolutions of its own it named
64 % of the things after 200 steps, and so 99 % after 100.

A patch is a square of 8 px in the image and sees 30. The grid is 16 × 16, as tinynet's is, so that their maps compare
cell by cell: a thing is 38 to 95 px long, 5 to 12 cells.

The class is read from the class token, which has most of its answer after the first block (read off there it names 81
of 100 things, after the second one all). So the layer to explain is what it takes from there: the maximum of HiResCAM
lay on the thing in 86 of 100 cases, and in 76 and 73 where the second and third block take from. What the last block
says of the patches does not reach the class at all.
"""

import torch
from torch import Tensor, nn

from gradcam_core.tinynet import TinyNet

INPUT_SIDE = 128  # pixels
GRID = 16  # patches to a side
TARGET_LAYER = "blocks.0.norm1"
EARLY_BLOCKS = 4  # of tinynet

_EARLY_CHANNELS = 64
_WIDTH = 96  # numbers to a token
_DEPTH = 3
_HEADS = 3
_HIDDEN = 192  # numbers between the two layers of an mlp


class TinyViT(nn.Module):
    """tinynet's first blocks, patches, a class token, three blocks, a linear layer; about 333,000 parameters."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.early = TinyNet(num_classes).blocks[:EARLY_BLOCKS]
        self.patches = nn.Linear(_EARLY_CHANNELS, _WIDTH)
        self.class_token = nn.Parameter(torch.zeros(1, 1, _WIDTH))
        self.places = nn.Parameter(torch.zeros(1, GRID * GRID, _WIDTH))
        self.blocks = nn.Sequential(*(Block() for _ in range(_DEPTH)))
        self.norm = nn.LayerNorm(_WIDTH)
        self.head = nn.Linear(_WIDTH, num_classes)
        nn.init.trunc_normal_(self.class_token, std=0.02)
        nn.init.trunc_normal_(self.places, std=0.02)

    def forward(self, images: Tensor) -> Tensor:
        """(n, 3, 128, 128) normalised images → (n, num_classes) logits."""
        return self.answer(self.blocks(self.with_class_token(self.read(self.early(images)))))

    def read(self, maps: Tensor) -> Tensor:
        """(n, 64, 16, 16) → (n, 256, 96): a token for each patch."""
        patches: Tensor = self.patches(maps.flatten(2).transpose(1, 2)) + self.places  # (n, 256, 64) → (n, 256, 96)
        return patches

    def with_class_token(self, patches: Tensor) -> Tensor:
        """(n, 256, 96) → (n, 257, 96): the class token, then the patches."""
        return torch.cat([self.class_token.expand(len(patches), -1, -1), patches], dim=1)

    def answer(self, tokens: Tensor) -> Tensor:
        """(n, 257, 96) → (n, num_classes) logits, of the class token alone."""
        logits: Tensor = self.head(self.norm(tokens[:, 0]))
        return logits


class Block(nn.Module):
    """To each token is added what it takes from the others, then what it makes of that."""

    def __init__(self) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(_WIDTH)
        self.attention = Attention()
        self.norm2 = nn.LayerNorm(_WIDTH)
        self.mlp = nn.Sequential(nn.Linear(_WIDTH, _HIDDEN), nn.GELU(), nn.Linear(_HIDDEN, _WIDTH))

    def forward(self, tokens: Tensor) -> Tensor:
        """(n, 257, 96) → (n, 257, 96)."""
        tokens = tokens + self.attention(self.norm1(tokens))
        mixed: Tensor = tokens + self.mlp(self.norm2(tokens))
        return mixed


class Attention(nn.Module):
    """Three times over: each token takes a mean of what all hold ready (values), weighted by query and key."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = nn.Linear(_WIDTH, 3 * _WIDTH)  # queries, keys, values
        self.out = nn.Linear(_WIDTH, _WIDTH)

    def forward(self, tokens: Tensor) -> Tensor:
        """(n, 257, 96) → (n, 257, 96)."""
        count, length, _ = tokens.shape
        heads = self.asked(tokens).view(count, length, 3, _HEADS, _WIDTH // _HEADS)
        queries, keys, values = heads.permute(2, 0, 3, 1, 4)  # each (n, 3, 257, 32)
        means = nn.functional.scaled_dot_product_attention(queries, keys, values)
        taken: Tensor = self.out(means.transpose(1, 2).flatten(2))  # (n, 3, 257, 32) → (n, 257, 96)
        return taken
