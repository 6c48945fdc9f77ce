"""How are the animals drawn? Each in a box of about -1 to 1, standing on y = 1."""

from numpy.random import Generator

from gradcam_core.scenes.palette import BRIGHTS, FURS, INK, PINK, WHITE, Color, darker, lighter, pick
from gradcam_core.scenes.shapes import (
    Drawing,
    Point,
    band,
    blob,
    both,
    disc,
    even_blob,
    oval,
    paint,
    polygon,
    tilted,
)

_ORANGE: Color = (240, 158, 62)


def cat(rng: Generator) -> Drawing:
    """Sitting, seen from the front, its tail curled to one side."""
    fur, tip, tilt = pick(rng, FURS), rng.uniform(-0.15, 0.25), rng.uniform(-9, 9)
    tail = band([(0.3, 0.85), (0.75, 0.86), (0.92, 0.5), (0.78, tip)], start=0.2, end=0.15)
    return [
        *paint(darker(fur, 0.22), tail),
        *paint(fur, even_blob((0, -0.2), (0.36, 0.1), (0.56, 0.62), (0.5, 0.98), (0, 1.0))),
        *paint(lighter(fur, 0.5), oval((0, 0.3), (0.24, 0.32))),
        *paint(lighter(fur, 0.12), *both(band([(0.2, 0.45), (0.2, 0.9)], start=0.2, end=0.24))),
        *paint(lighter(fur, 0.5), *both(oval((0.2, 0.92), (0.17, 0.11)))),
        *tilted(_cat_head(rng, fur), tilt, about=(0, 0)),
    ]


def _cat_head(rng: Generator, fur: Color) -> Drawing:
    return [
        *paint(fur, *both(polygon((0.54, -0.4), (0.53, -1.02), (0.08, -0.74)))),
        *paint(PINK, *both(polygon((0.46, -0.55), (0.46, -0.88), (0.2, -0.72)))),
        *paint(fur, even_blob((0, -0.84), (0.4, -0.72), (0.6, -0.36), (0.36, -0.04), (0, 0.02))),
        *_cat_stripes(rng, fur),
        *_cat_face(rng, fur),
    ]


def _cat_stripes(rng: Generator, fur: Color) -> Drawing:
    if rng.random() < 0.5:
        return []
    lines = [[(x, -0.79 + abs(x) * 0.3), (x * 0.8, -0.58)] for x in (-0.17, 0.0, 0.17)]
    return paint(darker(fur, 0.3), *(band(line, start=0.07, end=0.03) for line in lines))


def _cat_face(rng: Generator, fur: Color) -> Drawing:
    iris = pick(rng, ((176, 204, 96), (240, 200, 90), (130, 190, 214)))
    whiskers = [band([(0.2, y), (0.66, 3 * y + 0.27)], start=0.025, end=0.012) for y in (-0.15, -0.1)]
    return [
        *paint(lighter(fur, 0.6), *both(oval((0.11, -0.17), (0.16, 0.12)))),
        *paint(iris, *both(oval((0.26, -0.4), (0.13, 0.14)))),
        *paint(INK, *both(oval((0.26, -0.4), (0.055, 0.125)))),
        *paint(WHITE, disc(-0.3, -0.45, 0.03), disc(0.22, -0.45, 0.03)),
        *paint(darker(PINK, 0.15), even_blob((0.07, -0.26), (0, -0.18))),
        *(patch for whisker in whiskers for patch in paint(WHITE, *both(whisker))),
    ]


def dog(rng: Generator) -> Drawing:
    """Standing, seen from the side, its head to the right."""
    fur, wag, nod = pick(rng, FURS), rng.uniform(-0.15, 0.2), rng.uniform(-10, 14)
    back: list[Point] = [(-0.8, 0.1), (-0.6, -0.14), (0, -0.1), (0.5, -0.2), (0.62, 0.15)]
    spot = paint(darker(fur), oval((-0.3, 0.12), (0.25, 0.17), turn=10)) if rng.random() < 0.5 else []
    return [
        *paint(fur, band([(-0.72, 0.05), (-0.95, -0.18), (-0.98 + wag, -0.5)], start=0.2, end=0.1)),
        *paint(darker(fur), *(band([(x, 0.3), (x, 0.9)], start=0.22, end=0.17) for x in (-0.5, 0.42))),
        *paint(fur, blob(*back, (0.45, 0.76), (-0.1, 0.75), (-0.68, 0.76))),
        *spot,
        *paint(fur, *(band([(x, 0.3), (x + 0.01, 0.9)], start=0.3, end=0.22) for x in (-0.66, 0.24))),
        *paint(lighter(fur, 0.45), *(oval((x, 0.93), (0.15, 0.075)) for x in (-0.61, 0.29))),
        *paint(fur, band([(0.42, 0.1), (0.55, -0.3)], start=0.5, end=0.42)),
        *paint(pick(rng, BRIGHTS), band([(0.3, -0.02), (0.52, 0.1), (0.74, 0.0)], start=0.1, end=0.1)),
        *tilted(_dog_head(rng, fur), nod, about=(0.5, -0.3)),
    ]


def _dog_head(rng: Generator, fur: Color) -> Drawing:
    tongue = blob((0.84, -0.24), (0.98, -0.24), (0.96, 0.0), (0.86, 0.0))
    return [
        *(paint((236, 120, 130), tongue) if rng.random() < 0.6 else []),
        *paint(fur, oval((0.56, -0.5), (0.37, 0.34))),
        *paint(lighter(fur, 0.45), blob((0.66, -0.58), (0.96, -0.5), (1.08, -0.38), (1.0, -0.24), (0.7, -0.2))),
        *paint(INK, oval((0.68, -0.57), (0.065, 0.075)), oval((1.04, -0.42), (0.09, 0.08))),
        *paint(WHITE, disc(0.665, -0.6, 0.024)),
        *paint(
            darker(fur, 0.35),
            blob((0.3, -0.78), (0.52, -0.74), (0.48, -0.3), (0.34, -0.08), (0.18, -0.22), (0.18, -0.5)),
        ),
    ]


