"""Which colours are used, and how is one made lighter, darker or a little different?"""

import colorsys
from collections.abc import Sequence

from numpy.random import Generator

Color = tuple[int, int, int]  # RGB, 0 to 255

BRIGHTS: tuple[Color, ...] = (
    (236, 112, 99),
    (244, 166, 80),
    (246, 206, 96),
    (112, 180, 132),
    (92, 164, 206),
    (160, 128, 200),
    (232, 140, 172),
    (84, 186, 180),
)
FURS: tuple[Color, ...] = (
    (226, 148, 82),
    (150, 140, 138),
    (236, 214, 180),
    (92, 84, 92),
    (168, 116, 78),
    (120, 132, 156),
)
PINK: Color = (240, 160, 160)
INK: Color = (44, 38, 52)
WHITE: Color = (252, 249, 242)
GLASS: Color = (196, 226, 236)


def mix(color: Color, other: Color, share: float) -> Color:
    """The colour with this share of the other one."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, other, strict=True))
    return red, green, blue


def lighter(color: Color, share: float = 0.3) -> Color:
    """The colour with this share of a warm white."""
    return mix(color, (255, 250, 240), share)


def darker(color: Color, share: float = 0.25) -> Color:
    """The colour with this share of a bluish black."""
    return mix(color, (30, 24, 50), share)


def pick(rng: Generator, colors: Sequence[Color]) -> Color:
    """One of the colours, its hue, saturation and brightness a little varied."""
    red, green, blue = colors[int(rng.integers(len(colors)))]
    hue, saturation, value = colorsys.rgb_to_hsv(red / 255, green / 255, blue / 255)
    hue = (hue + rng.uniform(-0.02, 0.02)) % 1
    saturation, value = min(saturation * rng.uniform(0.85, 1.1), 1), min(value * rng.uniform(0.9, 1.04), 1)
    red, green, blue = (round(255 * part) for part in colorsys.hsv_to_rgb(hue, saturation, value))
    return red, green, blue
