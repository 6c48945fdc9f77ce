"""How does evidence lie over the image? Each way is two functions from a step of the evidence to shares of a mix.

A viewer elsewhere must draw the same bit for bit, so all of it is in whole numbers: every step of the evidence, and
what the model did not see, has its share of the image (of 256), its share of the image in grey, and a colour to be
added. One pixel is (image x share + grey x share + colour + 128) // 256.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gradcam_core.errors import HeatproofError
from gradcam_core.rendering.colormaps import LAST_STEP

WHOLE = 256  # the share of a picture that stands alone
_LUMA = (77, 150, 29)  # of red, green and blue in grey, in 256ths: ITU-R BT.601
_FULL = LAST_STEP**2


@dataclass(frozen=True, eq=False)
class Mix:
    """What becomes of a pixel, by its step counted from the lowest one; the last entry is what the model did not see.

    Attributes:
        image: (n,) uint16, the share of the image itself.
        grey: (n,) uint16, the share of the image without its colours.
        colour: (n, 3) uint16, what is added, times 256.
    """

    image: np.ndarray
    grey: np.ndarray
    colour: np.ndarray


@dataclass(frozen=True)
class Overlay:
    """One way of laying evidence over the image.

    Attributes:
        title, sentence: for people; {noun} stands for what the method's maps show more or less of, such as evidence.
        mix: (signed steps (n,) int64, their colours (n, 3), opacity in 256ths) to the mix of these and of the unseen.
        dims_hidden: whether what is hidden is drawn as what holds no evidence, and not as the image alone.
        ends: how no evidence and the most are named where the overlay stands alone; "" is the colour map's own name.
    """

    slug: str
    title: str
    sentence: str
    mix: Callable[[np.ndarray, np.ndarray, int], Mix]
    dims_hidden: bool = False
    ends: tuple[str, str] = ("", "")


def get_overlay(name: str) -> Overlay:
    """The overlay of this slug.

    Raises:
        HeatproofError: if there is none.
    """
    if name.lower() not in OVERLAYS:
        raise HeatproofError(f"{name[:80]!r} is not an overlay.", hint=f"Choose one of {', '.join(OVERLAYS)}.")
    return OVERLAYS[name.lower()]


def mixed(image: np.ndarray, steps: np.ndarray, mix: Mix) -> np.ndarray:
    """The image under its evidence.

    Args:
        image: (h, w, 3) uint8.
        steps: (h, w) places in the mix.
    """
    below = image * mix.image[steps][..., None]  # uint8 x uint16: all sums stay below 65,536
    below += mix.colour[steps]
    if mix.grey.any():
        below += (_grey(image) * mix.grey[steps])[..., None]
    return np.asarray((below + np.uint16(WHOLE // 2)) >> 8).astype(np.uint8)


def in_whole_numbers(opacity: float) -> int:
    """An opacity from 0 to 1 in 256ths."""
    return int(opacity * WHOLE + 0.5)


def _grey(image: np.ndarray) -> np.ndarray:
    """(h, w) uint16, from 0 to 255."""
    red, green, blue = (image[..., channel].astype(np.uint16) * _LUMA[channel] for channel in range(3))
    return np.asarray((red + green + blue + np.uint16(WHOLE // 2)) >> 8)


def _by_evidence(steps: np.ndarray, colours: np.ndarray, opacity: int) -> Mix:
    above = _share(opacity, steps)
    return _with_unseen(WHOLE - above, np.zeros_like(above), colours * above[:, None], _FADED)


def _evenly(steps: np.ndarray, colours: np.ndarray, opacity: int) -> Mix:
    above = np.full_like(steps, opacity)
    return _with_unseen(WHOLE - above, np.zeros_like(above), colours * above[:, None], _FADED)


def _spotlight(steps: np.ndarray, colours: np.ndarray, opacity: int) -> Mix:
    """Less colour and less light away from the evidence; evidence against the class lies over that as a colour."""
    most = min(2 * opacity, WHOLE)
    away = most - _share(most, np.maximum(steps, 0))
    against = _share(opacity, np.minimum(steps, 0))
    image, grey = WHOLE - away, (away * (WHOLE - opacity) + WHOLE // 2) // WHOLE
    rest = WHOLE - against
    return _with_unseen(image * rest // WHOLE, grey * rest // WHOLE, colours * against[:, None], _DARKENED)


def _share(of: int, steps: np.ndarray) -> np.ndarray:
    """From 0 where there is no evidence, soon and then ever slower, to `of` where it is strongest."""
    size = np.abs(steps)
    return np.asarray((2 * of * size * (2 * LAST_STEP - size) + _FULL) // (2 * _FULL))


_FADED = (102, 0, 154 * 128)  # towards grey: never the brightest thing on the screen, nor the darkest
_DARKENED = (0, 31, 52 * 256)


def _with_unseen(image: np.ndarray, grey: np.ndarray, colour: np.ndarray, unseen: tuple[int, int, int]) -> Mix:
    parts = (np.append(image, unseen[0]), np.append(grey, unseen[1]), np.vstack([colour, [unseen[2]] * 3]))
    return Mix(*(part.astype(np.uint16) for part in parts))


OVERLAYS: dict[str, Overlay] = {
    overlay.slug: overlay
    for overlay in (
        Overlay(
            "evidence",
            "By {noun}",
            "Colours where the {noun} is; where there is none the image stays untouched.",
            _by_evidence,
            ends=("Uncoloured", ""),
        ),
        Overlay(
            "spotlight",
            "Spotlight",
            "The image in colour where the {noun} is, dim and grey elsewhere.",
            _spotlight,
            dims_hidden=True,
            ends=("Dim grey", "full colour"),
        ),
        Overlay("even", "Even", "The same opacity everywhere, as in most papers.", _evenly),
    )
}
DEFAULT_OVERLAY = "evidence"
