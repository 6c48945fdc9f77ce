"""Which cells of the image are alike to a network? The features of one layer, compared cell with cell.

It takes the activation of any layer that has a map: tokens of a transformer as well as the cells of a CNN.
"""

import numpy as np

from gradcam_core.errors import LayerError, ResourceError

_MOST_CELLS = 4_096  # 64 x 64: all of them with each other take 67 MB
_NO_VARIANCE = 1e-10  # of the largest one, or of the features' own square: rounding to float32 leaves about 1e-14
_GREY = 128  # of a component that does not vary
_LARGE = 0.5  # of the largest share that a channel has in a component


def similarity(activation: np.ndarray) -> np.ndarray:
    """(n, n) float32 of -1 to 1, the cosine of every two of the n = h * w cells, in raster order.

    A cell whose features are all 0 has no direction: it is 0 to every cell, itself as well.

    Args:
        activation: (channels, h, w).

    Raises:
        LayerError: if not all features are finite numbers.
        ResourceError: if there are more than 4,096 cells.
    """
    own = directions(activation)
    return np.asarray(np.clip(own @ own.T, -1, 1), dtype=np.float32)


def directions(activation: np.ndarray) -> np.ndarray:
    """(n, channels) float64 of length 1, whose products are the similarities of `similarity`; otherwise as that."""
    cells = _cells(activation)
    if len(cells) > _MOST_CELLS:
        raise ResourceError(
            f"{len(cells):,} cells are too many to compare each with each: {_MOST_CELLS:,} are the most.",
            hint="Choose a later layer: its grid is coarser.",
        )
    lengths = np.linalg.norm(cells, axis=1, keepdims=True)
    return np.asarray(np.divide(cells, lengths, out=np.zeros_like(cells), where=lengths > 0))


def colours(activation: np.ndarray) -> np.ndarray:
    """(h, w, 3) uint8: red, green and blue are the first three principal components of the cells' features.

    Each reaches from 0 at its smallest value to 255 at its largest; one that does not vary is 128 everywhere. The sign
    of a component is open in itself: here the first of the channels that have at least half of the largest share in it
    counts upwards. So the same features always have the same colours.

    Args:
        activation: (channels, h, w).

    Raises:
        LayerError: if not all features are finite numbers.
    """
    cells = _cells(activation)
    centred = cells - cells.mean(axis=0)
    components = _principal_directions(centred, least=_NO_VARIANCE * float(np.square(cells).sum()))
    shades = np.full((len(cells), 3), _GREY, dtype=np.uint8)
    for place, direction in enumerate(components):
        shades[:, place] = _shades(centred @ direction)
    return shades.reshape(*activation.shape[1:], 3)


def _cells(activation: np.ndarray) -> np.ndarray:
    """(h * w, channels) float64."""
    if not np.isfinite(activation).all():
        raise LayerError("Not all features of this layer are finite numbers.", hint="Choose another layer.")
    return np.asarray(activation.reshape(len(activation), -1).T, dtype=np.float64)


def _principal_directions(centred: np.ndarray, *, least: float) -> list[np.ndarray]:
    """At most three, (channels,) of length 1, those along which the cells vary most first.

    Args:
        least: a sum of squares that is no more than rounding.
    """
    cells, channels = centred.shape
    is_wide = channels > cells  # the smaller of the two products has the same eigenvalues
    squares, vectors = np.linalg.eigh(centred @ centred.T if is_wide else centred.T @ centred)
    least = max(least, _NO_VARIANCE * squares[-1])
    largest = [place for place in range(len(squares) - 1, -1, -1)[:3] if squares[place] > least]
    found = [centred.T @ vectors[:, place] if is_wide else vectors[:, place] for place in largest]
    return [_with_its_sign(direction / np.linalg.norm(direction)) for direction in found]


def _with_its_sign(direction: np.ndarray) -> np.ndarray:
    """A share of half is not missed by rounding as the largest of two equal ones might be."""
    shares = np.abs(direction)
    first = np.argmax(shares >= _LARGE * shares.max())
    return direction if direction[first] > 0 else -direction


def _shades(scores: np.ndarray) -> np.ndarray:
    return np.asarray(np.rint(255 * (scores - scores.min()) / np.ptp(scores)), dtype=np.uint8)
