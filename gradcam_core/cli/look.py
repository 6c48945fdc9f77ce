"""How are maps to be drawn? Read from a command's options, and refused in a sentence."""

from argparse import Namespace

from gradcam_core.errors import HeatproofError
from gradcam_core.rendering.colormaps import get_colormap
from gradcam_core.rendering.overlays import get_overlay
from gradcam_core.rendering.render import SIGNS, Look

_LOOK_HINT = "--opacity, --threshold and --contour take a number from 0 to 1, --scale a raw value above 0."


def look_of(options: Namespace) -> Look:
    """How to draw the maps."""
    colormap, overlay = get_colormap(options.colormap).slug, get_overlay(options.overlay).slug
    numbers = {name: _number(name, getattr(options, name)) for name in ("opacity", "threshold", "contour")}
    scale, sign = None if options.scale is None else _number("scale", options.scale), _sign(options.sign)
    try:
        return Look(colormap, scale=scale, overlay=overlay, sign=sign, **numbers)
    except ValueError as error:
        raise HeatproofError(str(error), hint=_LOOK_HINT) from error


def _sign(text: str) -> str:
    if text.lower() not in SIGNS:
        raise HeatproofError(f"--sign is {text[:80]!r}.", hint=f"Choose one of {', '.join(SIGNS)}.")
    return text.lower()


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise HeatproofError(f"--{name} is {text!r}, which is no number.", hint=_LOOK_HINT) from error
