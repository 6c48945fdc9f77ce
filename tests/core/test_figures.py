"""Do the three panels hold what they say, for images of every shape?"""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from PIL import Image

from gradcam_core.rendering.colormaps import COLORMAPS
from gradcam_core.rendering.figures import figure_png, panels_figure
from gradcam_core.rendering.render import Look, heatmap_image, overlay_image
from tests.core.made_maps import made_cam, made_image

RAMP = np.linspace(-1, 2, 49).reshape(7, 7)


def texts(figure: Any) -> list[str]:
    """Everything written on a figure, tick labels too."""
    return [text.get_text() for text in figure.findobj(Text) if text.get_text() and text.get_visible()]


@pytest.mark.parametrize("size", [(1, 1), (224, 224), (400, 30), (2, 200), (300, 3), (160, 90), (90, 160)])
@pytest.mark.parametrize("label", ["Wort " * 30, "W" * 300, "i i i W"])
def test_nothing_is_cut_off_or_overlaps_whatever_the_shape(size: tuple[int, int], label: str) -> None:
    image = made_image(*size)
    figure = panels_figure(image, made_cam(RAMP, image, label=label))
    boxes = [text.get_window_extent() for text in figure.texts]
    boxes += [box for axes in figure.axes if (box := axes.get_tightbbox())]  # with its name and ticks
    assert len(boxes) >= 7
    assert not [box for box in boxes if box.x0 < 0 or box.y0 < 0]
    assert not [box for box in boxes if box.x1 > figure.bbox.x1 or box.y1 > figure.bbox.y1]
    assert not any(one.overlaps(other) for one in boxes for other in boxes if one is not other)


def test_panels_are_the_rendered_pictures_in_their_own_shape() -> None:
    image = made_image(60, 40)
    cam = made_cam(RAMP, image)
    look = Look("viridis", opacity=0.3, threshold=0.25, contour=0.1)
    figure = panels_figure(image, cam, look)
    drawn = [np.asarray(axes.images[0].get_array()) for axes in figure.axes[:3]]
    pictures = image.pixels, heatmap_image(cam, image, look), overlay_image(image, cam, look)
    for panel, picture in zip(drawn, pictures, strict=True):
        assert (panel == picture).all()
    box = figure.axes[0].get_window_extent()
    assert box.width / box.height == pytest.approx(60 / 40)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Original", "Heatmap", "Overlay", "Evidence"]


def test_a_map_of_attention_is_not_called_evidence() -> None:
    image = made_image(60, 40)
    cam = made_cam(RAMP, image)
    cam = replace(cam, key=replace(cam.key, method="rollout"), method_title="Attention rollout")
    figure = panels_figure(image, cam)
    assert figure.axes[-1].get_title(loc="left") == "Attention"
    written = "\n".join(texts(figure))
    assert "Attention rollout draws the same map for every class" in written
    assert "blocks.5" not in written


def test_the_caption_says_how_to_make_the_map_again() -> None:
    image = made_image(60, 40)
    written = "\n".join(texts(panels_figure(image, made_cam(RAMP, image), unit="logits per cell")))
    for part in ("dog  75.0 %", "Grad-CAM", "blocks.5", "logit 2.50", "class 3", "Net (3 things)", "trained"):
        assert part in written
    assert "logits per cell" in written
    assert "faded" not in written


def test_what_was_not_seen_is_named_and_has_one_fine_edge_at_every_size() -> None:
    widths = set()
    for size in ((8, 8), (60, 40), (900, 600)):
        image = made_image(*size)
        cam = made_cam(RAMP, image, window=(size[0] / 4, 0, 3 * size[0] / 4, size[1]))
        figure = panels_figure(image, cam)
        assert any("faded: not seen by the model" in text for text in texts(figure))
        assert [len(axes.patches) for axes in figure.axes] == [0, 1, 1, 0]
        edge = figure.axes[2].patches[0]
        assert isinstance(edge, Rectangle)
        assert edge.get_bbox().bounds == (0.25, 0, 0.5, 1)
        widths.add(edge.get_linewidth())
    assert len(widths) == 1


