"""The tutorial's three panels, original, heatmap and overlay, as one figure to show, print or send.

Everything is placed in inches by `_Layout`, so that a picture of any shape gets a figure that fits it. Figures are
made without pyplot, which keeps them in a global list: any number of threads can make theirs at once.
"""

import io
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gradcam_core.cam import RAW_UNIT, Cam
from gradcam_core.geometry import InputGeometry
from gradcam_core.layers.place import DEFAULT_PLACE, get_place
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import get_method
from gradcam_core.rendering.render import (
    DEFAULT_LOOK,
    Look,
    bar_colours,
    heatmap_image,
    is_drawn_signed,
    overlay_image,
    scale_of,
)
from gradcam_core.rendering.typesetting import FONT, TextStyle, wrapped
from gradcam_core.sentences import made_by, no_class_sentence
from gradcam_core.text import display_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_DPI = 150
_INK, _SOFT, _RULE, _WARNING = "#1b1f24", "#59636e", "#d1d9e0", "#9a3412"
_MARGIN, _GAP, _NAME_ROW = 0.35, 0.22, 0.28  # inches, as all that follow
_BAR_WIDTH, _BAR_ROOM = 0.16, 1.1
_LARGEST_WIDTH, _LARGEST_HEIGHT, _SMALLEST_CELL = 4.0, 5.2, 1.0
_STACKED_FROM, _STACKED_WIDTH = 2.2, 9.0  # width : height from which the panels lie below one another
_SMALLEST_TEXT_WIDTH = 6.4
_TITLE, _LINE = TextStyle(15, 0.30, "bold"), TextStyle(9.5, 0.20, "normal")


def panels_figure(
    image: LoadedImage, cam: Cam, look: Look = DEFAULT_LOOK, *, unit: str = RAW_UNIT, sentence: str = ""
) -> "Figure":
    """Original, heatmap and overlay under a caption, beside a colour bar from 0 to the scale's raw value.

    Args:
        unit: what the raw values count; `engine.unit_of` knows when they are logits.
        sentence: what the map says, as its title; the class alone if not given.

    Returns:
        A matplotlib figure with its own canvas; `savefig` writes it.

    Raises:
        ValueError: if the map belongs to an image of another size.
        HeatproofError: if there is no such colour map.
    """
    bar = Bar(cam, look, unit, _noun(cam).capitalize())
    return captioned_figure(image, Panels.of(image, cam, look), _caption(cam, look, sentence), bar)


def captioned_figure(image: LoadedImage, panels: "Panels", caption: "Caption", bar: "Bar | None" = None) -> "Figure":
    """Original and two pictures of the same size under any caption; otherwise as `panels_figure`.

    Args:
        bar: left away where the colours are no scale.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    layout = _Layout(image.size, caption)
    figure = Figure(figsize=layout.figure_size, dpi=_DPI, facecolor="white")
    FigureCanvasAgg(figure)
    _write_caption(figure, layout)
    _draw_panel(figure, layout.panel(0), "Original", image.pixels)
    for place, (name, picture) in enumerate(((panels.name, panels.alone), ("Overlay", panels.overlay)), start=1):
        axes = _draw_panel(figure, layout.panel(place), name, picture)
        if not panels.geometry.is_all_seen:
            _draw_edge(axes, panels.geometry)
    if bar:
        _draw_colour_bar(figure, layout.bar, bar)
    return figure


def figure_png(figure: "Figure") -> bytes:
    """A figure as the bytes of a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=_DPI, facecolor="white")
    return buffer.getvalue()


@dataclass(frozen=True)
class Caption:
    """What stands above the panels."""

    title: str
    lines: tuple[str, ...]
    warning: str = ""


@dataclass(frozen=True, eq=False)
class Panels:
    """(height, width, 3) uint8: the map alone, and over the image; `name` is that of the first."""

    alone: np.ndarray
    overlay: np.ndarray
    geometry: InputGeometry
    name: str = "Heatmap"

    @classmethod
    def of(cls, image: LoadedImage, cam: Cam, look: Look, name: str = "Heatmap") -> "Panels":
        """As this look draws the map."""
        return cls(heatmap_image(cam, image, look), overlay_image(image, cam, look), cam.geometry, name)


