"""Box IoU: how well does the box round the map's largest hot patch fit the box round the thing?"""

from typing import NamedTuple

import numpy as np

from gradcam_core.metrics.heat import evidence_in, on_thing
from gradcam_core.metrics.measure import UNDEFINED, AgainstChance, Better, Measure

MEASURE = Measure(
    slug="box-iou",
    title="Box IoU at 15 %",
    definition="Intersection over union of the box round the largest patch above 15 % of the maximum, "
    "and the box round the thing.",
    lowest=0.0,
    highest=1.0,
    better=Better.HIGHER,
    chance="What a box of that size gets in the mean over all its places in the image.",
    cost="none",
    pitfalls="The threshold decides: smooth maps have large boxes at 15 %. "
    "A thing in two parts gets one box round both.",
    paper="Selvaraju et al., Grad-CAM, ICCV 2017, section 4.1; a box counts as right from 0.5",
    needs_mask=True,
)


class Box(NamedTuple):
    """In pixels, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int


def box_iou(heat: np.ndarray, mask: np.ndarray, *, threshold: float = 0.15) -> AgainstChance:
    """Selvaraju 2017, section 4.1: the IoU of the box round the largest patch of strong pixels with that of the mask.

    Pixels that touch at a side or a corner are one patch; of patches of one size the first in reading order counts.
    Range 0 to 1, higher is better, right from 0.5; chance is the mean over all places of a box of the same size. Costs
    no image. Undefined without a mask, without evidence for the class, and where the map is not finite.

    Args:
        heat: (h, w), the map laid over the image, or over what the network saw of it.
        mask: (h, w) bool, the thing in the same pixels; its box goes round all of it.
        threshold: share of the maximum from which a pixel is strong.

    Raises:
        ValueError: if the sizes differ.
    """
    thing, evidence = on_thing(heat, mask), evidence_in(heat)
    if evidence is None or not thing.any():
        return AgainstChance(UNDEFINED, UNDEFINED)
    found = bounding_box(largest_patch(evidence >= threshold))
    wanted = bounding_box(thing)
    height, width = thing.shape
    return AgainstChance(_iou(found, wanted), _mean_iou(found, wanted, (width, height)))


def bounding_box(mask: np.ndarray) -> Box:
    """Round all that is True; there must be something."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)


def largest_patch(mask: np.ndarray) -> np.ndarray:
    """(h, w) bool: the largest of its patches, the pixels of which touch at a side or a corner."""
    runs = [(row, start, stop) for row, line in enumerate(mask) for start, stop in _runs(line)]
    patch_of = list(range(len(runs)))
    above = 0
    for index, (row, start, stop) in enumerate(runs):
        while runs[above][0] < row - 1:
            above += 1
        for other in range(above, index):
            if runs[other][0] == row - 1 and runs[other][1] <= stop and start <= runs[other][2]:
                _join(patch_of, index, other)
    patches = [_first_of(patch_of, index) for index in range(len(runs))]
    sizes = np.bincount(patches, weights=[stop - start for _, start, stop in runs])
    largest = np.zeros_like(mask)
    for (row, start, stop), patch in zip(runs, patches, strict=True):
        largest[row, start:stop] = patch == sizes.argmax()
    return largest


def _runs(line: np.ndarray) -> list[tuple[int, int]]:
    """Start and stop of each stretch that is True."""
    changes = np.flatnonzero(np.diff(line.astype(np.int8), prepend=0, append=0))
    return list(zip(changes[::2].tolist(), changes[1::2].tolist(), strict=True))


def _first_of(patch_of: list[int], index: int) -> int:
    while patch_of[index] != index:
        patch_of[index] = patch_of[patch_of[index]]
        index = patch_of[index]
    return index


def _join(patch_of: list[int], one: int, other: int) -> None:
    """The later patch becomes part of the earlier one."""
    first, second = sorted((_first_of(patch_of, one), _first_of(patch_of, other)))
    patch_of[second] = first


def _iou(one: Box, other: Box) -> float:
    common = _common(one.left, one.right, other.left, other.right) * _common(
        one.top, one.bottom, other.top, other.bottom
    )
    return float(common / (_area(one) + _area(other) - common))


def _mean_iou(box: Box, wanted: Box, size: tuple[int, int]) -> float:
    """Over all places that a box of this size has in (width, height)."""
    wide, high = box.right - box.left, box.bottom - box.top
    lefts, tops = np.arange(size[0] - wide + 1), np.arange(size[1] - high + 1)
    across = _common(lefts, lefts + wide, wanted.left, wanted.right)
    down = _common(tops, tops + high, wanted.top, wanted.bottom)
    common = np.outer(down, across)
    return float((common / (wide * high + _area(wanted) - common)).mean())


def _common(start: np.ndarray | int, stop: np.ndarray | int, other_start: int, other_stop: int) -> np.ndarray:
    """How much two stretches have in common."""
    return np.asarray(np.maximum(np.minimum(stop, other_stop) - np.maximum(start, other_start), 0))


def _area(box: Box) -> int:
    return (box.right - box.left) * (box.bottom - box.top)
