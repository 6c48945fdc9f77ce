"""How does a heatmap become colours, alone and over the image?

A viewer elsewhere must draw the same bit for bit, so every step is fixed: the evidence, values / scale from 0 to 1 (or
from -1 where evidence against the class is drawn too), is laid over the image bilinearly in float32
(`InputGeometry.to_original`) and counted in steps of 1/4,080, halves rounded up. From there on all is in whole numbers:
each step has its colour in the interpolated table and its share in the mix with the image (`overlays`).
"""

import math
from dataclasses import dataclass

import numpy as np

from gradcam_core.cam import Cam
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.rendering.colormaps import DEFAULT_COLORMAP, LAST_STEP, colours_by_step
from gradcam_core.rendering.contour import outlined
from gradcam_core.rendering.overlays import DEFAULT_OVERLAY, OVERLAYS, WHOLE, Mix, in_whole_numbers, mixed

_UNSEEN = LAST_STEP + 1  # the step of what the model did not see; the others go from -4,080 to 4,080
_STEPS = np.arange(-LAST_STEP, LAST_STEP + 1)
_UNSEEN_GREY = 96  # alone, where there is no image to be faded
_SMALLEST, _LARGEST = float(np.finfo(np.float32).smallest_subnormal), float(np.finfo(np.float32).max)
SIGNS = ("positive", "both")


@dataclass(frozen=True)
class Look:
    """How a map is drawn.

    Attributes:
        colormap: a slug of `COLORMAPS`.
        opacity: of the heatmap over the image where the evidence is strongest, 0 to 1; of a spotlight, how dark the
            rest is.
        threshold: a share of the scale, 0 to 1; less evidence than that is hidden.
        scale: the raw value that gets the last colour; the map's own largest if None. Give the same one to several
            maps to compare them.
        contour: a share of the evidence, 0 to 1; a line goes round the smallest area that holds it. 0 draws none.
        overlay: a slug of `OVERLAYS`: how the evidence lies over the image.
        sign: "positive" draws evidence for the class alone; "both" draws evidence against it too, in the diverging
            colours, where the method's maps have any.
    """

    colormap: str = DEFAULT_COLORMAP
    opacity: float = 0.65
    threshold: float = 0.0
    scale: float | None = None
    contour: float = 0.0
    overlay: str = DEFAULT_OVERLAY
    sign: str = "positive"

    def __post_init__(self) -> None:
        """Refuse what can't be drawn.

        Raises:
            ValueError: if a share is outside 0 to 1, the scale is not above 0 and finite in float32, or there is no
                such overlay or sign.
        """
        for name in ("opacity", "threshold", "contour"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name.capitalize()} goes from 0 to 1, not {getattr(self, name)}.")
        if self.scale is not None and not _SMALLEST <= self.scale <= _LARGEST:
            raise ValueError(f"A scale is above 0 and finite, this one is {self.scale}.")
        for name, known in (("overlay", tuple(OVERLAYS)), ("sign", SIGNS)):
            if getattr(self, name) not in known:
                raise ValueError(f"{name.capitalize()} is {' or '.join(known)}, not {getattr(self, name)!r}.")


DEFAULT_LOOK = Look()


def colorize(heatmap: np.ndarray, colormap: str = DEFAULT_COLORMAP, *, threshold: float = 0.0) -> np.ndarray:
    """Give every value its colour.

    Args:
        heatmap: (h, w) in [0, 1], larger and smaller values are clipped; NaN is what the model did not see.
        colormap: a slug of `COLORMAPS`.
        threshold: values below it get the colour of 0.

    Returns:
        (h, w, 3) uint8; a grey where `heatmap` is NaN.
    """
    return _coloured(_steps(np.clip(heatmap, 0, 1)), colours_by_step(colormap, is_signed=False), threshold)


def heatmap_image(cam: Cam, image: LoadedImage, look: Look = DEFAULT_LOOK) -> np.ndarray:
    """The heatmap over the whole image, (height, width, 3) uint8; one grey where the model saw nothing.

    What is hidden has the colour of no evidence. A map that is not usable is drawn as one without evidence.

    Raises:
        ValueError: if the map belongs to an image of another size.
        HeatproofError: if there is no such colour map.
    """
    steps = _steps_over(image, cam, look)
    picture = _coloured(steps, _colours(cam, look), look.threshold)
    return outlined(picture, _evidence_for(steps), look.contour)


