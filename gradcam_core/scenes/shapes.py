"""Of what is a drawing made? Of coloured outlines, and these are their builders.

Coordinates are (x, y) with y downwards. Nothing here knows pixels, so a drawing is the same at any size.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradcam_core.scenes.palette import Color

Point = tuple[float, float]
Outline = NDArray[np.float64]  # (n, 2) points, closed from the last to the first

_STEPS = 8  # points between two given points of a smooth curve


class Patch(NamedTuple):
    """A filled outline."""

    outline: Outline
    color: Color


Drawing = list[Patch]  # the later patches lie over the earlier ones


class Frame(NamedTuple):
    """The upright rectangle round a drawing."""

    left: float
    top: float
    right: float
    bottom: float


def paint(color: Color, *outlines: Outline) -> Drawing:
    """These outlines in one colour."""
    return [Patch(outline, color) for outline in outlines]


def polygon(*points: Point) -> Outline:
    """Straight lines from point to point."""
    return np.array(points, dtype=np.float64)


def box(left: float, top: float, right: float, bottom: float) -> Outline:
    """An upright rectangle."""
    return polygon((left, top), (right, top), (right, bottom), (left, bottom))


def oval(center: Point, radii: Point, *, turn: float = 0.0) -> Outline:
    """An ellipse; `turn` in degrees, clockwise on the screen."""
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.stack([radii[0] * np.cos(angles), radii[1] * np.sin(angles)], axis=1)
    around: Outline = turned(ring, turn) + np.array(center)
    return around


def disc(x: float, y: float, radius: float) -> Outline:
    """A circle."""
    return oval((x, y), (radius, radius))


def blob(*points: Point) -> Outline:
    """A smooth closed curve through the points (Catmull-Rom)."""
    knots = np.array(points, dtype=np.float64)
    return _smooth(np.concatenate([knots[-1:], knots, knots[:2]]))


def even_blob(*right: Point) -> Outline:
    """A blob whose left half mirrors its right half; points with x = 0 lie on the axis."""
    return blob(*right, *((-x, y) for x, y in reversed(right) if x != 0))


def band(points: Sequence[Point], *, start: float, end: float) -> Outline:
    """A smooth line through the points with round ends, `start` wide at first and `end` wide at last."""
    knots = np.array(points, dtype=np.float64)
    line = _smooth(np.concatenate([knots[:1], knots, knots[-1:]]))
    half = np.linspace(start, end, len(line))[:, None] / 2
    ahead = np.gradient(line, axis=0)
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True) + 1e-9
    side = ahead[:, ::-1] * (-1, 1)
    last, first = _cap(line[-1], side[-1], half[-1]), _cap(line[0], -side[0], half[0])
    return np.concatenate([line + side * half, last, (line - side * half)[::-1], first])


def both(outline: Outline) -> tuple[Outline, Outline]:
    """The outline and its mirror image, left and right exchanged."""
    return outline, outline * (-1, 1)


def turned(outline: Outline, degrees: float, *, about: Point = (0, 0)) -> Outline:
    """The outline turned about a point, clockwise on the screen."""
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    around: Outline = (outline - about) @ np.array([[cos, sin], [-sin, cos]])
    return around + about


def tilted(drawing: Drawing, degrees: float, *, about: Point = (0, 0)) -> Drawing:
    """The drawing turned about a point."""
    return [Patch(turned(patch.outline, degrees, about=about), patch.color) for patch in drawing]


def scaled(drawing: Drawing, across: float, down: float) -> Drawing:
    """The drawing stretched from the origin; a negative factor mirrors it."""
    return [Patch(patch.outline * (across, down), patch.color) for patch in drawing]


def moved(drawing: Drawing, by: Point) -> Drawing:
    """The drawing elsewhere."""
    return [Patch(patch.outline + np.array(by), patch.color) for patch in drawing]


def bounds(drawing: Drawing) -> Frame:
    """The frame round everything drawn."""
    points = np.concatenate([patch.outline for patch in drawing])
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    return Frame(float(left), float(top), float(right), float(bottom))


def _smooth(knots: Outline) -> Outline:
    """Catmull-Rom from the second knot to the last but one: (n, 2) → ((n - 3) * steps, 2)."""
    before, first, second, after = (knots[i : len(knots) - 3 + i, None] for i in range(4))
    t = np.linspace(0, 1, _STEPS, endpoint=False)[None, :, None]
    curve: Outline = 2 * first + (second - before) * t
    curve = curve + (2 * before - 5 * first + 4 * second - after) * t**2
    curve = curve + (3 * first - before - 3 * second + after) * t**3
    return (curve / 2).reshape(-1, 2)


def _cap(center: Outline, side: Outline, half: Outline) -> Outline:
    """The half circle from `side` to its opposite, round the end of a band."""
    angles = np.linspace(0, np.pi, 9)[1:-1, None]
    ahead = side[::-1] * (1, -1)
    arc: Outline = center + half * (np.cos(angles) * side + np.sin(angles) * ahead)
    return arc
