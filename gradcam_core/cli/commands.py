"""What does each command of the shell do? Arguments in, lines of text out; `cli` reads the first and prints the second.

Everything that is asked for is checked before the work begins.
"""

from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from gradcam_core.cam import MOST_PREDICTIONS
from gradcam_core.cli.attention import attention
from gradcam_core.cli.check_map import check_map
from gradcam_core.cli.features import features
from gradcam_core.cli.formatting import (
    explanation_lines,
    layers_lines,
    methods_lines,
    models_lines,
    prediction_lines,
    settings_lines,
)
from gradcam_core.cli.look import look_of
from gradcam_core.cli.output_folder import output_folder
from gradcam_core.cli.summary import summary_json, summary_lines
from gradcam_core.config import settings as current_settings
from gradcam_core.download import policy_from
from gradcam_core.engine import Explainer
from gradcam_core.errors import HeatproofError
from gradcam_core.export.bundle import write_explanations
from gradcam_core.export.formats import Explanation
from gradcam_core.export.manifest import explanation_json, json_text, prediction_json
from gradcam_core.images import load_image
from gradcam_core.layers.place import get_place
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import METHODS, default_method, get_method, why_default
from gradcam_core.models import LoadedModel, broken_checkpoints, download_model, inspect_model, list_models, load_model
from gradcam_core.preprocessing import get_preprocessing
from gradcam_core.progress import Progress
from gradcam_core.resources.cores import share_cores
from gradcam_core.text import counted

_SHOWN = 5  # predictions on the terminal; what is written for a program has `MOST_PREDICTIONS`


def models(options: Namespace, _progress: Progress) -> Iterator[str]:
    """Every model, and what is wrong with those that can't be used."""
    yield from models_lines(list_models(), broken_checkpoints(), everything=options.all)


def layers(options: Namespace, _progress: Progress) -> Iterator[str]:
    """The layers of one model."""
    yield from layers_lines(load_model(options.model, device=options.device), everything=options.all)


def summary(options: Namespace, _progress: Progress) -> Iterator[str]:
    """What one model is made of; its weights need not be here."""
    inspection = inspect_model(options.model, _input_shape(options.input_size))
    if options.json:
        yield from _json_lines(summary_json(inspection))
    else:
        yield from summary_lines(inspection)


def methods(options: Namespace, _progress: Progress) -> Iterator[str]:
    """Every method, and what it costs at one layer of one model."""
    model = load_model(options.model, device=options.device)
    yield from methods_lines(METHODS.values(), model, model.layer(options.layer))


def predict(options: Namespace, _progress: Progress) -> Iterator[str]:
    """What one model sees in one image."""
    preprocessing = get_preprocessing(options.preprocessing).slug
    image, model = _image_and_model(options)
    _check_count(options.top_k, model)
    forward = Explainer(model).forward(image, preprocessing=preprocessing)
    predictions = forward.top(options.top_k or (MOST_PREDICTIONS if options.json else _SHOWN))
    if options.json:
        told = {"model": model.spec.name, **_model_notes(model), "preprocessing": preprocessing}
        yield from _json_lines(told | prediction_json(image, forward.geometry, predictions=predictions))
    else:
        yield from prediction_lines(image, model, predictions, preprocessing=preprocessing)


