"""A film: pictures that a slider goes through, and curves that say what the network made of each."""

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import streamlit as st

from pages._ui.viewer.scripts import script, style

_HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Reel:
    """One picture for each step.

    Attributes:
        alt: what is said of it to those who can't see it.
        files: WebP, one for each step.
        captions: beside the title, one for each step.
    """

    title: str
    alt: str
    files: Sequence[bytes]
    captions: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One value for each step; NaN where there is none.

    Attributes:
        name: as the key below the plot says it.
        style: how the line is drawn, told apart by its dashes too.
        note: beside the name, such as the area below the curve.
    """

    name: str
    values: Sequence[float]
    style: Literal["main", "second", "quiet"] = "main"
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """Curves over the steps.

    Attributes:
        title: what is drawn upwards; `across` what is drawn to the right.
        alt: the same in a sentence, for those who can't see it.
        ticks: values from the lowest to the highest, and how they are written.
    """

    title: str
    across: str
    alt: str
    ticks: Sequence[tuple[float, str]]
    curves: Sequence[Curve]


@dataclass(frozen=True, kw_only=True)
class Slider:
    """What moves the film.

    Attributes:
        steps: what it says at each of its places.
        start: the place that is shown first.
    """

    label: str
    steps: Sequence[str]
    start: int = 0


def show_film(reels: Sequence[Reel], plot: Plot, slider: Slider, *, key: str) -> None:
    """Draw the pictures beside the plot; all have as many steps as the slider."""
    content = {
        "label": slider.label,
        "steps": list(slider.steps),
        "start": slider.start,
        "pictures": [_told(reel) for reel in reels],
        "plot": _plotted(plot),
    }
    number = hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16]
    _ELEMENT(key=key, data={"id": number, **content})


def _told(reel: Reel) -> dict[str, Any]:
    files = [f"data:image/webp;base64,{base64.b64encode(file).decode()}" for file in reel.files]
    return {"title": reel.title, "alt": reel.alt, "files": files, "captions": list(reel.captions)}


def _plotted(plot: Plot) -> dict[str, Any]:
    curves = [
        {
            "name": curve.name,
            "style": curve.style,
            "note": curve.note,
            "values": [float(value) if math.isfinite(value) else None for value in curve.values],
        }
        for curve in plot.curves
    ]
    values = [value for value, _ in plot.ticks]
    return {
        "title": plot.title,
        "across": plot.across,
        "alt": plot.alt,
        "low": min(values),
        "high": max(values),
        "ticks": [{"value": value, "text": text} for value, text in plot.ticks],
        "curves": curves,
    }


_ELEMENT = st.components.v2.component(
    "heatproof_film",
    html='<div class="film"></div>',
    css=style((_HERE / "film",)),
    js=script(("drawing/dom", _HERE / "film")),
)