@pytest.mark.parametrize(
    ("top", "labels"),
    [
        (2.0, ["0", "0.50", "1.00", "1.50", "2.00"]),
        (0.0125, ["0", "0.0031", "0.0063", "0.0094", "0.0125"]),
        (1234.0, ["0", "308", "617", "926", "1234"]),
        (1e-9, ["0", "2.50e-10", "5.00e-10", "7.50e-10", "1.00e-09"]),
    ],
)
def test_the_colour_bar_counts_raw_values_from_zero_to_the_largest(top: float, labels: list[str]) -> None:
    image = made_image(20, 20)
    bar = panels_figure(image, made_cam([[-3 * top, 0.0, top]], image)).axes[3]
    shown = [label.get_text() for label in bar.get_yticklabels()]
    assert [float(text) for text in shown] == pytest.approx([float(text) for text in labels], rel=0.02)
    assert shown[0] == "0"
    assert shown[-1] == labels[-1]


def test_a_given_scale_is_where_the_colour_bar_ends() -> None:
    image = made_image(20, 20)
    bar = panels_figure(image, made_cam(RAMP, image), Look(scale=8.0)).axes[3]
    assert bar.get_yticklabels()[-1].get_text() == "8.00"


def test_the_colour_bar_of_a_signed_map_goes_both_ways() -> None:
    image = made_image(20, 20)
    figure = panels_figure(image, made_cam([[-3.0, 0.0, 1.0]], image, is_signed=True), Look(sign="both"))
    bar = figure.axes[3]
    assert [label.get_text() for label in bar.get_yticklabels()] == ["-3.00", "-1.50", "0", "1.50", "3.00"]
    shades = np.asarray(bar.images[0].get_array())[::-1, 0].astype(int)
    assert (shades[[0, 255, -1]] == [[5, 48, 97], [247, 247, 246], [103, 0, 31]]).all()
    assert any("blue: evidence against the class" in text for text in texts(figure))


def test_the_colour_bar_has_no_colour_for_what_is_hidden() -> None:
    image = made_image(20, 20)
    bar = panels_figure(image, made_cam(RAMP, image), Look("jet", threshold=0.5)).axes[3]
    shades = np.asarray(bar.images[0].get_array())[::-1, 0]
    assert (shades[:128] == COLORMAPS["jet"].table[0]).all()
    assert (shades[128:] == COLORMAPS["jet"].table[128:]).all()


@pytest.mark.parametrize(
    ("look", "line"),
    [
        (Look(threshold=0.25), "hidden: less than 25 % of the scale"),
        (Look(contour=0.125), "outlined: the smallest area that holds 12.5 % of the evidence"),
        (Look(), ""),
    ],
)
def test_the_caption_tells_what_is_hidden_and_outlined(look: Look, line: str) -> None:
    image = made_image(60, 40)
    told = [
        text
        for text in texts(panels_figure(image, made_cam(RAMP, image), look))
        if "hidden" in text or "outlined" in text
    ]
    assert told == [line] * bool(line)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_an_unusable_map_says_so_and_gets_no_scale(value: float) -> None:
    image = made_image(20, 20)
    cam = made_cam(np.full((3, 3), value), image)
    figure = panels_figure(image, cam)
    assert cam.note
    assert cam.note in " ".join(texts(figure))
    assert [label.get_text() for label in figure.axes[3].get_yticklabels()] == ["0"]
    assert "nothing to show" in texts(figure)
    assert figure_png(figure).startswith(b"\x89PNG")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("label", "title"),
    [
        ("$x_1$ costs $5", "$x_1$ costs $5"),
        ("größer\n\tals \u202ealles", "größer\ufffd\ufffdals \ufffdalles"),
        ("犬 \U0001f415", "\ufffd \ufffd"),
        ("\\frac{1}{2} %", "\\frac{1}{2} %"),
        ("", ""),
    ],
)
def test_a_label_is_drawn_as_text(label: str, title: str) -> None:
    image = made_image(20, 20)
    figure = panels_figure(image, made_cam(RAMP, image, label=label))
    assert figure.texts[0].get_text().replace(" ", "") == f"{title}75.0%".replace(" ", "")
    assert figure.texts[0].get_parse_math() is False
    assert figure_png(figure).startswith(b"\x89PNG")


def test_a_figure_leaves_nothing_in_pyplots_list() -> None:
    import matplotlib.pyplot as plt

    image = made_image(20, 20)
    panels_figure(image, made_cam(RAMP, image))
    assert plt.get_fignums() == []


def test_the_png_is_white_and_large_enough_to_print() -> None:
    image = made_image(60, 40)
    with Image.open(io.BytesIO(figure_png(panels_figure(image, made_cam(RAMP, image))))) as picture:
        assert picture.convert("RGB").getpixel((2, 2)) == (255, 255, 255)
        assert picture.width > 1800
