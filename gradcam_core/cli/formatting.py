"""How do the answers read on a terminal? Lines of plain text; nothing is printed here."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

from gradcam_core.cam import Cam, Prediction
from gradcam_core.config import PREFIX, Settings
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import CamMethod, why_unfit
from gradcam_core.models import LoadedModel, ModelSpec
from gradcam_core.sentences import cells_sentence, made_by, sentence, unfit_sentences
from gradcam_core.text import display_name, figures, megabytes

_LABEL_WIDTH = 24
_LINE = 110  # characters


def models_lines(specs: Sequence[ModelSpec], broken: Sequence[tuple[str, str]], *, everything: bool) -> Iterator[str]:
    """A line for each model that is here or has no family, the names in each family of the rest, or a line for each.

    Last what is assumed of each model, and a sentence for every checkpoint that can't be used.
    """
    single = [spec for spec in specs if spec.ready or not spec.family]
    rest = [spec for spec in specs if spec not in single]
    if everything:
        yield from columns([_model_row(spec) for spec in [*single, *rest]], right=(2, 3))
        yield from [f"{spec.name}: {spec.beyond_limits}" for spec in rest if spec.beyond_limits]
    else:
        yield from columns([(spec.name, _state(spec), spec.title, spec.label_summary) for spec in single])
        yield from _family_lines(rest)
    for spec in (spec for spec in specs if spec.notes):
        yield ""
        yield from [f"{display_name(spec.name)}: {note}" for note in spec.notes]
    for name, reason in broken:
        yield ""
        yield f"{display_name(name)} can't be used: {reason}"


def layers_lines(model: LoadedModel, *, everything: bool) -> Iterator[str]:
    """Stages and blocks in the order in which they finish, then the rest if everything is wanted."""
    blocks = [layer for layer in model.layers if layer.is_block]
    rest = [layer for layer in model.layers if not layer.is_block]
    yield from columns([_layer_row(layer, model) for layer in blocks])
    if rest and everything:
        yield ""
        yield from columns([_layer_row(layer, model) for layer in rest])
    elif rest:
        yield ""
        yield f"{len(rest)} more with --all."


def methods_lines(methods: Iterable[CamMethod], model: LoadedModel, layer: TargetLayer) -> Iterator[str]:
    """One line a method, with its forward passes at this layer or the reason why it can't explain it."""
    listed = list(methods)
    unfit = {method.title: reason for method in listed if (reason := why_unfit(method, model))}
    yield from columns([_method_row(method, layer, is_fit=method.title not in unfit) for method in listed])
    yield ""
    yield from unfit_sentences(unfit, display_name(model.spec.title))
    yield from [f"{method.title}: {method.sign_rule}" for method in listed if method.sign_rule]
    yield f"Forward passes are those for the first class at layer {layer.name} of {display_name(model.spec.name)}."


def prediction_lines(
    image: LoadedImage, model: LoadedModel, predictions: Sequence[Prediction], *, preprocessing: str
) -> Iterator[str]:
    """What was shown to which model, and its best classes."""
    yield f"{_name(image)}, {_size(image)}"
    yield from image.notes
    yield f"{display_name(model.spec.title)}, preprocessing: {preprocessing}"
    yield from model.notes
    yield ""
    yield from columns([_prediction_row(prediction) for prediction in predictions], right=(0, 2))


def explanation_lines(
    cams: Sequence[Cam], *, among: Sequence[Prediction], strongest: float, why_method: str = ""
) -> Iterator[str]:
    """Where each class's evidence lies, or why its map does not tell; in a plain sentence each first.

    Args:
        why_method: why the method was taken, in one sentence, where nobody chose it and it is not the usual one.
    """
    for cam in cams:
        yield sentence(cam, among=among, strongest=strongest)
    yield ""
    h, w = cams[0].values.shape
    yield f"{made_by(cams[0])}, {w} x {h} cells"
    yield from filter(None, [why_method, cells_sentence(cams[0])])
    same_map = {cam.same_map_note for cam in cams}
    yield from filter(None, [cams[0].sign_rule, cams[0].remark, *(same_map if len(same_map) == 1 else [])])
    yield ""
    yield from columns([_cam_row(cam) for cam in cams], right=(0, 2))