@dataclass(frozen=True, eq=False)
class Bar:
    """The colour bar of a map: what its raw values count, and what it shows."""

    cam: Cam
    look: Look
    unit: str
    title: str


Box = tuple[float, float, float, float]
"""left, bottom, width, height as fractions of the figure, as matplotlib wants them."""


@dataclass(frozen=True)
class _Layout:
    """Where everything goes, counted in inches from the top left corner."""

    image_size: tuple[int, int]
    caption: Caption

    @property
    def is_stacked(self) -> bool:
        width, height = self.image_size
        return width / height >= _STACKED_FROM

    @property
    def picture_size(self) -> tuple[float, float]:
        """(width, height) of one panel's picture."""
        width, height = self.image_size
        largest = (_STACKED_WIDTH, math.inf) if self.is_stacked else (_LARGEST_WIDTH, _LARGEST_HEIGHT)
        inch = min(largest[0] / width, largest[1] / height)
        return width * inch, height * inch

    @property
    def step(self) -> tuple[float, float]:
        """From one panel's top left corner to the next one's."""
        width, height = self.picture_size
        if self.is_stacked:
            return 0, height + _GAP + _NAME_ROW
        return max(width, _SMALLEST_CELL) + _GAP, 0

    @property
    def text_width(self) -> float:
        return max(self._panels_width + _BAR_ROOM, _SMALLEST_TEXT_WIDTH)

    @property
    def title(self) -> list[str]:
        return wrapped(self.caption.title, self.text_width, _TITLE)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """(text, colour) of every line under the title."""
        parts = [(line, _SOFT) for line in self.caption.lines] + [(self.caption.warning, _WARNING)]
        return [(line, colour) for text, colour in parts for line in wrapped(text, self.text_width, _LINE)]

    @property
    def figure_size(self) -> tuple[float, float]:
        return self.text_width + 2 * _MARGIN, self._panels_top + self._panels_height + _MARGIN

    @property
    def bar(self) -> Box:
        left = _MARGIN + self._panels_width + 0.75 * _GAP
        return self.box(left, self._panels_top, _BAR_WIDTH, self._panels_height)

    def panel(self, place: int) -> Box:
        """The picture of the first, second or third panel."""
        across, down = self.step
        return self.box(_MARGIN + place * across, self._panels_top + place * down, *self.picture_size)

    def box(self, left: float, top: float, width: float, height: float) -> Box:
        whole_width, whole_height = self.figure_size
        bottom = whole_height - top - height
        return left / whole_width, bottom / whole_height, width / whole_width, height / whole_height

    @property
    def _panels_top(self) -> float:
        """The caption's lines, a gap, and the row of the panels' names."""
        return _MARGIN + len(self.title) * _TITLE.line + len(self.lines) * _LINE.line + _GAP / 2 + _NAME_ROW

    @property
    def _panels_width(self) -> float:
        return 2 * self.step[0] + max(self.picture_size[0], _SMALLEST_CELL)

    @property
    def _panels_height(self) -> float:
        return 2 * self.step[1] + self.picture_size[1]


def _caption(cam: Cam, look: Look, sentence: str) -> Caption:
    """Everything one must know to make this map again, and what the look leaves out or adds."""
    prediction, key = cam.prediction, cam.key
    lines = [
        f"{made_by(cam)}  ·  logit {prediction.logit:.2f}  ·  class {key.class_index}",
        f"{display_name(cam.model_title)}  ·  preprocessing: {key.preprocessing}{_place(cam)}{_unseen(cam)}",
        *filter(None, [cam.sign_rule, cam.remark, no_class_sentence(cam)]),
        *drawn_lines(cam, look, _noun(cam)),
    ]
    title = f"{display_name(prediction.label)}  {100 * prediction.probability:.1f} %"
    return Caption(sentence or title, tuple(lines), "" if sentence else cam.note)


