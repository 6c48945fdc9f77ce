"""Does the same map do as well elsewhere? The placement test.

Definition: the share, p, of placements of the map elsewhere that agree at least as well as the map where it lies, this
one counted: p = (1 + how many do) / (1 + how many were tried). 1 / 201 to 1; below 0.05 by chance in 5 % of the maps
that know nothing of where they lie. Elsewhere is: moved round the region as if its borders met, mirrored both ways (so
by half turns too) and, where the region is square, by quarter turns. No pictures of its own.
A thing that fills the image leaves no elsewhere: then the test has little power, and p is large though the map is true.
Map and parts are first laid over the region and averaged over a grid of 64 cells to a side, and moved there: p is that
of the map as this grid shows it. Moved cell by cell before that, displaced maps would push heat off the image.
"""

import numpy as np

from gradcam_core.metrics.agreement import agreements, heat_shares

PLACEMENTS = 200
GRID = 64  # cells to a side of the region
_MOST_ROUNDS = 10  # of drawing anew what came out undefined


def placement_p(heat: np.ndarray, part_means: np.ndarray, drops: np.ndarray, *, seed: int) -> np.ndarray:
    """The p-value under each effect.

    Args:
        heat: (rows, columns), the positive heat on the grid over the region.
        part_means: (parts, rows, columns), the share of each of these cells that a part hides.
        drops: (effects, parts), the fall of the log-odds.

    Returns:
        (effects,) float64; NaN where the map's own agreement is undefined, or too few placements have one.
    """
    own = _agreements(heat[None], part_means, drops)[0]
    if not np.isfinite(own).all():
        return np.full(len(drops), np.nan)
    placed = _defined_agreements(heat, part_means, drops, np.random.default_rng(seed))
    if len(placed) < PLACEMENTS:
        return np.full(len(drops), np.nan)
    as_good = (placed >= own - 1e-12).sum(axis=0)
    return np.asarray((1 + as_good) / (1 + PLACEMENTS))


def placements(heat: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """(count, rows, columns): the same map at random places."""
    return np.stack([_placed(heat, rng) for _ in range(count)])


def _placed(heat: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    turned, down, right = rng.random(3) < 0.5
    moved = np.roll(heat, [int(rng.integers(length)) for length in heat.shape], axis=(0, 1))
    moved = moved[::-1] if down else moved
    moved = moved[:, ::-1] if right else moved
    return moved.T if turned and heat.shape[0] == heat.shape[1] else moved


def _defined_agreements(
    heat: np.ndarray, part_means: np.ndarray, drops: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """(placements, effects): an undefined placement is drawn again; fewer rows if that does not help."""
    found = np.empty((0, len(drops)))
    for _ in range(_MOST_ROUNDS):
        drawn = _agreements(placements(heat, PLACEMENTS - len(found), rng), part_means, drops)
        found = np.concatenate([found, drawn[np.isfinite(drawn).all(axis=1)]])
        if len(found) == PLACEMENTS:
            break
    return found


def _agreements(maps: np.ndarray, part_means: np.ndarray, drops: np.ndarray) -> np.ndarray:
    return agreements(heat_shares(maps, part_means, np.ones(maps.shape[1:])), drops)
