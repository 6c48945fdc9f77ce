"""`check-map`: does the heatmap of each image deserve belief? A card for each, and a small table at the end."""

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gradcam_core.cam import Cam
from gradcam_core.cli.formatting import columns, prediction_lines
from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.errors import HeatproofError, ImageError
from gradcam_core.export.manifest import json_text, place_json, prediction_json
from gradcam_core.images import load_image
from gradcam_core.layers.place import get_place
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import default_method, get_method, why_default
from gradcam_core.models import load_model
from gradcam_core.preprocessing import get_preprocessing
from gradcam_core.progress import Progress
from gradcam_core.resources.cores import share_cores, slot_count
from gradcam_core.resources.queue import ComputeQueue
from gradcam_core.sentences import made_by, number, percent
from gradcam_core.text import display_name, shortened
from gradcam_core.trust.check import PICTURES, least_likely_cam, reporting_score, sweep_with
from gradcam_core.trust.judgement import Judgement, judge
from gradcam_core.trust.numbers import ByFill, FifthHidden, Provisional
from gradcam_core.trust.rule import HOW
from gradcam_core.trust.words import FAITHFUL


@dataclass(frozen=True, eq=False)
class _Checked:
    """One image, the map that was judged, and the judgement."""

    image: LoadedImage
    cam: Cam
    judgement: Judgement


def check_map(options: Namespace, progress: Progress) -> Iterator[str]:
    """Judge one map of each image; the cards come one by one, JSON at the end."""
    chosen = None if options.method is None else get_method(options.method).slug
    preprocessing = get_preprocessing(options.preprocessing).slug
    place = get_place(options.place).slug
    if options.seed < 0:
        raise HeatproofError(f"--seed is {options.seed}.", hint="Give a whole number from 0 on.")
    share_cores()
    first = _loaded(options.images, 0)  # before the model: it is the quicker to refuse
    explainer = Explainer(load_model(options.model, device=options.device), options.layer)
    method = chosen or default_method(explainer.layer)
    why = "" if chosen else why_default(explainer.layer)
    wanted = None if options.wanted is None else explainer.model.class_index(options.wanted)
    checked = []
    for nth in range(len(options.images)):
        image = _loaded(options.images, nth) if nth else first
        forward = explainer.forward(image, preprocessing=preprocessing, place=place)
        cam = forward.cam(forward.top(1)[0].class_index if wanted is None else wanted, method)
        report = _one_of(progress, nth, len(options.images))
        checked.append(_Checked(image, cam, _judged(forward, cam, options.seed, report)))
        if not options.json:
            yield from prediction_lines(image, explainer.model, [cam.prediction], preprocessing=preprocessing)
            yield from card_lines(cam, checked[-1].judgement, why)
    yield from _json_lines(checked) if options.json else _closing_lines(checked)


def card_lines(cam: Cam, judgement: Judgement, why_method: str = "") -> Iterator[str]:
    """The verdict, why, what hiding did, and the numbers."""
    h, w = cam.shape
    yield f"{made_by(cam)}, {w} x {h} cells"
    yield from filter(None, [why_method, cam.remark])
    yield ""
    yield f"{judgement.verdict.upper()}  {judgement.headline}"
    yield from (f"- {sentence}" for sentence in judgement.reasons)
    yield from filter(None, ["", *judgement.lines, judgement.thing_line, judgement.class_line])
    yield ""
    if judgement.fifth:
        yield from columns(list(_rows(judgement.numbers, judgement.fifth)), right=(1, 2))
        yield ""


def _loaded(sources: list[str], nth: int) -> LoadedImage:
    """One of the images; of several, the one that can't be used is named."""
    try:
        return load_image(sources[nth])
    except ImageError as error:
        if len(sources) == 1:
            raise
        raise ImageError(f"{shortened(sources[nth], 200)}: {error.message}", hint=error.hint) from error


def _one_of(progress: Progress, place: int, count: int) -> Progress:
    """The progress of one image among so many."""
    return lambda done, total: progress(place * total + done, count * total)


def _judged(forward: ForwardPass, cam: Cam, seed: int, progress: Progress) -> Judgement:
    """On all cores: nobody else is waiting."""
    least_likely = least_likely_cam(forward, cam)
    with ComputeQueue(slot_count(), most_waiting=1).turn("shell") as turn:
        score = reporting_score(forward.model, total=PICTURES, turn=turn, progress=progress)
        return judge(score, sweep_with(score, forward, seed=seed), cam, least_likely)


def _rows(numbers: Provisional, fifth: FifthHidden) -> Iterator[tuple[str, ...]]:
    yield "", "blur", "mean colour"
    measured = {
        "agreement (-1 to 1, 0 is chance)": numbers.agreement,
        "placement (p-value)": numbers.placement,
        "rank (0 to 1)": fifth.rank,
        "log-odds, strongest fifth hidden": fifth.hidden,
        "log-odds, all but it hidden": fifth.kept,
        "log-odds, random parts hidden": fifth.elsewhere_log_odds,
        "their standard deviation": numbers.spread,
    }
    yield from ((name, *_both(values)) for name, values in measured.items())
    yield f"log-odds of the whole image: {number(numbers.log_odds, 2)}", "", ""
    others = dict(numbers.baselines)
    if numbers.least_likely is not None:
        others["the least likely class's map"] = numbers.least_likely
    yield "agreement, the lower one, of", "", ""
    yield from ((f"  {name}", number(value, 2), "") for name, value in others.items())


def _both(values: ByFill) -> tuple[str, ...]:
    return tuple(number(value, 3) for value in values)


def _closing_lines(checked: list[_Checked]) -> Iterator[str]:
    """How it was judged and, of several images, the table: one proves little."""
    yield "How this was judged"
    yield from HOW
    yield FAITHFUL
    if len(checked) > 1:
        yield ""
        yield from columns([_table_row(one) for one in checked], right=(2, 4, 5))


def _table_row(one: _Checked) -> tuple[str, ...]:
    numbers, prediction = one.judgement.numbers, one.cam.prediction
    told = one.judgement.fifth is not None
    return (
        display_name(one.image.name or "image"),
        display_name(prediction.label),
        percent(prediction.probability),
        one.judgement.verdict.value,
        f"agreement {number(numbers.agreement.lower, 2)}" if told else "",
        f"placement {number(numbers.placement.higher, 3)}" if told else "",
    )


def _json_lines(checked: list[_Checked]) -> list[str]:
    """One image's answer; of several, all of them under one name."""
    answers = [_answer(one) for one in checked]
    return json_text(answers[0] if len(answers) == 1 else {"judgements": answers}).splitlines()


def _answer(one: _Checked) -> dict[str, Any]:
    key = one.cam.key
    return {
        "model": key.model,
        "layer": key.layer,
        "method": key.method,
        "preprocessing": key.preprocessing,
        "place": place_json(one.cam),
        "class_index": key.class_index,
        "label": one.cam.prediction.label,
        **one.judgement.as_json(),
        **prediction_json(one.image, one.cam.geometry, predictions=[one.cam.prediction]),
    }