def settings_lines(now: Settings) -> Iterator[str]:
    """One paragraph a setting: its variable and value, the default where that differs, and the reason."""
    for setting in fields(now):
        value = getattr(now, setting.name)
        changed = "" if value == setting.default else f"  (default: {setting_text(setting.default)})"
        yield f"{PREFIX}{setting.name.upper()} = {setting_text(value)}{changed}"
        zero = setting.metadata["zero"]
        yield f"    {setting.metadata['reason']}{f'; 0: {zero}' if zero else ''}"


def setting_text(value: object) -> str:
    """As it is written into a variable."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return ",".join(value) or "(none)"
    return f"{value:_}" if isinstance(value, int) else str(value) or "(none)"


def columns(rows: Sequence[Sequence[str]], *, right: Sequence[int] = ()) -> Iterator[str]:
    """Rows of cells as lines with two spaces between the columns; those in `right` end at one place."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(cells).rstrip()


def _family_lines(specs: Sequence[ModelSpec]) -> Iterator[str]:
    """The names of the usual weights of each architecture, and how many other sets there are."""
    if not specs:
        return
    usual = [spec for spec in specs if spec.architecture.endswith(f"/{spec.name}")]
    yield ""
    yield "To download:"
    for family in dict.fromkeys(spec.family for spec in usual):
        names = ", ".join(spec.name for spec in usual if spec.family == family)
        yield from textwrap.wrap(f"{family}: {names}", _LINE, initial_indent="  ", subsequent_indent="    ")
    yield f"Sizes, accuracies and {len(specs) - len(usual)} other sets of weights with --all."


def _model_row(spec: ModelSpec) -> tuple[str, ...]:
    accuracy = "" if spec.accuracy is None else f"{spec.accuracy:.1f} % on ImageNet-1K"
    parameters = f"{spec.parameters / 1e6:.1f} M parameters" if spec.parameters else ""
    return spec.name, _state(spec), parameters, accuracy, spec.title, spec.label_summary


def _state(spec: ModelSpec) -> str:
    if spec.ready:
        return "ready"
    if spec.beyond_limits:
        return "too large here"
    return f"{megabytes(spec.download_bytes)} to download" if spec.download_bytes else "weights missing"


def _layer_row(layer: TargetLayer, model: LoadedModel) -> tuple[str, ...]:
    width, height = layer.size
    is_default = layer.name == model.default_layer
    return layer.name, layer.kind, f"{layer.channels} channels", f"{width} x {height}", "default" if is_default else ""


def _method_row(method: CamMethod, layer: TargetLayer, *, is_fit: bool) -> tuple[str, ...]:
    cost = 1 + method.cost(layer)
    refused = method.unsupported_because(layer) if is_fit else "not this model"
    passes = refused or f"{cost:,} forward pass{'' if cost == 1 else 'es'}"
    return method.slug, method.title, method.family, passes, method.paper


def _prediction_row(prediction: Prediction) -> tuple[str, ...]:
    label = display_name(prediction.label).ljust(_LABEL_WIDTH)
    probability = f"{100 * prediction.probability:.1f} %"
    return str(prediction.class_index), label, probability, f"logit {prediction.logit:.2f}"


def _cam_row(cam: Cam) -> tuple[str, ...]:
    x, y = cam.peak
    told = f"strongest at x {x}, y {y} (raw {figures(cam.values.min())} to {figures(cam.values.max())})"
    return *_prediction_row(cam.prediction), told if cam.usable else cam.note


def _name(image: LoadedImage) -> str:
    return image.name or "image"


def _size(image: LoadedImage) -> str:
    kept = f"{image.width} x {image.height}"
    width, height = image.original_size
    return kept if image.size == image.original_size else f"{kept} (of {width} x {height})"
