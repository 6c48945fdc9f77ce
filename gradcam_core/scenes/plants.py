"""How are plants and the mushroom drawn? Each in a box of about -1 to 1, standing on y = 1."""

from numpy.random import Generator

from gradcam_core.scenes.palette import BRIGHTS, WHITE, Color, darker, lighter, pick
from gradcam_core.scenes.shapes import (
    Drawing,
    Outline,
    band,
    blob,
    both,
    box,
    disc,
    even_blob,
    moved,
    oval,
    paint,
    polygon,
    turned,
)


def tree(rng: Generator) -> Drawing:
    """A round crown or a fir, in the colour of some season."""
    bark = pick(rng, ((140, 100, 72), (120, 92, 80), (164, 130, 100)))
    leaf = pick(rng, ((96, 158, 92), (70, 130, 96), (150, 178, 84), (226, 150, 70), (206, 98, 82), (236, 172, 186)))
    return _fir(bark, leaf) if rng.random() < 0.4 else _round_tree(rng, bark, leaf)


def _fir(bark: Color, leaf: Color) -> Drawing:
    tiers = (0.72, 0.66, -0.12), (0.58, 0.24, -0.5), (0.42, -0.2, -1.02)  # half width, foot, tip
    trunk = paint(bark, box(-0.17, 0.5, 0.17, 0.9))
    return trunk + [patch for i, tier in enumerate(tiers) for patch in _fir_tier(*tier, leaf=lighter(leaf, 0.1 * i))]


def _fir_tier(half: float, low: float, high: float, *, leaf: Color) -> Drawing:
    outline = polygon((0, high), (half, low - 0.05), (half * 0.5, low + 0.05), (0, low), (-half, low - 0.02))
    shade = polygon((0, high), (half, low - 0.05), (half * 0.5, low + 0.05), (half * 0.1, low))
    return [*paint(leaf, outline), *paint(darker(leaf, 0.14), shade)]


def _round_tree(rng: Generator, bark: Color, leaf: Color) -> Drawing:
    trunk = polygon((-0.2, 0.1), (0.2, 0.1), (0.21, 0.7), (0.3, 0.9), (-0.3, 0.9), (-0.21, 0.7))
    places = (-0.42, -0.06), (0.42, -0.04), (0, 0.14), (-0.2, -0.5), (0.24, -0.5)
    crown = [oval((x, y), (0.41, 0.39)) + rng.uniform(-0.06, 0.06, size=2) for x, y in places]
    return [
        *paint(bark, trunk, band([(0.02, 0.5), (0.3, 0.2)], start=0.14, end=0.1)),
        *paint(leaf, *crown),
        *paint(darker(leaf, 0.13), oval((0.34, 0.04), (0.36, 0.26)), oval((-0.08, 0.2), (0.34, 0.22))),
        *paint(lighter(leaf, 0.2), oval((-0.26, -0.56), (0.26, 0.22))),
        *paint(lighter(leaf, 0.14), oval((-0.44, -0.2), (0.2, 0.16))),
    ]


def mushroom(rng: Generator) -> Drawing:
    """A spotted cap on a stout stem."""
    cap, stem = pick(rng, (*BRIGHTS, (186, 120, 84))), pick(rng, ((246, 234, 212), (236, 220, 206)))
    foot = rng.uniform(0.42, 0.54)
    return [
        *paint(darker(stem, 0.2), oval((0, -0.04), (0.82, 0.2))),
        *paint(stem, even_blob((0.36, -0.2), (0.38, 0.4), (foot, 0.86), (0.2, 1.0))),
        *paint(lighter(stem, 0.6), even_blob((0, 0.28), (0.39, 0.22), (0.45, 0.36), (0, 0.42))),
        *paint(cap, even_blob((0, -0.95), (0.4, -0.86), (0.8, -0.52), (0.98, -0.02), (0.6, 0.04), (0, -0.04))),
        *paint(WHITE, oval((0.02, -0.66), (0.17, 0.14)), oval((-0.05, -0.24), (0.12, 0.1)), disc(0.24, -0.2, 0.06)),
        *paint(WHITE, *both(oval((0.52, -0.42), (0.15, 0.13)))),
        *paint(WHITE, *both(oval((0.78, -0.14), (0.085, 0.075)))),
    ]


def flower(rng: Generator) -> Drawing:
    """One blossom on a stem with two leaves."""
    petal, heart = pick(rng, (*BRIGHTS, WHITE)), pick(rng, ((246, 204, 84), (150, 100, 70), (248, 236, 180)))
    green, bend = pick(rng, ((92, 160, 92), (120, 172, 88))), rng.uniform(-0.12, 0.12)
    petals = _petals(int(rng.integers(6, 10)))
    blossom = [
        *paint(petal, *petals[::2]),
        *paint(lighter(petal, 0.18), *petals[1::2]),
        *paint(heart, disc(0, 0, 0.22)),
        *paint(darker(heart, 0.1), disc(0.03, 0.03, 0.14)),
    ]
    return [
        *paint(green, band([(0, -0.3), (bend, 0.3), (0, 0.98)], start=0.14, end=0.16)),
        *paint(
            darker(green, 0.1),
            *both(blob((0.0, 0.94), (0.02, 0.36), (0.3, 0.08), (0.68, 0.04), (0.64, 0.58), (0.34, 0.9))),
        ),
        *moved(blossom, (0, -0.38)),
    ]


def _petals(count: int) -> list[Outline]:
    """Petals all round the origin."""
    petal = oval((0, -0.36), (1.35 / count, 0.26))
    return [turned(petal, 360 / count * i) for i in range(count)]
