"""What is said of every choice before it is made, as text: pure functions, no Streamlit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from gradcam_core.text import megabytes

if TYPE_CHECKING:
    from gradcam_core.layers.finding import TargetLayer
    from gradcam_core.layers.place import ReceptiveField
    from gradcam_core.methods import CamMethod
    from gradcam_core.models import ModelSpec

_DEPTHS = (
    "An early layer: edges and textures, in fine detail.",
    "A middle layer: patterns and parts of things.",
    "A late layer: whole things, coarsely.",
)
_HERE = "On this machine"
_LAST = "The last one before pooling, and so the last that still knows where things are."
_LAST_READ = "Near the end of the network, where its cells still count for the class."
_USUAL = "The one that the description of this network names."
_EVEN = 2 * 3**0.5  # the width of an even field by its deviation


def layer_title(layer: TargetLayer, default: str) -> str:
    """Name and resolution, and whether it is the default."""
    width, height = layer.size
    return f"{layer.name} · {width} × {height}{' · default' if layer.name == default else ''}"


def layer_sentence(layers: Sequence[TargetLayer], name: str, default: str) -> str:
    """How many cells and channels a layer has, and what its place among the others says of it."""
    place = [layer.name for layer in layers].index(name)
    (width, height), channels = layers[place].size, layers[place].channels
    counts = f"{width} × {height} cells, {channels:,} channels."
    if name == default:
        is_last = all(later.size == (width, height) for later in layers[place:])
        last = _LAST_READ if layers[place].layout.prefix else _LAST
        return f"{counts} {last if is_last else _USUAL}"
    return f"{counts} {_DEPTHS[len(_DEPTHS) * place // len(layers)]}"


def cell_sentence(layer: TargetLayer, input_size: tuple[int, int], field: ReceptiveField | None = None) -> str:
    """How much of the input, (width, height) in pixels, a cell looks at where that was measured; else how large it is.

    A field is told as an even one with its deviation would be; it is at least as large as the cell.
    """
    cell = [pixels / cells for pixels, cells in zip(input_size, layer.size, strict=True)]
    across, down = (f"{round(side):,}" for side in cell)
    if field is None or not max(field.spread):
        return f"A cell is {across} × {down} px of the input."
    seen = [
        min(max(side, _EVEN * one * side), whole)
        for side, one, whole in zip(cell, field.spread, input_size, strict=True)
    ]
    wide, high = (f"{round(side):,}" for side in seen)
    return f"A cell is {across} × {down} px of the input and looks mostly at {wide} × {high} px."


def method_sentence(method: CamMethod, layer: TargetLayer, remark: str = "") -> str:
    """What a method does, and its cost at this layer or why it can't explain it.

    Args:
        remark: on the method's maps of this model.
    """
    if reason := method.unsupported_because(layer):
        return f"{method.description} Not at {layer.name}: {reason}"
    cost = method.cost(layer)
    same = [] if method.depends_on_layer else ["The same at every layer."]
    passes = [f"Takes {1 + cost:,} forward passes."] if cost else []
    return " ".join(filter(None, [method.description, *same, *passes, remark]))


def model_titles(specs: Sequence[ModelSpec]) -> dict[str, str]:
    """By name; with the name itself where two have one title, for a radio group knows its options by their text."""
    titles = [spec.title for spec in specs]
    return {spec.name: spec.title if titles.count(spec.title) == 1 else f"{spec.title} ({spec.name})" for spec in specs}


def model_groups(specs: Sequence[ModelSpec]) -> dict[str, list[ModelSpec]]:
    """In the order of a list: what is here, as its sources come, then family by family what is not."""
    groups: dict[str, list[ModelSpec]] = {_HERE: []}
    for spec in specs:
        groups.setdefault(_HERE if spec.ready or not spec.family else spec.family, []).append(spec)
    return groups


def readiness(spec: ModelSpec) -> str:
    """Whether it is here, or how much would be downloaded, as markdown."""
    if spec.beyond_limits:
        return "**Too large here.**"
    return "**Ready.**" if spec.ready else f"**{megabytes(spec.download_bytes)} to download.**"


def model_caption(spec: ModelSpec) -> str:
    """What a list says below a model's title, but for its readiness: how right and how large it is, then what it is."""
    figures = []
    if spec.accuracy is not None:
        figures.append(f"{spec.accuracy:.1f} % right on ImageNet-1K")
    if spec.parameters:
        figures.append(f"{spec.parameters / 1e6:.1f} M parameters")
    return " ".join(([f"{', '.join(figures)}."] if figures else []) + [model_sentence(spec)])


def model_sentence(spec: ModelSpec) -> str:
    """What it is, and what it knows where neither that nor its accuracy on ImageNet says it."""
    is_said = spec.accuracy is not None or spec.label_summary in spec.sentence
    return spec.sentence if is_said else f"{spec.sentence} {label_sentence(spec)}"


def label_sentence(spec: ModelSpec) -> str:
    """What it can recognise, as a sentence."""
    return f"Knows {spec.label_summary}{'' if spec.label_summary.endswith('.') else '.'}"
