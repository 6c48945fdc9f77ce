"""How are the made things drawn? Each in a box of about -1 to 1, standing on y = 1."""

from itertools import pairwise

import numpy as np
from numpy.random import Generator

from gradcam_core.scenes.palette import BRIGHTS, FURS, GLASS, INK, WHITE, Color, darker, lighter, pick
from gradcam_core.scenes.shapes import (
    Drawing,
    Outline,
    Point,
    band,
    blob,
    both,
    box,
    disc,
    even_blob,
    moved,
    paint,
    polygon,
)


def car(rng: Generator) -> Drawing:
    """A small car from the side, its bonnet to the right."""
    color, roof = pick(rng, (*BRIGHTS, (236, 232, 224), (96, 104, 122))), rng.uniform(-0.62, -0.48)
    top: list[Point] = [(-1.0, 0.1), (-0.92, -0.08), (-0.5, -0.1), (0.5, -0.08), (0.9, 0.04), (1.02, 0.24)]
    cabin = blob((-0.72, -0.02), (-0.6, roof + 0.12), (-0.36, roof), (0.16, roof), (0.36, roof + 0.12), (0.58, 0.0))
    return [
        *paint(color, cabin, blob(*top, (0.98, 0.5), (0.6, 0.54), (-0.6, 0.54), (-0.98, 0.5))),
        *paint(darker(color, 0.2), box(-0.92, 0.36, 0.94, 0.5)),
        *_car_windows(roof + 0.1),
        *paint((255, 236, 170), disc(0.92, 0.18, 0.085)),
        *paint((226, 80, 80), disc(-0.95, 0.16, 0.06)),
        *paint(darker(color, 0.35), box(-0.22, 0.08, -0.06, 0.12), box(-0.03, -0.08, 0.0, 0.36)),
        *(patch for x in (-0.55, 0.56) for patch in _wheel(x)),
    ]


def _car_windows(top: float) -> Drawing:
    rear = polygon((-0.56, -0.06), (-0.47, top + 0.04), (-0.36, top), (-0.1, top), (-0.1, -0.06))
    front = polygon((0.0, -0.06), (0.0, top), (0.16, top), (0.28, top + 0.05), (0.44, -0.06))
    glint = polygon((0.06, -0.06), (0.16, top), (0.22, top + 0.02), (0.12, -0.06))
    return [*paint(GLASS, rear, front), *paint(lighter(GLASS, 0.6), glint)]


def _wheel(x: float) -> Drawing:
    rings: tuple[tuple[float, Color], ...] = ((0.25, INK), (0.14, (206, 206, 210)), (0.05, (120, 120, 128)))
    return [patch for radius, color in rings for patch in paint(color, disc(x, 0.52, radius))]


def boat(rng: Generator) -> Drawing:
    """A hull, a mast, two sails and a pennant."""
    color, cloth, wind = pick(rng, (*BRIGHTS, *FURS)), pick(rng, (WHITE, WHITE, *BRIGHTS)), rng.uniform(0.0, 0.14)
    main = blob((0.0, -0.9), (0.3 + wind, -0.36), (0.76 + wind, 0.42), (0.4, 0.56), (0.0, 0.54), (0.0, -0.3))
    jib = blob((-0.03, -0.74), (-0.4, -0.16), (-0.74, 0.42), (-0.4, 0.56), (-0.03, 0.54), (-0.03, -0.2))
    deck: list[Point] = [(-0.98, 0.44), (-0.5, 0.5), (0.5, 0.5), (1.0, 0.4)]
    return [
        *paint((140, 104, 78), box(-0.05, -1.0, 0.02, 0.52)),
        *paint(pick(rng, BRIGHTS), polygon((-0.05, -1.02), (-0.34, -0.93), (-0.05, -0.84))),
        *paint(cloth, main),
        *paint(darker(cloth, 0.15), band([(0.08, -0.1), (0.46 + wind, -0.1)], start=0.05, end=0.05)),
        *paint(darker(cloth, 0.1), jib),
        *paint(color, blob(*deck, (0.86, 0.74), (0.58, 0.98), (-0.6, 0.98), (-0.84, 0.76))),
        *paint(lighter(color, 0.6), polygon((-0.92, 0.56), (0.92, 0.54), (0.88, 0.66), (-0.88, 0.68))),
    ]