def overlay_image(image: LoadedImage, cam: Cam, look: Look = DEFAULT_LOOK) -> np.ndarray:
    """The image under its heatmap, (height, width, 3) uint8; faded where the model saw nothing.

    What is hidden is drawn as the overlay draws the image without evidence.

    Raises:
        ValueError: if the map belongs to an image of another size.
        HeatproofError: if there is no such colour map.
    """
    steps = _steps_over(image, cam, look)
    picture = mixed(image.pixels, steps + LAST_STEP, _mix(look, _colours(cam, look)))
    return outlined(picture, _evidence_for(steps), look.contour)


def blend(below: np.ndarray, above: np.ndarray, opacity: float) -> np.ndarray:
    """below x (1 - opacity) + above x opacity, both (h, w, 3) uint8, as is the result.

    Raises:
        ValueError: if `opacity` is outside 0 to 1.
    """
    if not 0 <= opacity <= 1:
        raise ValueError(f"Opacity goes from 0 to 1, not {opacity}.")
    share = in_whole_numbers(opacity)
    both: np.ndarray = below * np.uint16(WHOLE - share) + above * np.uint16(share) + np.uint16(WHOLE // 2)
    return np.asarray(both >> 8).astype(np.uint8)


def is_drawn_signed(cam: Cam, look: Look) -> bool:
    """Whether this look draws evidence against the class too: where it asks for it and the map tells it."""
    return look.sign == "both" and cam.tells_against


def scale_of(cam: Cam, look: Look) -> float:
    """The raw value that gets the last colour; 0 where nothing can be drawn."""
    if is_drawn_signed(cam, look):
        return look.scale or cam.magnitude
    return (look.scale or cam.maximum) if cam.usable else 0.0


def bar_colours(cam: Cam, look: Look) -> np.ndarray:
    """The colour bar's, from the last colour down: (n, 1, 3) uint8; the first colour alone where nothing is drawn."""
    if not scale_of(cam, look):
        return _coloured(np.zeros((1, 1), dtype=np.int16), _colours(cam, look), look.threshold)
    lowest = -1 if is_drawn_signed(cam, look) else 0
    shares = np.linspace(1, lowest, 256 if lowest == 0 else 511, dtype=np.float32)
    return _coloured(_steps(shares[:, None]), _colours(cam, look), look.threshold)


def _colours(cam: Cam, look: Look) -> np.ndarray:
    return colours_by_step(look.colormap, is_signed=is_drawn_signed(cam, look))


def _mix(look: Look, colours: np.ndarray) -> Mix:
    """What becomes of each step, and of what was not seen."""
    overlay, hidden = OVERLAYS[look.overlay], _hidden(look.threshold)
    mix = overlay.mix(np.where(hidden, 0, _STEPS), colours, in_whole_numbers(look.opacity))
    if not overlay.dims_hidden:
        mix.image[:-1][hidden], mix.colour[:-1][hidden] = WHOLE, 0
    return mix


def _hidden(threshold: float) -> np.ndarray:
    """Which steps lie below the threshold, a share of the scale."""
    return np.asarray(np.abs(_STEPS) < math.floor(threshold * LAST_STEP + 0.5))


def _steps_over(image: LoadedImage, cam: Cam, look: Look) -> np.ndarray:
    """The evidence over the image, counted in steps."""
    if cam.geometry.image_size != image.size:
        raise ValueError(f"The map lies over an image of {cam.geometry.image_size}, this one is {image.size}.")
    signed = is_drawn_signed(cam, look)
    shares = cam.signed_heatmap(look.scale) if signed else cam.heatmap(look.scale)
    return _steps(cam.geometry.to_original(shares))


def _steps(shares: np.ndarray) -> np.ndarray:
    """(h, w) int16 from -4,080 to 4,080, or `_UNSEEN`."""
    unseen = np.isnan(shares)
    counted = np.floor(np.where(unseen, 0, shares).astype(np.float32, copy=False) * LAST_STEP + np.float32(0.5))
    return np.where(unseen, _UNSEEN, counted.astype(np.int16))


def _evidence_for(steps: np.ndarray) -> np.ndarray:
    """The steps of evidence for the class alone: 0 where there is none, -1 where nothing was seen."""
    return np.where(steps == _UNSEEN, -1, np.maximum(steps, 0))


def _coloured(steps: np.ndarray, colours: np.ndarray, threshold: float) -> np.ndarray:
    """Every step in its colour; the hidden ones in that of no evidence."""
    shown = np.where(_hidden(threshold)[:, None], colours[LAST_STEP], colours)
    return np.asarray(np.vstack([shown, [[_UNSEEN_GREY] * 3]]).astype(np.uint8)[steps + LAST_STEP])
