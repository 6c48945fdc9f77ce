"""Over which part of the input is a cell of a layer laid: the one that the grid suggests, or the one it looks at?

Kernels of 3 with stride 2 and padding 1 see half a cell more above and to the left at each step than below and to the
right, so a cell of such a network looks beside the square that the grid suggests for it.
"""

from collections.abc import Callable
from dataclasses import dataclass

from gradcam_core.errors import HeatproofError
from gradcam_core.text import shortened


@dataclass(frozen=True)
class ReceptiveField:
    """What the cells of a layer look at, as their gradient with respect to the input tells.

    Attributes:
        shift: (x, y) from the middle of the square that the grid suggests to the middle of what a cell looks at, in
            cells, to the right and down; 0 where it is not known, and where it can not be told from none.
        spread: (x, y) deviation of the squared gradient round that middle, in cells; 0 where it is not known.
        note: why it is not known, in one sentence; empty where it is.
    """

    shift: tuple[float, float] = (0.0, 0.0)
    spread: tuple[float, float] = (0.0, 0.0)
    note: str = ""


@dataclass(frozen=True)
class Place:
    """One way of laying the cells of a map over the image.

    Attributes:
        shift: (x, y) in cells, from the squares that the grid suggests, of a layer with this field.
    """

    slug: str
    title: str
    sentence: str
    shift: Callable[[ReceptiveField], tuple[float, float]]


PLACES = {
    place.slug: place
    for place in (
        Place(
            "network",
            "Cells where the network looks",
            "Each cell lies over the part of the image that it looks at, measured on the network itself.",
            lambda field: field.shift,
        ),
        Place(
            "grid",
            "Cells where the grid suggests",
            "Each cell lies over its own square of the image cut into equal squares, as most programs draw it.",
            lambda _: (0.0, 0.0),
        ),
    )
}
DEFAULT_PLACE = "network"
SCATTERED = (
    "Where its cells look can't be measured: each of them sees the whole image, or they lie in another order than the "
    "image. The grid decides."
)
DISORDERED = (
    "Its cells lie in another order than the image: a map of this layer does not show where in the image the evidence "
    "lies. Choose another layer."
)
UNKNOWN = "Where its cells look can't be measured, for their gradient is zero or not finite: the grid decides."


def get_place(name: str) -> Place:
    """The place of this name in capitals or not, or a HeatproofError that lists them."""
    if name.lower() not in PLACES:
        raise HeatproofError(f"{shortened(name, 80)!r} is not a place.", hint=f"Choose one of {', '.join(PLACES)}.")
    return PLACES[name.lower()]