def _place(cam: Cam) -> str:
    title = get_place(cam.key.place).title
    return "" if cam.key.place == DEFAULT_PLACE else f"  ·  {title[:1].lower()}{title[1:]}"


def _unseen(cam: Cam) -> str:
    return "" if cam.geometry.is_all_seen else "  ·  faded: not seen by the model"


def drawn_lines(cam: Cam, look: Look, shown: str) -> list[str]:
    """One line on the threshold, the contour and evidence against the class, if there is any of them.

    Args:
        shown: what the map is of.
    """
    hidden = f"hidden: less than {_percent(look.threshold)} of the scale"
    outlined = f"outlined: the smallest area that holds {_percent(look.contour)} of the {shown}"
    against = "blue: evidence against the class"
    told = ((against, is_drawn_signed(cam, look)), (hidden, look.threshold), (outlined, look.contour))
    said = [text for text, is_so in told if is_so]
    return ["  ·  ".join(said)] if said else []


def _noun(cam: Cam) -> str:
    """What there is the more of in a cell, the larger its value."""
    return get_method(cam.key.method).phrase.noun


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _write_caption(figure: "Figure", layout: _Layout) -> None:
    lines = [(line, _INK, _TITLE) for line in layout.title] + [(*line, _LINE) for line in layout.lines]
    top = _MARGIN
    for text, colour, style in lines:
        left, bottom, _, _ = layout.box(_MARGIN, top, 0, 0)
        written = figure.text(left, bottom, text, va="top", parse_math=False, family=FONT)
        written.set(color=colour, size=style.points, weight=style.weight)
        top += style.line


def _draw_panel(figure: "Figure", box: Box, name: str, picture: np.ndarray) -> "Axes":
    axes = figure.add_axes(box)
    axes.imshow(picture, aspect="auto", extent=(0, 1, 0, 1))
    axes.set_title(name, loc="left", fontsize=10.5, color=_INK, family=FONT, pad=5)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set(color=_RULE, linewidth=0.8)
    return axes


def _draw_edge(axes: "Axes", geometry: InputGeometry) -> None:
    """One fine line round what the model saw."""
    from matplotlib.patches import Rectangle

    (width, height), (left, top, right, bottom) = geometry.image_size, geometry.seen
    corner = left / width, 1 - bottom / height
    sides = (right - left) / width, (bottom - top) / height
    axes.add_patch(Rectangle(corner, *sides, fill=False, edgecolor="white", linewidth=0.8))


def _draw_colour_bar(figure: "Figure", box: Box, bar: Bar) -> None:
    top = scale_of(bar.cam, bar.look)
    axes = _draw_panel(figure, box, bar.title, bar_colours(bar.cam, bar.look))
    axes.yaxis.tick_right()
    axes.yaxis.set_label_position("right")
    axes.set_yticks(*_ticks(top, is_signed=is_drawn_signed(bar.cam, bar.look)))
    labels = axes.get_yticklabels()
    labels[-1].set_verticalalignment("top")  # the outermost keep within the bar, clear of its name
    labels[0].set_verticalalignment("bottom")
    axes.tick_params(length=3, color=_SOFT, labelcolor=_SOFT, labelsize=8.5, labelfontfamily=FONT)
    name = bar.unit if top else "nothing to show"
    axes.set_ylabel(name, fontsize=9, color=_SOFT, family=FONT, labelpad=6, parse_math=False)


def _ticks(top: float, *, is_signed: bool) -> tuple[list[float], list[str]]:
    """Where on the bar, 0 to 1, and the raw value there, three figures for the largest."""
    if not top:
        return [0], ["0"]
    decimals = 2 - math.floor(math.log10(top))
    form = f".{max(decimals, 0)}f" if -2 <= decimals <= 5 else ".2e"
    places, lowest = [0, 0.25, 0.5, 0.75, 1], -1 if is_signed else 0
    shares = [lowest + place * (1 - lowest) for place in places]
    return places, [format(share * top, form) if share else "0" for share in shares]
