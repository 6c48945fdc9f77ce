"""A network small enough to read in five minutes: it names the drawn things of `scenes.py`.

    image (3, 128, 128)
    blocks.0  edges and colours       24 × 64 × 64
    blocks.1                          32 × 32 × 32
    blocks.2                          48 × 32 × 32
    blocks.3  parts of things         64 × 16 × 16
    blocks.4                          96 × 16 × 16
    blocks.5  things                 128 × 16 × 16   ← the layer to explain
    pool      the mean of each map   128
    head      one score per thing     12

Every block is convolution, batch normalisation, ReLU. Because only a mean and one linear layer follow the
last block, its Grad-CAM is an exact account of the score: the sum of the map plus the bias is the logit.
"""

from torch import Tensor, nn

INPUT_SIDE = 128  # pixels
TARGET_LAYER = "blocks.5"

_CHANNELS = (3, 24, 32, 48, 64, 96, 128)
_STRIDES = (2, 2, 1, 2, 1, 1)  # 128 px → 16 cells of 8 px; each cell sees 62 px, about one thing


class TinyNet(nn.Module):
    """Six blocks, a mean, a linear layer; about 245,000 parameters."""

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        steps = zip(_CHANNELS[:-1], _CHANNELS[1:], _STRIDES, strict=True)
        self.blocks = nn.Sequential(*(conv_block(before, after, stride=stride) for before, after, stride in steps))
        self.head = nn.Linear(_CHANNELS[-1], num_classes)

    def forward(self, images: Tensor) -> Tensor:
        """(n, 3, 128, 128) normalised images → (n, num_classes) logits."""
        maps = self.blocks(images)  # (n, 128, 16, 16)
        pooled = maps.mean(dim=(2, 3))  # (n, 128, 16, 16) → (n, 128)
        logits: Tensor = self.head(pooled)
        return logits


def conv_block(before: int, after: int, *, stride: int) -> nn.Sequential:
    """Convolution, normalisation, ReLU; `stride` 2 halves the map. The ReLU writes to a new tensor, not in place.

    A kernel of 4 halves the map evenly: a cell lies in the middle of what it sees. The usual kernel of 3 would
    shift every map by up to half a cell to the lower right.
    """
    kernel = 4 if stride == 2 else 3
    convolution = nn.Conv2d(before, after, kernel_size=kernel, stride=stride, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU())