def fish(rng: Generator) -> Drawing:
    """Swimming to the right, a fan for a tail."""
    scale = pick(rng, BRIGHTS)
    back: list[Point] = [(-0.66, 0.02), (-0.3, -0.36), (0.3, -0.46), (0.8, -0.2), (0.97, 0.04)]
    tail = blob((-0.5, 0.02), (-0.72, -0.3), (-1.02, -0.5), (-0.92, -0.02), (-1.0, 0.5), (-0.72, 0.32))
    fins = (
        blob((-0.35, -0.3), (-0.15, -0.72), (0.3, -0.62), (0.4, -0.36)),
        blob((-0.1, 0.4), (-0.22, 0.68), (0.22, 0.5)),
    )
    belly = blob((-0.5, 0.14), (0.2, 0.2), (0.88, 0.13), (0.72, 0.27), (0.3, 0.42), (-0.25, 0.34))
    return [
        *paint(darker(scale, 0.2), tail, *fins),
        *paint(scale, blob(*back, (0.8, 0.24), (0.3, 0.46), (-0.3, 0.36))),
        *paint(lighter(scale, 0.45), belly),
        *_fish_stripes(rng),
        *paint(darker(scale, 0.2), blob((0.22, 0.06), (-0.12, 0.02), (-0.16, 0.28), (0.1, 0.26))),
        *paint(WHITE, disc(0.62, -0.12, 0.14)),
        *paint(INK, disc(0.65, -0.12, 0.08), band([(0.95, 0.1), (0.84, 0.12), (0.78, 0.08)], start=0.04, end=0.03)),
        *paint(WHITE, disc(0.62, -0.16, 0.03)),
    ]


def _fish_stripes(rng: Generator) -> Drawing:
    if rng.random() < 0.4:
        return []
    stripes = [
        blob((x, -h), (x + 0.12, -h), (x + 0.17, 0), (x + 0.1, h), (x, h), (x + 0.05, 0))
        for x, h in ((-0.38, 0.26), (0.26, 0.38))
    ]
    return paint(pick(rng, (WHITE, INK, *BRIGHTS)), *stripes)


def bird(rng: Generator) -> Drawing:
    """Perched, round, its beak to the right."""
    feather, breast = pick(rng, (*BRIGHTS, *FURS)), pick(rng, (WHITE, (246, 214, 150), (244, 170, 120)))
    lift, dark = rng.uniform(-0.1, 0.25), darker(feather)
    legs = [band([(x, 0.55), (x + 0.02, 0.86), (x + 0.16, 0.86)], start=0.06, end=0.05) for x in (-0.1, 0.16)]
    back: list[Point] = [(-0.2, 0.64), (-0.62, 0.3), (-0.3, -0.14), (0.0, -0.66), (0.3, -0.86)]
    return [
        *paint(darker(_ORANGE), *legs),
        *paint(dark, polygon((-0.4, 0.1), (-1.02, 0.22), (-0.98, 0.44), (-0.8, 0.6), (-0.1, 0.66))),
        *paint(_ORANGE, polygon((0.6, -0.62), (1.04, -0.46), (0.64, -0.34))),
        *paint(feather, blob(*back, (0.62, -0.7), (0.7, -0.36), (0.66, 0.2), (0.3, 0.64))),
        *paint(breast, blob((0.62, -0.26), (0.64, 0.2), (0.3, 0.6), (0.0, 0.6), (0.2, 0.2), (0.38, -0.2))),
        *paint(dark, blob((0.12, -0.1), (0.24, 0.2), (-0.1, 0.42), (-0.74, 0.46 - lift), (-0.4, 0.05))),
        *paint(WHITE, disc(0.42, -0.54, 0.1)),
        *paint(INK, disc(0.45, -0.54, 0.063)),
    ]


def butterfly(rng: Generator) -> Drawing:
    """From above, its four wings spread."""
    color, spot, tip = pick(rng, BRIGHTS), pick(rng, (WHITE, *BRIGHTS)), rng.uniform(-0.12, 0.08)
    upper = blob((0.05, -0.1), (0.3, -0.7), (0.86, -0.88 + tip), (1.0, -0.5), (0.72, 0.0), (0.2, 0.1))
    inner = blob((0.16, -0.12), (0.36, -0.56), (0.74, -0.68 + tip), (0.82, -0.46), (0.6, -0.08), (0.24, 0.0))
    dots = disc(0.62, -0.44 + tip, 0.11), disc(0.42, 0.42, 0.1), disc(0.4, -0.26, 0.07)
    return [
        *paint(INK, *both(band([(0.02, -0.4), (0.1, -0.7), (0.26, -0.86)], start=0.035, end=0.05))),
        *paint(darker(color, 0.5), *both(upper)),
        *paint(
            darker(color, 0.42),
            *both(blob((0.0, -0.05), (0.5, 0.02), (0.84, 0.3), (0.64, 0.82), (0.2, 0.76), (0.0, 0.4))),
        ),
        *paint(color, *both(inner)),
        *paint(lighter(color), *both(blob((0.16, 0.12), (0.46, 0.18), (0.64, 0.4), (0.52, 0.68), (0.34, 0.6)))),
        *(patch for dot in dots for patch in paint(spot, *both(dot))),
        *paint(INK, oval((0, 0.06), (0.085, 0.56)), disc(0, -0.44, 0.1)),
    ]
