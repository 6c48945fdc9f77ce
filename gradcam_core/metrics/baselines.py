"""Maps that know nothing of the network: a blob in the centre, and the edges of the image."""

import numpy as np

from gradcam_core.metrics.laying import averaged
from gradcam_core.metrics.region import Region

CENTRE = "centre"
EDGES_16 = "edges at 16 cells"
EDGES_OWN = "edges at the map's own grid"
EDGES_PIXEL = "edges by pixel"
EDGES_CENTRE = "edges × centre"
COARSE = 16  # cells to a side
_WIDTH = 0.18  # the blob's sigma, as a share of the side


def centred_blob(shape: tuple[int, int], region: Region) -> np.ndarray:
    """(rows, columns): one blob in the middle of the region, as wide along both axes."""
    down, across = (((np.arange(n) + 0.5) / n - 0.5) * length for n, length in zip(shape, region.shape, strict=True))
    apart = (down[:, None] ** 2 + across**2) / region.side**2
    return np.asarray(np.exp(-apart / (2 * _WIDTH**2)))


def edge_map(picture: np.ndarray, region: Region) -> np.ndarray:
    """(height, width) float32: Sobel's slope of the brightness, pixel by pixel, within the region alone."""
    grey = np.pad(region.crop(picture).astype(np.float64).mean(axis=0), 1, mode="edge")
    down, across = _slope(grey), _slope(grey.T).T
    return np.asarray(np.hypot(down, across), dtype=np.float32)


def edges_on(edges: np.ndarray, grid: tuple[int, int]) -> np.ndarray:
    """(rows, columns): their mean over each cell of a grid over the region."""
    return averaged(edges.astype(np.float64), grid)


def own_grid(region: Region, shape: tuple[int, int], input_shape: tuple[int, int]) -> tuple[int, int]:
    """(rows, columns): as many cells over the region as a map of this shape over the whole input has there."""
    rows, columns = (
        round(cells * length / whole) for cells, length, whole in zip(shape, region.shape, input_shape, strict=True)
    )
    return min(max(rows, 1), region.height), min(max(columns, 1), region.width)


def _slope(padded: np.ndarray) -> np.ndarray:
    """Sobel's operator down the rows of a picture with a border of one pixel."""
    smooth = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    return np.asarray(smooth[2:] - smooth[:-2])
