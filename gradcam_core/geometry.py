"""Where in the image does the model's input lie?"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np


class Window(NamedTuple):
    """A rectangle in image pixels, x to the right and y down; the image's own top left corner is (0, 0)."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class InputGeometry:
    """How the model's input lies over the image.

    Attributes:
        image_size: (width, height) of the image, in pixels.
        input_size: (width, height) of the model's input, in pixels.
        window: the part of the image plane that the input covers exactly. It lies within the image where
            the preprocessing crops, and reaches beyond it where the preprocessing pads.
        shift: (x, y), in cells to the right and down: how far from the squares that its grid suggests the cells of a
            map look, as `ReceptiveField` has it. What lies beyond the outermost cells' centres is as they are.
    """

    image_size: tuple[int, int]
    input_size: tuple[int, int]
    window: Window
    shift: tuple[float, float] = (0.0, 0.0)

    @property
    def seen(self) -> tuple[int, int, int, int]:
        """(left, top, right, bottom) of the image pixels whose centres the model saw; never empty."""
        width, height = self.image_size
        left, right = _pixel_span(self.window.left, self.window.right, width)
        top, bottom = _pixel_span(self.window.top, self.window.bottom, height)
        return left, top, right, bottom

    @property
    def is_all_seen(self) -> bool:
        """Whether the model saw the whole image."""
        return self.seen == (0, 0, *self.image_size)

    @property
    def unseen_share(self) -> float:
        """How much of the image the model never saw, 0 to 1."""
        left, top, right, bottom = self.seen
        return 1 - (right - left) * (bottom - top) / (self.image_size[0] * self.image_size[1])

    def cells_seen(self, shape: tuple[int, int]) -> np.ndarray:
        """Which cells of a map of this (h, w) have their centre over the image: (h, w) bool, never all False.

        Where the preprocessing pads, the others look at the padding. One that looks past the input's edge sees what
        is this side of it.
        """
        left, top, right, bottom = self.seen
        columns, rows = self._axes(shape)
        rows_seen, columns_seen = rows.centres_within(top, bottom), columns.centres_within(left, right)
        return np.asarray(np.logical_and.outer(rows_seen, columns_seen))

    def to_original(self, heatmap: np.ndarray) -> np.ndarray:
        """Lay a heatmap of the model's input over the image, bilinearly between the centres of its cells.

        Args:
            heatmap: (h, w), any resolution; it covers `self.window` exactly.

        Returns:
            (height, width) float32, image pixels; NaN where the model saw nothing.

        Raises:
            ValueError: if `heatmap` is not two-dimensional.
        """
        if heatmap.ndim != 2:
            raise ValueError(f"A heatmap has two dimensions, this one has {heatmap.ndim}.")
        left, top, right, bottom = self.seen
        width, height = self.image_size
        original = np.full((height, width), np.nan, dtype=np.float32)
        original[top:bottom, left:right] = self._sampled(heatmap, np.arange(left, right), np.arange(top, bottom))
        return original

    def value_at(self, x: int, y: int, heatmap: np.ndarray) -> float:
        """What `to_original` has at one pixel of the image; NaN where the model saw nothing, and beside the image."""
        if not self._has_seen(x, y):
            return math.nan
        with np.errstate(invalid="ignore"):  # an infinite cell has no share in between
            return float(self._sampled(heatmap, np.array([x]), np.array([y]))[0, 0])

    def cell_at(self, x: int, y: int, shape: tuple[int, int]) -> tuple[int, int] | None:
        """(row, column) of the cell, in a map of this (h, w), that lies under the centre of an image pixel.

        None where the model saw nothing, and beside the image.
        """
        if not self._has_seen(x, y):
            return None
        rows, columns = self.positions(np.array([x]), np.array([y]), shape)
        return math.floor(rows[0] + 0.5), math.floor(columns[0] + 0.5)

    def centre_of(self, row: int, column: int, shape: tuple[int, int]) -> tuple[float, float]:
        """The image point (x, y) that a cell of a map of this (h, w) looks at; it may lie beside the image."""
        columns, rows = self._axes(shape)
        return columns.centre(column), rows.centre(row)

    def positions(self, xs: np.ndarray, ys: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
        """Which rows and columns of a map of this (h, w) lie under the centres of image pixels.

        Args:
            xs, ys: columns and rows of pixels, (n,) and (m,).

        Returns:
            Rows (m,) and columns (n,), float64: 0 is the centre of the first cell, h - 1 and w - 1 those of the last
            ones; between the centres a map is linear, and what lies beyond them is given the outermost.
        """
        columns, rows = self._axes(shape)
        return rows.positions(ys), columns.positions(xs)

    def over_input(self) -> "InputGeometry":
        """The same map over the model's input: its pixels take the place of the image's."""
        return replace(self, image_size=self.input_size, window=Window(0, 0, *self.input_size))

    def scaled_to(self, size: tuple[int, int]) -> "InputGeometry":
        """The same input over a copy of the image that is (width, height) pixels large.

        Raises:
            ValueError: if the copy has no pixels.
        """
        if min(size) < 1:
            raise ValueError(f"An image is at least 1 x 1 pixels, not {size[0]} x {size[1]}.")
        across, down = size[0] / self.image_size[0], size[1] / self.image_size[1]
        left, top, right, bottom = self.window
        return replace(self, image_size=size, window=Window(left * across, top * down, right * across, bottom * down))

    def _has_seen(self, x: int, y: int) -> bool:
        left, top, right, bottom = self.seen
        return left <= x < right and top <= y < bottom

    def _sampled(self, heatmap: np.ndarray, xs: np.ndarray, ys: np.ndarray) -> np.ndarray:
        """The heatmap under the centres of these columns and rows of pixels: (len(ys), len(xs)) float32."""
        return _bilinear(heatmap, *self.positions(xs, ys, (heatmap.shape[0], heatmap.shape[1])))

    def _axes(self, shape: tuple[int, int]) -> tuple["_Axis", "_Axis"]:
        """How the columns, and how the rows of a map of this (h, w) lie."""
        left, top, right, bottom = self.window
        return _Axis(left, right, shape[1], self.shift[0]), _Axis(top, bottom, shape[0], self.shift[1])


@dataclass(frozen=True)
class _Axis:
    """`count` equal cells from start to stop, whose centres lie `shift` cells further on."""

    start: float
    stop: float
    count: int
    shift: float

    def positions(self, pixels: np.ndarray) -> np.ndarray:
        """Where the centres of these pixels fall, counted in cells from the centre of the first one."""
        length = self.stop - self.start
        at = (pixels + 0.5 - self.start) / length * self.count - 0.5 - self.shift  # drawing/evidence.js does the same
        return np.asarray(np.clip(at, 0, self.count - 1))

    def centre(self, cell: float) -> float:
        return self.start + (cell + 0.5 + self.shift) * (self.stop - self.start) / self.count

    def centres_within(self, first: float, last: float) -> np.ndarray:
        """Which cells have their centre from first to last; else the nearest one."""
        half = 0.5 * (self.stop - self.start) / self.count
        centres = np.array([self.centre(cell) for cell in range(self.count)])
        centres = np.clip(centres, self.start + half, self.stop - half)  # past the input's edge there is nothing
        within = (centres >= first) & (centres <= last)
        if not within.any():
            within[np.argmin(np.abs(centres - (first + last) / 2))] = True
        return np.asarray(within)


def _pixel_span(start: float, stop: float, length: int) -> tuple[int, int]:
    """The pixels whose centres lie in [start, stop), within 0 to length; at least one."""
    first = min(max(math.ceil(start - 0.5 - 1e-6), 0), length - 1)
    last = min(max(math.ceil(stop - 0.5 - 1e-6), first + 1), length)
    return first, last


def _bilinear(heatmap: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The heatmap at these fractional rows and columns: (len(rows), len(columns)) float32."""
    across = _interpolate(heatmap.astype(np.float32, copy=False).T, columns).T  # (h, w) → (h, columns)
    return _interpolate(across, rows)  # → (rows, columns)


def _interpolate(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Rows of `values` at fractional indices: (n, …) and (m,) → (m, …)."""
    below = np.floor(at).astype(int)
    above = np.minimum(below + 1, len(values) - 1)
    share = (at - below).astype(np.float32)[:, None]
    return np.asarray(values[below] * (1 - share) + values[above] * share)
