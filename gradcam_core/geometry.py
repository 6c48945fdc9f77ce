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
    """

    image_size: tuple[int, int]
    input_size: tuple[int, int]
    window: Window

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

    def to_image(self, x: float, y: float) -> tuple[float, float]:
        """The image point under a point of the input, both given as fractions 0 to 1 of the input's sides."""
        left, top, right, bottom = self.window
        return left + x * (right - left), top + y * (bottom - top)

    def cells_seen(self, shape: tuple[int, int]) -> np.ndarray:
        """Which cells of a map of this (h, w) have their centre over the image: (h, w) bool, never all False.

        Where the preprocessing pads, the others lie on the padding.
        """
        left, top, right, bottom = self.seen
        rows = _centres_within(self.window.top, self.window.bottom, shape[0], (top, bottom))
        columns = _centres_within(self.window.left, self.window.right, shape[1], (left, right))
        return np.asarray(np.logical_and.outer(rows, columns))

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
        row = _cell_under(y, self.window.top, self.window.bottom, shape[0])
        return row, _cell_under(x, self.window.left, self.window.right, shape[1])

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
        columns = _cells(xs, self.window.left, self.window.right, heatmap.shape[1])
        rows = _cells(ys, self.window.top, self.window.bottom, heatmap.shape[0])
        return _bilinear(heatmap, rows, columns)


def _pixel_span(start: float, stop: float, length: int) -> tuple[int, int]:
    """The pixels whose centres lie in [start, stop), within 0 to length; at least one."""
    first = min(max(math.ceil(start - 0.5 - 1e-6), 0), length - 1)
    last = min(max(math.ceil(stop - 0.5 - 1e-6), first + 1), length)
    return first, last


def _centres_within(start: float, stop: float, count: int, span: tuple[int, int]) -> np.ndarray:
    """Which of `count` equal cells from start to stop have their centre within the span; else the nearest one."""
    centres = start + (np.arange(count) + 0.5) * (stop - start) / count
    within = (centres >= span[0]) & (centres <= span[1])
    if not within.any():
        within[np.argmin(np.abs(centres - (span[0] + span[1]) / 2))] = True
    return within


def _cells(pixels: np.ndarray, start: float, stop: float, count: int) -> np.ndarray:
    """Where the centres of these pixels fall, counted in cells from the centre of the first one."""
    return np.clip((pixels + 0.5 - start) / (stop - start) * count - 0.5, 0, count - 1)


def _cell_under(pixel: int, start: float, stop: float, count: int) -> int:
    """The one of `count` equal cells from start to stop in which the centre of this pixel lies, or the nearest."""
    return min(max(math.floor((pixel + 0.5 - start) / (stop - start) * count), 0), count - 1)


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
