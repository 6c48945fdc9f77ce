"""Which colour does how much evidence have? One table for evidence alone, two for evidence for and against."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from gradcam_core.errors import HeatproofError

LAST_STEP = 4080  # the step of the most evidence: 16 between two entries of a table, so that rounding never shows
_DIVERGING = "RdBu_r"  # blue through white to red; the two are told apart by all usual kinds of eyes


@dataclass(frozen=True)
class Colormap:
    """A way from 0 (no evidence) to 1 (most evidence); `matplotlib` knows it by its slug.

    Attributes:
        ends: the names of its first and its last colour.
    """

    slug: str
    title: str
    sentence: str
    ends: tuple[str, str]
    is_colour_blind_safe: bool

    @property
    def table(self) -> np.ndarray:
        """(256, 3) uint8, from no evidence to most; read-only."""
        return _table(self.slug, 0, 1)


COLORMAPS: dict[str, Colormap] = {
    colormap.slug: colormap
    for colormap in (
        Colormap(
            "inferno",
            "Inferno",
            "Black through red to yellow: what is strongest lights up. Safe for all eyes.",
            ("Black", "pale yellow"),
            True,
        ),
        Colormap(
            "viridis",
            "Viridis",
            "Violet through green to yellow, evenly bright steps. Safe for all eyes.",
            ("Dark violet", "yellow"),
            True,
        ),
        Colormap(
            "cividis",
            "Cividis",
            "Blue to yellow, made to look the same to colour-blind eyes.",
            ("Dark blue", "yellow"),
            True,
        ),
        Colormap("gray", "Grey", "Black to white: for print.", ("Black", "white"), True),
        Colormap(
            "turbo", "Turbo", "A smoother rainbow. Not safe for colour-blind eyes.", ("Dark violet", "dark red"), False
        ),
        Colormap(
            "jet",
            "Jet",
            "The rainbow of most papers. Its bands suggest edges that are not there.",
            ("Dark blue", "dark red"),
            False,
        ),
    )
}
DEFAULT_COLORMAP = "inferno"


def get_colormap(name: str) -> Colormap:
    """The colour map of this slug.

    Raises:
        HeatproofError: if there is none.
    """
    if name.lower() not in COLORMAPS:
        raise HeatproofError(f"{name[:80]!r} is not a colour map.", hint=f"Choose one of {', '.join(COLORMAPS)}.")
    return COLORMAPS[name.lower()]


def diverging_tables() -> tuple[np.ndarray, np.ndarray]:
    """Evidence against the class, and for it: (256, 3) uint8 each, both from none (the same white) to most."""
    return _table(_DIVERGING, 0.5, 0), _table(_DIVERGING, 0.5, 1)


@cache
def colours_by_step(name: str, *, is_signed: bool) -> np.ndarray:
    """The colour of every step from the most evidence against the class to the most for it: (2 x 4,080 + 1, 3) uint8.

    Args:
        name: a slug of `COLORMAPS`, which a signed map has no use for; its colours are the diverging ones.

    Raises:
        HeatproofError: if there is no such colour map.
    """
    table = get_colormap(name).table
    against, favouring = diverging_tables() if is_signed else (np.broadcast_to(table[0], (256, 3)), table)
    colours = np.concatenate([interpolated(against)[:0:-1], interpolated(favouring)])
    colours.setflags(write=False)
    return colours


def interpolated(table: np.ndarray) -> np.ndarray:
    """(4,081, 3) uint8: a table of 256 entries with straight lines between them; halves go up."""
    positions = np.arange(LAST_STEP + 1) * ((len(table) - 1) / LAST_STEP)
    channels = [np.interp(positions, np.arange(len(table)), table[:, channel]) for channel in range(3)]
    return np.floor(np.stack(channels, axis=1) + 0.5).astype(np.uint8)


@cache
def _table(slug: str, first: float, last: float) -> np.ndarray:
    """This part of matplotlib's colour map, from 0 to 1 of it, in 256 entries."""
    import matplotlib as mpl  # a third of a second, when the first colour is needed

    whole, places = mpl.colormaps[slug](np.arange(256)) * 255, np.linspace(255 * first, 255 * last, 256)
    channels = [np.interp(places, np.arange(256), whole[:, channel]) for channel in range(3)]
    table = np.floor(np.stack(channels, axis=1) + 0.5).astype(np.uint8)
    table.setflags(write=False)
    return table
