"""What do the things stand on? Six grounds, drawn in the unit square."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from gradcam_core.scenes.palette import WHITE, Color, darker, lighter, mix, pick
from gradcam_core.scenes.shapes import Drawing, Outline, band, blob, box, disc, oval, paint, polygon

_SUMMER: tuple[Color, ...] = ((146, 200, 232), (168, 206, 226))
_WINTER: tuple[Color, ...] = ((150, 176, 208), (176, 178, 212))
_DESERT: tuple[Color, ...] = ((246, 196, 158), (166, 208, 222), (240, 186, 176))
_SEASIDE: tuple[Color, ...] = ((156, 204, 232), (206, 200, 226), (250, 212, 182))
_EVENING: tuple[Color, ...] = ((34, 40, 84), (44, 34, 82), (24, 50, 84))
LOWEST_HORIZON = 0.62
"""No ground begins below this height, so what stands below it stands on the ground."""


@dataclass(frozen=True)
class Ground:
    """An empty stage: the sky's upper and lower colour, what is drawn over it, and the height at which it ends."""

    sky: tuple[Color, Color]
    drawing: Drawing
    horizon: float


def grass(rng: Generator) -> Ground:
    """A meadow under a summer sky."""
    green, horizon = pick(rng, ((150, 196, 116), (132, 186, 118), (172, 202, 120))), rng.uniform(0.42, 0.56)
    tufts = [(_tuft(x, y), rng.uniform(0.3, 0.7)) for x, y in _scatter(rng, 22, horizon + 0.06)]
    meadow = [
        *_clouds(rng, 3, horizon),
        *paint(mix(green, (150, 190, 190), 0.5), _hill(rng, horizon - 0.06)),
        *paint(green, _hill(rng, horizon)),
        *paint(darker(green, 0.06), _hill(rng, horizon + 0.22)),
        *(patch for tuft, share in tufts for patch in paint(mix(green, (70, 130, 70), share), tuft)),
        *paint(WHITE, *(disc(x, y, 0.006) for x, y in _scatter(rng, 12, horizon + 0.1))),
    ]
    return Ground((pick(rng, _SUMMER), (228, 242, 240)), meadow, horizon)


def snow(rng: Generator) -> Ground:
    """White hills while it snows."""
    white, horizon = pick(rng, ((238, 242, 248), (232, 238, 246))), rng.uniform(0.42, 0.56)
    dents = [oval((x, y), (rng.uniform(0.02, 0.05), 0.006)) for x, y in _scatter(rng, 14, horizon + 0.1)]
    winter = [
        *paint(mix(white, (150, 172, 206), 0.55), _hill(rng, horizon - 0.08)),
        *paint(mix(white, (170, 190, 220), 0.25), _hill(rng, horizon)),
        *paint(white, _hill(rng, horizon + 0.2)),
        *paint(mix(white, (160, 180, 214), 0.4), *dents),
        *paint(WHITE, *(disc(x, y, rng.uniform(0.004, 0.009)) for x, y in _scatter(rng, 40, 0.02))),
    ]
    return Ground((pick(rng, _WINTER), (222, 228, 240)), winter, horizon)


def sand(rng: Generator) -> Ground:
    """Dunes in warm light."""
    tone, horizon = pick(rng, ((238, 208, 154), (232, 192, 142), (242, 218, 172))), rng.uniform(0.42, 0.56)
    far: Color = (204, 142, 110)
    dunes = [(_hill(rng, horizon - 0.05 + 0.17 * step), mix(tone, far, 0.36 - 0.12 * step)) for step in range(4)]
    desert = [
        *paint((255, 244, 206), disc(rng.uniform(0.1, 0.9), rng.uniform(0.1, 0.26), 0.07)),
        *(patch for dune, color in dunes for patch in paint(color, dune)),
        *paint(darker(tone, 0.12), *(_ripple(rng, x, y) for x, y in _scatter(rng, 14, horizon + 0.1))),
        *paint(darker(tone, 0.3), *(disc(x, y, 0.0035) for x, y in _scatter(rng, 40, horizon + 0.1))),
    ]
    return Ground((pick(rng, _DESERT), (253, 236, 208)), desert, horizon)


def water(rng: Generator) -> Ground:
    """The sea in bands of waves."""
    tone, horizon = pick(rng, ((86, 160, 196), (96, 176, 186), (98, 146, 196))), rng.uniform(0.36, 0.5)
    tops = np.linspace(horizon, 0.9, 5)
    bands = [
        (_waves(rng, top, 0.003 + 0.004 * i), mix(lighter(tone), darker(tone, 0.12), i / 4))
        for i, top in enumerate(tops)
    ]
    sea = [
        *_clouds(rng, 2, horizon),
        *(patch for wave, color in bands for patch in paint(color, wave)),
        *paint(lighter(tone, 0.5), *(_ripple(rng, x, y) for x, y in _scatter(rng, 22, horizon + 0.05))),
    ]
    return Ground((pick(rng, _SEASIDE), (240, 242, 236)), sea, horizon)


