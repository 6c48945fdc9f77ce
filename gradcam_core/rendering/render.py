"""How does a heatmap become colours, alone and over the image?

A viewer elsewhere must draw the same bit for bit, so every step is fixed: the evidence max(values, 0) / scale is laid
over the image bilinearly (`InputGeometry.to_original`) and counted in steps of 1/4,080, each of which has its colour
in the interpolated table; two pictures mix as image x (1 - opacity) + colour x opacity. All that is in float32, and
rounding is floor(x + 1/2) throughout.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from gradcam_core.cam import Cam
from gradcam_core.errors import HeatproofError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.rendering.contour import outlined

_BETWEEN = 16  # steps between two entries of a table: one changes no channel by more than 1, so rounding never shows
_LAST_STEP = 255 * _BETWEEN
_UNSEEN = -1  # the step of what the model did not see
_SMALLEST, _LARGEST = float(np.finfo(np.float32).smallest_subnormal), float(np.finfo(np.float32).max)
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


@dataclass(frozen=True)
class Look:
    """How a map is drawn.

    Attributes:
        colormap: a slug of `COLORMAPS`.
        opacity: of the heatmap over the image, 0 to 1.
        threshold: a share of the scale, 0 to 1; less evidence than that is hidden.
        scale: the raw value that gets the last colour; the map's own maximum if None. Give the same one to several
            maps to compare them.
        contour: a share of the seen pixels, 0 to 1; a line goes round those with the most evidence. 0 draws none.
    """

    colormap: str = DEFAULT_COLORMAP
    opacity: float = 0.5
    threshold: float = 0.0
    scale: float | None = None
    contour: float = 0.0

    def __post_init__(self) -> None:
        """Refuse what can't be drawn.

        Raises:
            ValueError: if a share is outside 0 to 1, or the scale is not above 0 and finite in float32.
        """
        for name in ("opacity", "threshold", "contour"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name.capitalize()} goes from 0 to 1, not {getattr(self, name)}.")
        if self.scale is not None and not _SMALLEST <= self.scale <= _LARGEST:
            raise ValueError(f"A scale is above 0 and finite, this one is {self.scale}.")


DEFAULT_LOOK = Look()


def get_colormap(name: str) -> Colormap:
    """The colour map of this slug.

    Raises:
        HeatproofError: if there is none.
    """
    if name.lower() not in COLORMAPS:
        raise HeatproofError(f"{name[:80]!r} is not a colour map.", hint=f"Choose one of {', '.join(COLORMAPS)}.")
    return COLORMAPS[name.lower()]


def colorize(heatmap: np.ndarray, colormap: str = DEFAULT_COLORMAP, *, threshold: float = 0.0) -> np.ndarray:
    """Give every value its colour.

    Args:
        heatmap: (h, w) in [0, 1], larger and smaller values are clipped; NaN is what the model did not see.
        colormap: a slug of `COLORMAPS`.
        threshold: values below it get the colour of 0.

    Returns:
        (h, w, 3) uint8; grey diagonal lines where `heatmap` is NaN.
    """
    return _coloured(_shown(_steps(heatmap), threshold), colormap)


def heatmap_image(cam: Cam, image: LoadedImage, look: Look = DEFAULT_LOOK) -> np.ndarray:
    """The heatmap over the whole image, (height, width, 3) uint8; hatched where the model saw nothing.

    What is hidden has the colour of no evidence. A map that is not usable is drawn as one without evidence.

    Raises:
        ValueError: if the map belongs to an image of another size.
        HeatproofError: if there is no such colour map.
    """
    steps = _steps_over(image, cam, look.scale)
    picture = _coloured(_shown(steps, look.threshold), look.colormap)
    return outlined(picture, steps, look.contour)


def overlay_image(image: LoadedImage, cam: Cam, look: Look = DEFAULT_LOOK) -> np.ndarray:
    """The image under its heatmap, (height, width, 3) uint8, the same opacity everywhere.

    What is hidden is the image itself; the hatch over what the model did not see is never hidden.

    Raises:
        ValueError: if the map belongs to an image of another size.
        HeatproofError: if there is no such colour map.
    """
    steps = _steps_over(image, cam, look.scale)
    blended = blend(image.pixels, _coloured(steps, look.colormap), look.opacity)
    picture = np.where(_hidden(steps, look.threshold)[..., None], image.pixels, blended)
    return outlined(picture, steps, look.contour)


def blend(below: np.ndarray, above: np.ndarray, opacity: float) -> np.ndarray:
    """below x (1 - opacity) + above x opacity, both (h, w, 3) uint8, as is the result.

    Raises:
        ValueError: if `opacity` is outside 0 to 1.
    """
    if not 0 <= opacity <= 1:
        raise ValueError(f"Opacity goes from 0 to 1, not {opacity}.")
    share = np.float32(opacity)
    mixed = below * (1 - share) + above * share  # float32: uint8 x float32
    return _rounded(mixed).astype(np.uint8)


def _steps_over(image: LoadedImage, cam: Cam, scale: float | None) -> np.ndarray:
    """The evidence over the image, counted in steps."""
    if cam.geometry.image_size != image.size:
        raise ValueError(f"The map lies over an image of {cam.geometry.image_size}, this one is {image.size}.")
    return _steps(cam.geometry.to_original(cam.heatmap(scale)))


def _steps(heatmap: np.ndarray) -> np.ndarray:
    """(h, w) int16 from 0 to 4,080, or `_UNSEEN`."""
    unseen = np.isnan(heatmap)
    values = np.clip(np.where(unseen, 0, heatmap), 0, 1).astype(np.float32, copy=False)
    return np.where(unseen, _UNSEEN, _rounded(values * _LAST_STEP).astype(np.int16))


def _hidden(steps: np.ndarray, threshold: float) -> np.ndarray:
    """Which pixels were seen and lie below the threshold, a share of the scale: (h, w) bool."""
    return np.asarray((steps != _UNSEEN) & (steps < math.floor(threshold * _LAST_STEP + 0.5)))


def _shown(steps: np.ndarray, threshold: float) -> np.ndarray:
    """The steps with no evidence where it is hidden."""
    return np.where(_hidden(steps, threshold), 0, steps)


def _coloured(steps: np.ndarray, colormap: str) -> np.ndarray:
    picture = np.asarray(_interpolated_table(get_colormap(colormap).slug)[steps])
    unseen = steps == _UNSEEN
    if unseen.any():
        picture[unseen] = _hatch(steps.shape)[unseen][:, None]
    return picture


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
    positions = np.arange(_LAST_STEP + 1) / _BETWEEN
    channels = [np.interp(positions, np.arange(len(table)), table[:, channel]) for channel in range(3)]
    colours = _rounded(np.stack(channels, axis=1)).astype(np.uint8)
    colours.setflags(write=False)
    return colours
