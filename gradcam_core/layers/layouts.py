"""Where in a layer's output does the map lie?

Three layouts cover every network tried: channels first, (n, channels, h, w), channels last, (n, h, w, channels), and
tokens, (n, prefix + h * w, channels): a few that stand for no place, such as a class token, come first, then the cells
row by row.
"""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor

Grid = tuple[int, int]
"""(height, width) in cells."""

_MOST_PREFIX = 12  # tokens; the most known is 10. From 15 on a grid of 7 x 7 and a prefix could be one of 8 x 8
_CELLS_TO_PREFIX = 4  # at least; a few queries of a decoder are no grid of 2 x 2 with a long prefix
_HALVED = (2, 4, 8)  # by so much a later grid may be coarser than one that was seen


class Kind(StrEnum):
    """In which order an output holds its channels and cells."""

    CHANNELS_FIRST = "channels first"
    CHANNELS_LAST = "channels last"
    TOKENS = "tokens"


@dataclass(frozen=True)
class Layout:
    """How the output of a layer becomes maps, (n, channels, height, width), and back.

    Attributes:
        prefix: how many tokens come before those of the cells; 0 unless the kind is tokens.
    """

    kind: Kind
    height: int
    width: int
    channels: int
    prefix: int = 0

    @property
    def grid(self) -> Grid:
        """(height, width) of its maps."""
        return self.height, self.width

    def maps(self, output: Tensor) -> Tensor:
        """(n, …) as the layer gives it → (n, channels, height, width), a view: gradients go through it."""
        if self.kind is Kind.CHANNELS_FIRST:
            return output
        if self.kind is Kind.CHANNELS_LAST:
            return output.permute(0, 3, 1, 2)
        cells = output[:, self.prefix :]
        return cells.unflatten(1, self.grid).permute(0, 3, 1, 2)  # type: ignore[no-any-return, no-untyped-call]

    def output(self, maps: Tensor, own: Tensor) -> Tensor:
        """(n, channels, height, width) → (n, …) as the layer would give it.

        Args:
            own: what the layer gave for one image, (1, …): tokens that stand for no place are taken from it.
        """
        if self.kind is Kind.CHANNELS_FIRST:
            return maps
        last = maps.permute(0, 2, 3, 1)  # (n, C, h, w) → (n, h, w, C)
        if self.kind is Kind.CHANNELS_LAST:
            return last.contiguous()
        prefix = own[:, : self.prefix].to(maps).expand(len(maps), -1, -1)
        return torch.cat([prefix, last.flatten(1, 2)], dim=1)


def readings(
    shape: tuple[int, ...], *, grids: Sequence[Grid], lengths: Collection[int], image: Grid
) -> tuple[Layout, ...]:
    """Every way in which an output of this shape, (1, …), can hold a map of more than one cell.

    Args:
        grids: those that this forward pass has shown so far.
        lengths: how many tokens its sequences had so far.
        image: (height, width) of the input in pixels.
    """
    if len(shape) == 4:
        _, second, third, fourth = shape
        first = Layout(Kind.CHANNELS_FIRST, third, fourth, second)
        last = Layout(Kind.CHANNELS_LAST, second, third, fourth)
        return tuple(
            layout for layout in (first, last) if _covers(layout.grid, image) and not _is_table(layout, lengths)
        )
    if len(shape) == 3 and shape[2] > 1:  # (1, channels, 1) is what pooling along tokens leaves
        found = next(_token_readings(shape[1], shape[2], grids, image), None)
        return () if found is None else (found,)
    return ()


def _covers(grid: Grid, image: Grid) -> bool:
    """Whether these are square cells of the image, within one cell of rounding."""
    if min(grid) < 2 or grid[0] > image[0] or grid[1] > image[1]:
        return False
    step = max(image[0] / grid[0], image[1] / grid[1])  # pixels to a cell
    return all(abs(cells - pixels / step) <= 1 for cells, pixels in zip(grid, image, strict=True))


def _is_table(layout: Layout, lengths: Collection[int]) -> bool:
    """Attention is square as well, but tokens by tokens."""
    return layout.height == layout.width and layout.height in lengths


def _token_readings(tokens: int, channels: int, grids: Sequence[Grid], image: Grid) -> Iterator[Layout]:
    """As many tokens as a grid has cells and a few more, the fewest first.

    The grid was seen before, or is one halved from that; where none was seen, as no convolution cut the patches, it is
    the largest one of the image's aspect.
    """
    halved = [(-(-height // step), -(-width // step)) for height, width in grids for step in _HALVED]
    height = math.isqrt(tokens * image[0] // image[1])
    unseen = [] if grids else [(rows, tokens // rows) for rows in (height, height + 1) if rows]
    for grid in sorted({*grids, *halved, *unseen}, key=math.prod, reverse=True):
        cells = math.prod(grid)
        prefix = tokens - cells
        if 0 <= prefix <= min(_MOST_PREFIX, cells // _CELLS_TO_PREFIX) and _covers(grid, image):
            yield Layout(Kind.TOKENS, *grid, channels, prefix)