def night(rng: Generator) -> Ground:
    """Dark hills under stars and a crescent."""
    sky, horizon = pick(rng, _EVENING), rng.uniform(0.46, 0.6)
    hills = [(_hill(rng, horizon - 0.06 + 0.16 * i), mix(sky, (92, 116, 150), 0.34 - 0.09 * i)) for i in range(3)]
    stars = [disc(x, y * horizon, rng.uniform(0.002, 0.006)) for x, y in _scatter(rng, 34, 0.02)]
    evening = [
        *paint((250, 240, 206), *stars),
        *paint((250, 238, 196), _crescent() * 0.065 + rng.uniform((0.1, 0.1), (0.9, 0.22))),
        *(patch for hill, color in hills for patch in paint(color, hill)),
        *paint(mix(sky, (120, 150, 170), 0.4), *(_tuft(x, y) for x, y in _scatter(rng, 14, horizon + 0.12))),
    ]
    return Ground((sky, mix(sky, (150, 124, 176), 0.6)), evening, horizon)


def brick(rng: Generator) -> Ground:
    """A wall of bricks above a pavement."""
    tone = pick(rng, ((200, 132, 110), (188, 150, 130), (172, 120, 116), (208, 168, 140)))
    stone, horizon = pick(rng, ((196, 190, 190), (180, 178, 186), (204, 196, 184))), rng.uniform(0.52, LOWEST_HORIZON)
    mortar = lighter(tone, 0.45)
    street = [
        *(patch for block in _bricks(horizon) for patch in paint(darker(tone, rng.uniform(0, 0.2)), block)),
        *paint(stone, box(-0.1, horizon, 1.1, 1.1)),
        *paint(darker(stone), box(-0.1, horizon, 1.1, horizon + 0.022)),
        *paint(darker(stone, 0.14), *_joints(horizon + 0.022, rng.uniform(-0.1, 0.1))),
    ]
    return Ground((mortar, mortar), street, horizon)


GROUND_PAINTERS: dict[str, Callable[[Generator], Ground]] = {
    painter.__name__: painter for painter in (grass, snow, sand, water, night, brick)
}


def _scatter(rng: Generator, number: int, top: float) -> Outline:
    """(number, 2) random points of the unit square below `top`."""
    return rng.uniform((0.0, top), (1.0, 1.0), size=(number, 2))


def _hill(rng: Generator, height: float) -> Outline:
    """Everything below a gently rolling line."""
    heights = height + rng.uniform(-0.035, 0.035, size=5)
    return blob(*zip((-0.2, 0.15, 0.5, 0.85, 1.2), heights, strict=True), (1.4, 1.3), (0.5, 1.5), (-0.4, 1.3))


def _waves(rng: Generator, height: float, swing: float) -> Outline:
    """Everything below a row of waves."""
    x = np.linspace(-0.05, 1.05, 120)
    y = height + swing * np.sin(2 * np.pi * (x * rng.uniform(3, 5) + rng.random()))
    return np.concatenate([np.stack([x, y], axis=1), [(1.05, 1.1), (-0.05, 1.1)]])


def _clouds(rng: Generator, number: int, horizon: float) -> Drawing:
    puffs = (-0.06, 0.012, 0.045), (0.0, -0.01, 0.055), (0.065, 0.01, 0.045)
    places = rng.uniform((0.05, 0.06), (0.95, horizon - 0.12), size=(number, 2))
    return paint(WHITE, *(oval((x + dx, y + dy), (r * 1.3, r * 0.75)) for x, y in places for dx, dy, r in puffs))


def _tuft(x: float, y: float) -> Outline:
    """Three blades of grass, the nearer the larger."""
    left, right = [(-0.014, 0), (-0.02, -0.022), (-0.005, -0.008)], [(0.005, -0.008), (0.02, -0.024), (0.014, 0)]
    blades: Outline = polygon(*left, (0, -0.032), *right) * (0.6 + 0.6 * y) + np.array((x, y))
    return blades


def _ripple(rng: Generator, x: float, y: float) -> Outline:
    half = rng.uniform(0.02, 0.06)
    crest = [(x - half, y), (x - half / 3, y - 0.008), (x + half / 3, y + 0.004), (x + half, y - 0.003)]
    return band(crest, start=0.005, end=0.005)


def _crescent() -> Outline:
    angles = np.linspace(-0.6 * np.pi, 0.6 * np.pi, 30)
    outer = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return np.concatenate([outer, (outer * (0.72, 0.96) - (0.12, 0))[::-1]])


def _bricks(floor: float) -> list[Outline]:
    """Rows of bricks, every other one shifted by half, from the top down to the floor."""
    width, height, joint = 0.155, 0.062, 0.008
    rows = enumerate(np.arange(-0.03, floor, height))
    corners = [(x - width / 2 * (i % 2), y) for i, y in rows for x in np.arange(-0.08, 1.1, width)]
    return [box(x, y, x + width - joint, y + height - joint) for x, y in corners]


def _joints(top: float, start: float) -> list[Outline]:
    """The lines between the slabs of a pavement, spreading towards the viewer."""
    feet = [(x, 0.5 + (x - 0.5) * 1.9) for x in np.arange(start, 1.1, 0.22)]
    return [polygon((x, top), (x + 0.008, top), (foot + 0.012, 1.1), (foot, 1.1)) for x, foot in feet]
