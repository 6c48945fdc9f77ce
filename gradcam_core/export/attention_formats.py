"""Which files does a map of attention or of features leave?"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcam_core.encoding import to_npy, to_png
from gradcam_core.export.attention_map import LaidMap
from gradcam_core.export.formats import ExportFormat, made_file
from gradcam_core.export.manifest import json_text, look_json, seen_json, shifts_json, versions
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel
from gradcam_core.rendering.feature_colours import colours_alone, colours_overlay
from gradcam_core.rendering.figures import Bar, Caption, Panels, captioned_figure, drawn_lines, figure_png
from gradcam_core.rendering.render import DEFAULT_LOOK, Look, heatmap_image, overlay_image
from gradcam_core.text import display_name

FACTS = "facts.json"


@dataclass(frozen=True)
class ModelFacts:
    """What a file says of the model; `notes` are what was assumed of it."""

    title: str
    weights_sha256: str
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, model: LoadedModel) -> "ModelFacts":
        """Those of a loaded one."""
        return cls(model.spec.title, model.weights_sha256, model.notes)


@dataclass(frozen=True, eq=False)
class DrawnMap:
    """A map over its image, in a look."""

    image: LoadedImage
    laid: LaidMap
    model: ModelFacts
    look: Look = DEFAULT_LOOK

    @property
    def overlay(self) -> np.ndarray:
        """(height, width, 3) uint8."""
        laid = self.laid
        if laid.colours is None:
            return overlay_image(self.image, laid.cam, self.look)
        return colours_overlay(self.image, laid.colours, laid.cam.geometry)

    @property
    def alone(self) -> np.ndarray:
        """Likewise, without the image."""
        laid = self.laid
        if laid.colours is None:
            return heatmap_image(laid.cam, self.image, self.look)
        return colours_alone(laid.colours, laid.cam.geometry)


def attention_file(drawn: DrawnMap, file_name: str) -> bytes:
    """The bytes of one file, as a page gives it.

    Raises:
        HeatproofError: if no format has such a file.
    """
    return made_file(ATTENTION_FORMATS.values(), file_name, drawn, of="A map of attention")


def attention_json(it: DrawnMap) -> dict[str, Any]:
    """What is known of a map, of which image and model, in which look."""
    cam = it.laid.cam
    return {
        "model": cam.key.model,
        "model_title": it.model.title,
        "weights_sha256": it.model.weights_sha256,
        **({"model_notes": list(it.model.notes)} if it.model.notes else {}),
        "preprocessing": cam.key.preprocessing,
        **map_json(it.laid),
        "map": values_json(it.laid),
        **seen_json(it.image, cam.geometry),
        "look": look_json(it.look),
        "versions": versions(),
    }


def map_json(laid: LaidMap) -> dict[str, Any]:
    """What a map shows, and where its cells are laid."""
    cam = laid.cam
    return {
        "shows": cam.key.method,
        "layer": cam.key.layer,
        **laid.facts,
        "sentence": laid.sentence,
        "caveat": laid.caveat,
        "place": {**shifts_json(cam), **({"note": cam.field.note} if cam.field.note else {})},
    }


def values_json(laid: LaidMap) -> dict[str, Any]:
    """Its values in short; colours have no smallest, no largest and no peak."""
    cam, shape = laid.cam, list(laid.values.shape)
    if laid.colours is not None:
        return {"shape": shape, "peak": None}
    return {
        "shape": shape,
        "minimum": float(cam.values.min()),
        "maximum": float(cam.values.max()),
        "peak": list(cam.peak) if cam.usable else None,
        **({"note": cam.note} if cam.note else {}),
    }


def _panels(it: DrawnMap) -> bytes:
    cam, is_scale = it.laid.cam, it.laid.colours is None
    lines = (
        f"{cam.method_title} at {display_name(cam.key.layer or 'the network itself')}",
        f"{display_name(it.model.title)}  ·  weights {it.model.weights_sha256[:8]}"
        f"  ·  preprocessing: {cam.key.preprocessing}",
        it.laid.caveat,
        *it.laid.facts.get("doubts", ()),
        *(drawn_lines(cam, it.look, "map") if is_scale else ()),
    )
    caption = Caption(it.laid.sentence, lines, cam.note if is_scale else "")
    panels = Panels(it.alone, it.overlay, cam.geometry, "Map" if is_scale else "Colours")
    bar = Bar(cam, it.look, it.laid.unit, "Scale") if is_scale else None
    return figure_png(captioned_figure(it.image, panels, caption, bar))


ATTENTION_FORMATS: dict[str, ExportFormat[DrawnMap]] = {
    one.slug: one
    for one in (
        ExportFormat(
            slug="panels",
            file_name="panels.png",
            mime="image/png",
            title="Three panels (PNG)",
            description="Original, map and overlay in one figure, with a colour bar and a caption.",
            make=_panels,
        ),
        ExportFormat(
            slug="overlay",
            file_name="overlay.png",
            mime="image/png",
            title="Overlay at full size (PNG)",
            description="The image under its map.",
            make=lambda it: to_png(it.overlay),
        ),
        ExportFormat(
            slug="map",
            file_name="map.npy",
            mime="application/octet-stream",
            title="Raw map (NPY)",
            description="The values of the cells, rows and columns of the grid, for numpy.load.",
            make=lambda it: to_npy(it.laid.values),
        ),
        ExportFormat(
            slug="json",
            file_name=FACTS,
            mime="application/json",
            title="Facts (JSON)",
            description="What the map shows, of which block of which model, and what made it.",
            make=lambda it: json_text(attention_json(it)).encode(),
        ),
    )
}
