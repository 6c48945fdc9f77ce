"""The parts of an image that are hidden, one after the other: smooth, random, each of the same size."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from gradcam_core.metrics.laying import Layout, averaging, cell_shares
from gradcam_core.metrics.region import Region

PARTS = 64  # with 32 two seeds disagree on the placement test in 11 % of the maps, with 64 and with 128 in 3 %
SHARE = 0.2  # of the region; with 0.1 or 0.3 as many true maps pass (92 to 98 %)
_GRID = 32  # cells of noise to a side, before it is enlarged
_SMOOTHNESS = 0.1  # the noise's sigma, as a share of the side
_ROUNDS, _STEP, _STEP_SMOOTHNESS = 10, 3.0, 1.0  # of `_evened`; its sigma in cells
_DECIMALS = 6  # of noise, before pixels are ranked: what the number of threads changes lies below


@dataclass(frozen=True)
class Parts:
    """Random parts of a region, a function of its shape and the seed; every place is hidden about equally often.

    Attributes:
        shape: (height, width) of the region, in pixels.
    """

    shape: tuple[int, int]
    seed: int = 0
    count: int = PARTS

    def masks(self) -> np.ndarray:
        """(count, height, width) bool, True is hidden: exactly a fifth of the region each, rounded."""
        bits = np.unpackbits(_packed(self), axis=1, count=self.shape[0] * self.shape[1])
        return np.asarray(bits.reshape(self.count, *self.shape).view(bool))


@lru_cache(maxsize=8)
def part_shares(parts: Parts, layout: Layout) -> np.ndarray:
    """(count, h, w), as `cell_shares`; kept, since one set of parts serves many maps. Read-only."""
    return _read_only(cell_shares(parts.masks(), layout))


@lru_cache(maxsize=4)
def part_means(parts: Parts, grid: tuple[int, int]) -> np.ndarray:
    """(count, rows, columns) float32: the share of each cell of a grid over the region that a part hides. Read-only."""
    down, across = (averaging(*sides).astype(np.float32) for sides in zip(parts.shape, grid, strict=True))
    return _read_only(np.asarray(down @ parts.masks().astype(np.float32) @ across.T))


def highest(values: np.ndarray, count: int) -> np.ndarray:
    """Bool, of the same shape: exactly so many of the highest values; of equal ones, the first."""
    flat = values.ravel()
    if count >= flat.size:
        return np.ones(values.shape, dtype=bool)
    if count <= 0:
        return np.zeros(values.shape, dtype=bool)
    threshold = np.partition(flat, flat.size - count)[flat.size - count]
    chosen = flat > threshold
    (equal,) = np.nonzero(flat == threshold)
    chosen[equal[: count - int(chosen.sum())]] = True
    return np.asarray(chosen.reshape(values.shape))


@lru_cache(maxsize=4)
def _packed(parts: Parts) -> np.ndarray:
    """(count, bytes): an eighth of the memory."""
    region = Region(0, 0, *parts.shape)
    rows, columns = region.grid(_GRID)
    sigma = _SMOOTHNESS * _GRID
    noise = np.random.default_rng(parts.seed).standard_normal((parts.count, rows, columns))
    noise = _evened(_blurring_round(rows, sigma) @ noise @ _blurring_round(columns, sigma).T)
    down, across = _enlarging(parts.shape[0], rows), _enlarging(parts.shape[1], columns)
    smooth = [np.round(down @ one @ across.T, _DECIMALS) for one in noise]
    count = round(SHARE * region.pixels)
    return _read_only(np.stack([np.packbits(highest(one, count)) for one in smooth]))


def _evened(noise: np.ndarray) -> np.ndarray:
    """(parts, rows, columns): less one smooth map, such that each cell is among the highest about equally often.

    By chance alone one place is hidden by 3 of 64 parts and another by 24; so it is 8 to 18. What matters and is small
    is else weighed by few parts, or hidden by so many that its own fifth ranks no higher: of the true maps of a network
    with a planted shortcut 82 % were supported, and 92 % are.
    """
    noise = np.round(noise, _DECIMALS)
    surplus: np.ndarray = np.zeros(noise.shape[1:])
    down, across = (_averaging_round(length, _STEP_SMOOTHNESS) for length in noise.shape[1:])
    hidden = round(SHARE * surplus.size)
    for _ in range(_ROUNDS):
        often = np.mean([highest(one, hidden) for one in noise - surplus], axis=0) - SHARE
        surplus = np.round(surplus + _STEP * (down @ often @ across.T), _DECIMALS)
    return np.asarray(noise - surplus)


def _averaging_round(cells: int, sigma: float) -> np.ndarray:
    """(cells, cells): a Gaussian blur on a ring that keeps the mean."""
    blurring = _blurring_round(cells, sigma)
    return np.asarray(blurring / blurring.sum(axis=1, keepdims=True))


def _blurring_round(cells: int, sigma: float) -> np.ndarray:
    """(cells, cells): a Gaussian blur on a ring; its scale keeps the variance, which ranks do not see."""
    apart = np.arange(cells)
    apart = np.minimum(apart, cells - apart)
    kernel = np.exp(-(apart**2) / (2 * sigma**2))
    return np.asarray(np.stack([np.roll(kernel, at) for at in range(cells)]) / np.linalg.norm(kernel))


def _enlarging(pixels: int, cells: int) -> np.ndarray:
    """(pixels, cells): linear between cells on a ring, so that the border is a place like any other."""
    at = (np.arange(pixels) + 0.5) * cells / pixels - 0.5
    apart = np.abs((at[:, None] - np.arange(cells) + cells / 2) % cells - cells / 2)
    return np.asarray(np.maximum(1 - apart, 0))


def _read_only(values: np.ndarray) -> np.ndarray:
    values.setflags(write=False)
    return values