def explain(options: Namespace, _progress: Progress) -> Iterator[str]:
    """Where one model sees each class that is asked for, or its best one."""
    preprocessing = get_preprocessing(options.preprocessing).slug
    chosen = None if options.method is None else get_method(options.method).slug
    look, folder, place = look_of(options), output_folder(options.out), get_place(options.place).slug
    image, model = _image_and_model(options)
    explainer = Explainer(model, options.layer)
    _check_count(options.top_k, model)
    wanted = dict.fromkeys(model.class_index(text) for text in options.classes or ())
    forward = explainer.forward(image, preprocessing=preprocessing, place=place)
    method = chosen or default_method(explainer.layer)
    predictions = forward.top(options.top_k or MOST_PREDICTIONS)
    cams = [forward.cam(class_index, method) for class_index in wanted or [predictions[0].class_index]]
    made = [replace(Explanation.of(image, forward, cam, look), predictions=predictions) for cam in cams]
    strongest = made[0].strongest
    written = [] if folder is None else write_explanations(folder, made)
    if options.json:
        told = explanation_json(image, cams, predictions=predictions, look=look, strongest=strongest)
        yield from _json_lines(told | _model_notes(model))
    else:
        shown, why = predictions[: options.top_k or _SHOWN], "" if chosen else why_default(explainer.layer)
        yield from prediction_lines(image, model, shown, preprocessing=preprocessing)
        yield from ["", *explanation_lines(cams, among=predictions, strongest=strongest, why_method=why), ""]
        yield from [f"Written to {target}" for target in written] or ["Add --out DIR to write the pictures."]


def download(options: Namespace, progress: Progress) -> Iterator[str]:
    """Fetch one model's weights, unless they are here and whole."""
    steps = 0

    def counted(done: int, total: int) -> None:
        nonlocal steps
        steps += 1
        progress(done, total)

    spec = download_model(options.model, progress=counted)
    yield f"{spec.name} is ready: {spec.title}." if steps else f"{spec.name} is here already."


def settings(_options: Namespace, _progress: Progress) -> Iterator[str]:
    """Every limit and switch, what it is now, and why."""
    policy_from(current_settings())  # refuses what is no host
    yield from settings_lines(current_settings())


def check(_options: Namespace, _progress: Progress) -> Iterator[str]:
    """Whether everything works here, really tried; an error at the end if something does not."""
    from gradcam_core.cli.selfcheck import findings

    found = []
    for finding in findings():
        found.append(finding)
        yield f"{'fine ' if finding.is_fine else 'WRONG'}  {finding.name:9} {finding.sentence}"
    wrong = [finding.name for finding in found if not finding.is_fine]
    if wrong:
        raise HeatproofError(f"{len(wrong)} of {len(found)} checks failed: {', '.join(wrong)}.")


COMMANDS: dict[str, Callable[[Namespace, Progress], Iterable[str]]] = {
    command.__name__.replace("_", "-"): command
    for command in (
        models,
        layers,
        summary,
        methods,
        predict,
        explain,
        attention,
        features,
        check_map,
        download,
        settings,
        check,
    )
}


def _image_and_model(options: Namespace) -> tuple[LoadedImage, LoadedModel]:
    """The image first: it is the quicker to refuse. Computed as on the page, to the last bit."""
    share_cores()
    return load_image(options.image), load_model(options.model, device=options.device)


def _model_notes(model: LoadedModel) -> dict[str, Any]:
    """What was assumed of the model, where anything was."""
    return {"model_notes": list(model.notes)} if model.notes else {}


def _check_count(asked: int | None, model: LoadedModel) -> None:
    """Whether the model has so many predictions to list."""
    known = len(model.labels)
    if asked is not None and not 1 <= asked <= known:
        raise HeatproofError(
            f"--top-k is {asked}, and {model.spec.name} has {counted(known, 'class', 'classes')}.",
            hint=f"Ask for 1 to {known}.",
        )


def _input_shape(text: str | None) -> tuple[int, ...] | None:
    """One side in pixels, or images x channels x height x width."""
    if text is None:
        return None
    parts = text.lower().replace(" ", "").split("x")
    if len(parts) not in (1, 4) or not all(part.isascii() and part.isdecimal() and len(part) < 9 for part in parts):
        raise HeatproofError(f"--input-size is {text[:40]!r}.", hint="Give a side, such as 28, or 1x3x28x28.")
    sides = tuple(map(int, parts))
    return (1, 3, *sides, *sides) if len(sides) == 1 else sides


def _json_lines(answer: dict[str, Any]) -> list[str]:
    """One JSON object, as it is written into a file."""
    return json_text(answer).splitlines()
