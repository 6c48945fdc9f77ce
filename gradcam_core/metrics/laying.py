"""How does a map of a few cells lie over the pixels of a region, and how much of each cell's heat does a part hide?

Bilinear between the centres of the cells, as on screen, and the border cells reach to the edge. That is separable:
`laid = rows @ values @ columns.T` with one matrix for each axis, so no matrix of pixels x cells is ever needed.
"""

from dataclasses import dataclass

import numpy as np

from gradcam_core.metrics.region import Region


@dataclass(frozen=True)
class Axis:
    """A row of pixels over a row of cells.

    Attributes:
        first: where the centre of the first pixel falls, counted in cells from the centre of the first cell.
        step: from one pixel to the next, in cells.
    """

    pixels: int
    cells: int
    first: float
    step: float


@dataclass(frozen=True)
class Layout:
    """How a map lies over the pixels of a region."""

    rows: Axis
    columns: Axis


def layout_of(
    region: Region, shape: tuple[int, int], input_shape: tuple[int, int], *, shift: tuple[float, float] = (0.0, 0.0)
) -> Layout:
    """A map of (h, w) cells that covers a whole input of (height, width) pixels.

    Args:
        shift: (down, right), in cells: how far the cells lie from where the grid suggests.
    """
    down, right = shift
    rows = _axis(region.top, region.height, shape[0], input_shape[0], down)
    return Layout(rows, _axis(region.left, region.width, shape[1], input_shape[1], right))


def layout_over(region: Region, shape: tuple[int, int], *, shift: tuple[float, float] = (0.0, 0.0)) -> Layout:
    """A map of (h, w) cells that covers the region exactly, but for the shift of `layout_of`."""
    down, right = shift
    rows = _axis(0, region.height, shape[0], region.height, down)
    return Layout(rows, _axis(0, region.width, shape[1], region.width, right))


def interpolation(axis: Axis) -> np.ndarray:
    """(pixels, cells) float64: the share that each cell has in each pixel; every row adds up to 1."""
    at = np.clip(axis.first + axis.step * np.arange(axis.pixels), 0, axis.cells - 1)
    return np.asarray(np.maximum(1 - np.abs(at[:, None] - np.arange(axis.cells)), 0))


def averaging(pixels: int, cells: int) -> np.ndarray:
    """(cells, pixels) float64: the share of each pixel in the mean of each of equal cells; a pixel may be divided."""
    starts, stops = np.arange(cells) * pixels / cells, np.arange(1, cells + 1) * pixels / cells
    at = np.arange(pixels)
    overlap = np.minimum(stops[:, None], at + 1) - np.maximum(starts[:, None], at)
    return np.asarray(np.clip(overlap, 0, None) * cells / pixels)


def laid(values: np.ndarray, layout: Layout) -> np.ndarray:
    """(…, h, w) cells → (…, height, width) pixels of the region, float64."""
    return np.asarray(interpolation(layout.rows) @ values @ interpolation(layout.columns).T)


def averaged(values: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """(…, height, width) → the means over a grid of `shape`: (…, rows, columns)."""
    height, width = values.shape[-2:]
    return np.asarray(averaging(height, shape[0]) @ values @ averaging(width, shape[1]).T)


def cell_shares(masks: np.ndarray, layout: Layout) -> np.ndarray:
    """How much of each cell a mask hides, in pixels: the adjoint of `laid`.

    Args:
        masks: (n, height, width) bool, of the region.

    Returns:
        (n, h, w) float32: `(laid(values) * mask).sum() == (values * share).sum()`.
    """
    rows, columns = (interpolation(axis).astype(np.float32) for axis in (layout.rows, layout.columns))
    count, height, width = masks.shape
    across = masks.reshape(-1, width).astype(np.float32) @ columns  # (n · height, w)
    return np.asarray(rows.T @ across.reshape(count, height, -1))


def cell_areas(layout: Layout) -> np.ndarray:
    """(h, w) float64: `cell_shares` of the whole region."""
    return np.outer(interpolation(layout.rows).sum(axis=0), interpolation(layout.columns).sum(axis=0))


def _axis(start: int, pixels: int, cells: int, covered: int, shift: float) -> Axis:
    """Pixels from `start` on, of `covered` ones that the cells cover."""
    step = cells / covered
    return Axis(pixels, cells, (start + 0.5) * step - 0.5 - shift, step)