def house(rng: Generator) -> Drawing:
    """A gable, a chimney, a door and windows."""
    wall = pick(rng, ((246, 230, 204), (236, 214, 214), (210, 226, 232), (232, 236, 212), *BRIGHTS))
    tiles, peak = pick(rng, ((196, 96, 82), (120, 104, 130), (146, 112, 90), *BRIGHTS)), rng.uniform(-1.0, -0.8)
    return [
        *paint(darker(tiles, 0.3), box(0.36, peak + 0.04, 0.6, -0.1)),
        *paint(darker(tiles, 0.42), box(0.32, peak, 0.64, peak + 0.12)),
        *paint(wall, box(-0.76, -0.24, 0.76, 1.0)),
        *paint(darker(wall, 0.2), box(-0.76, 0.88, 0.76, 1.0)),
        *paint(tiles, polygon((-1.0, -0.16), (-0.86, -0.3), (0, peak), (0.86, -0.3), (1.0, -0.16))),
        *paint(darker(tiles), polygon((-1.0, -0.16), (-0.94, -0.22), (0.94, -0.22), (1.0, -0.16))),
        *paint(WHITE, disc(0, -0.48, 0.17)),
        *paint(GLASS, disc(0, -0.48, 0.12)),
        *_door(rng),
        *moved(_window(), (-0.4, 0)),
        *moved(_window(), (0.46, 0)),
    ]


def _door(rng: Generator) -> Drawing:
    wood = pick(rng, ((150, 100, 72), (92, 120, 140), (168, 88, 84)))
    door = even_blob((0, 0.16), (0.16, 0.24), (0.22, 0.4), (0.22, 0.98))
    return moved([*paint(wood, door), *paint((250, 220, 130), disc(0.12, 0.62, 0.035))], (0.03, 0))


def _window() -> Drawing:
    return [
        *paint(WHITE, box(-0.19, 0.04, 0.19, 0.54)),
        *paint((255, 236, 176), box(-0.15, 0.08, 0.15, 0.5)),
        *paint(WHITE, box(-0.02, 0.08, 0.02, 0.5), box(-0.15, 0.27, 0.15, 0.31)),
    ]


def balloon(rng: Generator) -> Drawing:
    """A hot-air balloon with striped gores and a basket."""
    first, second = pick(rng, BRIGHTS), pick(rng, (WHITE, (250, 226, 170), *BRIGHTS))
    gores = [_gore(*edges) for edges in pairwise(np.sin(np.radians(np.linspace(-90, 90, 8))))]
    return [
        *paint(INK, *both(band([(0.22, 0.44), (0.18, 0.66)], start=0.025, end=0.025))),
        *paint(first, *gores[::2]),
        *paint(second, *gores[1::2]),
        *paint(darker(first, 0.3), polygon((-0.28, 0.4), (0.28, 0.4), (0.22, 0.54), (-0.22, 0.54))),
        *paint((176, 126, 84), even_blob((0.24, 0.6), (0.2, 0.9))),
        *paint((140, 96, 64), box(-0.25, 0.6, 0.25, 0.67)),
    ]


def _gore(left: float, right: float) -> Outline:
    """The strip of the envelope between two shares of its half width."""
    down = np.linspace(0, 1, 24)
    half = 0.8 * np.sin(np.pi * down**0.8) ** 0.62 * (1 - down**4) + 0.28 * down**4
    height = -1.0 + 1.42 * down
    return np.concatenate([np.stack([left * half, height], axis=1), np.stack([right * half, height], axis=1)[::-1]])
