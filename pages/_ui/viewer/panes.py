"""Images and maps alone, as often as a page likes: what the viewer draws, without its predictions and tools."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import streamlit as st

from gradcam_core.cam import RAW_UNIT, Cam
from gradcam_core.methods import get_method
from gradcam_core.rendering.colormaps import COLORMAPS
from gradcam_core.rendering.render import DEFAULT_LOOK, Look, is_drawn_signed, scale_of
from pages._ui.viewer.files import PANES_MODULE
from pages._ui.viewer.payload import maps, pack, tables

Panel = Literal["original", "heatmap", "overlay"]
ALL_PANELS: tuple[Panel, ...] = ("original", "heatmap", "overlay")


@dataclass(frozen=True, eq=False, kw_only=True)
class PaneSet:
    """One image under one map.

    Attributes:
        photo: a WebP file of the image and its (width, height), as `payload.photo` gives them.
        size: (width, height) of the kept image, whose pixels the values are read at.
        title: above the panels, and what is said of the map; there is none where it is empty.
        panels: which ones, from left to right.
        is_swipe: whether the overlay is uncovered with a slider and stands alone.
        alt: what is said of the image to those who can't see it.
        unit: what the raw values count.
    """

    photo: tuple[bytes, tuple[int, int]]
    size: tuple[int, int]
    cam: Cam
    title: str = ""
    look: Look = DEFAULT_LOOK
    panels: tuple[Panel, ...] = ALL_PANELS
    is_swipe: bool = False
    alt: str = ""
    unit: str = RAW_UNIT


def show_panes(sets: Sequence[PaneSet], *, key: str) -> None:
    """Draw pane sets in one element, beside one another as its width allows; each is hovered and marked by itself."""
    _ELEMENT(key=key, data=panes_message(sets))


def panes_message(sets: Sequence[PaneSet]) -> bytes:
    """The element's message; an image that several sets show travels once."""
    photos = {_digest(one.photo[0]): one.photo[0] for one in sets}
    values = {f"map-{place}": maps([one.cam.values]) for place, one in enumerate(sets)}
    head = {"colormaps": list(COLORMAPS), "sets": [_set(place, one) for place, one in enumerate(sets)]}
    content = repr((head, [_digest(blob) for blob in values.values()]))
    return pack({"id": _digest(content.encode()), **head}, {**photos, **values, "tables": tables()})


def _set(place: int, one: PaneSet) -> dict[str, Any]:
    file, shown = one.photo
    geometry = one.cam.geometry.scaled_to(shown)
    return {
        "title": one.title,
        "panels": one.panels,
        "photo": _digest(file),
        "alt": one.alt,
        "size": one.size,
        "shown": shown,
        "window": list(geometry.window),
        "seen": geometry.seen,
        "cells": one.cam.shape,
        "shift": geometry.shift,
        "unit": one.unit,
        "noun": get_method(one.cam.key.method).phrase.noun,
        "map": _map(f"map-{place}", one),
        "look": _look(one),
    }


def _map(blob: str, one: PaneSet) -> dict[str, Any]:
    told = {"scale": scale_of(one.cam, one.look), "isSigned": is_drawn_signed(one.cam, one.look)}
    return {"blob": blob, "key": _digest(maps([one.cam.values])), "isUsable": one.cam.usable, **told}


def _look(one: PaneSet) -> dict[str, Any]:
    look = one.look
    shares = {"opacity": look.opacity, "threshold": look.threshold, "contour": look.contour}
    how = {"colormap": look.colormap.lower(), "overlay": look.overlay}
    return {"view": "swipe" if one.is_swipe else "side", **how, **shares}


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


_ELEMENT = st.components.v2.component("heatproof_panes", html='<div class="hp sets"></div>', js=PANES_MODULE)
