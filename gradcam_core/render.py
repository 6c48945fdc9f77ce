"""How does a heatmap become colours, alone and over the image?

A viewer elsewhere must draw the same within 1/255, so every step is fixed: the evidence max(values, 0) / scale is
laid over the image bilinearly (`InputGeometry.to_original`); its colour is the entry of the interpolated table
nearest to it; two pictures mix as image + (colour - image) x opacity. Rounding is floor(x + 1/2) throughout.
"""

import io
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image

from gradcam_core.errors import HeatproofError
from gradcam_core.explanation import Cam
from gradcam_core.images import LoadedImage

_STEPS = 16  # between two entries of a table: one step changes no channel by more than 1, so rounding never shows
_HATCH_GROUND, _HATCH_LINE = 226, 150  # greys that no colour map but grey itself contains


@dataclass(frozen=True)
class Colormap:
    """A way from 0 (no evidence) to 1 (most evidence); `matplotlib` knows it by its slug."""

    slug: str
    title: str
    sentence: str
    is_colour_blind_safe: bool

    @property
    def table(self) -> np.ndarray:
        """(256, 3) uint8, from no evidence to most; read-only."""
        return _table(self.slug)


COLORMAPS: dict[str, Colormap] = {
    colormap.slug: colormap
    for colormap in (
        Colormap("inferno", "Inferno", "Black through red to yellow: evidence lights up. Safe for all eyes.", True),
        Colormap("viridis", "Viridis", "Violet through green to yellow, evenly bright steps. Safe for all eyes.", True),
        Colormap("cividis", "Cividis", "Blue to yellow, made to look the same to colour-blind eyes.", True),
        Colormap("gray", "Grey", "Black to white: for print.", True),
        Colormap("turbo", "Turbo", "A smoother rainbow. Not safe for colour-blind eyes.", False),
        Colormap("jet", "Jet", "The rainbow of most papers. Its bands suggest edges that are not there.", False),
    )
}
DEFAULT_COLORMAP = "inferno"


def get_colormap(name: str) -> Colormap:
    """The colour map of this slug.

    Raises:
        HeatproofError: if there is none.
    """
    if name.lower() not in COLORMAPS:
        raise HeatproofError(f"{name!r} is not a colour map.", hint=f"Choose one of {', '.join(COLORMAPS)}.")
    return COLORMAPS[name.lower()]


def colorize(heatmap: np.ndarray, colormap: str = DEFAULT_COLORMAP) -> np.ndarray:
    """Give every value its colour.

    Args:
        heatmap: (h, w) in [0, 1], larger and smaller values are clipped; NaN is what the model did not see.
        colormap: a slug of `COLORMAPS`.

    Returns:
        (h, w, 3) uint8; grey diagonal lines where `heatmap` is NaN.
    """
    colours = _interpolated_table(get_colormap(colormap).slug)
    unseen = np.isnan(heatmap)
    values = np.clip(np.where(unseen, 0, heatmap), 0, 1)
    picture = np.asarray(colours[_rounded(values * (len(colours) - 1)).astype(np.intp)])
    if unseen.any():
        picture[unseen] = _hatch(heatmap.shape)[unseen][:, None]
    return picture


def heatmap_image(
    cam: Cam, image: LoadedImage, colormap: str = DEFAULT_COLORMAP, *, scale: float | None = None
) -> np.ndarray:
    """The heatmap over the whole image, (height, width, 3) uint8; hatched where the model saw nothing.

    Args:
        cam: what to show; nothing but zeros if it is not usable.
        image: the image it was made of.
        scale: the raw value that gets the last colour; the map's own maximum if not given.

    Raises:
        ValueError: if the map belongs to an image of another size.
    """
    if cam.geometry.image_size != image.size:
        raise ValueError(f"The map lies over an image of {cam.geometry.image_size}, this one is {image.size}.")
    return colorize(cam.geometry.to_original(cam.heatmap(scale)), colormap)


def overlay_image(
    image: LoadedImage,
    cam: Cam,
    *,
    colormap: str = DEFAULT_COLORMAP,
    opacity: float = 0.5,
    scale: float | None = None,
) -> np.ndarray:
    """The image under its heatmap, (height, width, 3) uint8, the same opacity everywhere.

    Args:
        opacity: 0 is the image itself, 1 is `heatmap_image`.

    Raises:
        ValueError: if `opacity` is outside 0 to 1, or the map belongs to an image of another size.
    """
    return blend(image.pixels, heatmap_image(cam, image, colormap, scale=scale), opacity)


def blend(below: np.ndarray, above: np.ndarray, opacity: float) -> np.ndarray:
    """below + (above - below) x opacity, both (h, w, 3) uint8, as is the result.

    Raises:
        ValueError: if `opacity` is outside 0 to 1.
    """
    if not 0 <= opacity <= 1:
        raise ValueError(f"Opacity goes from 0 to 1, not {opacity}.")
    share = np.float32(opacity)
    mixed = below * (1 - share) + above * share  # float32: uint8 x float32
    return _rounded(mixed).astype(np.uint8)


def to_png(picture: np.ndarray) -> bytes:
    """A (h, w, 3) uint8 picture as the bytes of a PNG file, without metadata."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="PNG", compress_level=3)  # half the time of 6, a twentieth more bytes
    return buffer.getvalue()


def _rounded(values: np.ndarray) -> np.ndarray:
    """Halves go up, as in `Math.round`; numpy's own rounding sends them to the even neighbour."""
    return np.asarray(np.floor(values + np.float32(0.5)))


def _hatch(shape: tuple[int, ...]) -> np.ndarray:
    """(h, w) uint8: lines from bottom left to top right, as wide on screen for a large image as for a small one."""
    height, width = shape
    period = max(8, max(shape) // 40)
    diagonal = np.add.outer(np.arange(height), np.arange(width)) % period
    return np.where(diagonal < period // 4, _HATCH_LINE, _HATCH_GROUND).astype(np.uint8)


@cache
def _table(slug: str) -> np.ndarray:
    import matplotlib as mpl  # a third of a second, when the first colour is needed

    table = _rounded(mpl.colormaps[slug](np.arange(256))[:, :3] * 255).astype(np.uint8)
    table.setflags(write=False)
    return table


@cache
def _interpolated_table(slug: str) -> np.ndarray:
    """(255 x 16 + 1, 3) uint8: the table with straight lines between its entries."""
    table = _table(slug)
    positions = np.arange((len(table) - 1) * _STEPS + 1) / _STEPS
    channels = [np.interp(positions, np.arange(len(table)), table[:, channel]) for channel in range(3)]
    colours = _rounded(np.stack(channels, axis=1)).astype(np.uint8)
    colours.setflags(write=False)
    return colours
