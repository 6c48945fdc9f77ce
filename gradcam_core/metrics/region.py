"""Which rectangle of the model's input holds the image? With padding it is not all of it."""

import math
from dataclasses import dataclass

import numpy as np

from gradcam_core.geometry import InputGeometry


@dataclass(frozen=True)
class Region:
    """A rectangle of the model's input, in its pixels; never empty."""

    top: int
    left: int
    height: int
    width: int

    @classmethod
    def of(cls, geometry: InputGeometry) -> "Region":
        """The input pixels whose centres lie over the image."""
        (columns, rows), (width, height) = geometry.input_size, geometry.image_size
        left, across = _span(geometry.window.left, geometry.window.right, columns, width)
        top, down = _span(geometry.window.top, geometry.window.bottom, rows, height)
        return cls(top, left, down, across)

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width)."""
        return self.height, self.width

    @property
    def pixels(self) -> int:
        """How many it holds."""
        return self.height * self.width

    @property
    def side(self) -> float:
        """The side of the square of the same area: what widths are measured by, alike along both axes."""
        return math.sqrt(self.pixels)

    def crop(self, values: np.ndarray) -> np.ndarray:
        """(…, h, w) of the input → (…, height, width)."""
        return values[..., self.top : self.top + self.height, self.left : self.left + self.width]

    def grid(self, cells: int) -> tuple[int, int]:
        """(rows, columns) of nearly square cells, as large as so many to a side of a square of this area."""
        rows, columns = (round(cells * length / self.side) for length in self.shape)
        return min(max(rows, 1), self.height), min(max(columns, 1), self.width)


def _span(start: float, stop: float, count: int, length: int) -> tuple[int, int]:
    """(first, how many) of `count` equal pixels from start to stop have their centres within 0 to length."""
    centres = start + (np.arange(count) + 0.5) * (stop - start) / count
    (within,) = np.nonzero((centres >= 0) & (centres <= length))
    if not within.size:
        return int(np.argmin(np.abs(centres - length / 2))), 1
    return int(within[0]), int(within.size)
