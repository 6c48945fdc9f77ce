"""Several images in one go: the likeliest class's heatmap of each, judged; one image proves little."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from html import escape
from typing import TYPE_CHECKING, Any

import streamlit as st

from gradcam_core.resources.job import JobReport, Work
from gradcam_core.samples import SAMPLES, sample_bytes
from gradcam_core.sentences import number, rounded_percent, short_label
from pages._ui.image.samples import sample_picture
from pages._ui.session.checks import SEED, sweep_key, thing_mask
from pages._ui.session.question import ImageInfo, Question
from pages._ui.session.shared import shared
from pages._ui.session.tray import tray
from pages._ui.trust.asked import Offer, asked
from pages._ui.trust.cards import MARKS
from pages._ui.trust.works import IMAGES, Named, model_work

if TYPE_CHECKING:
    from gradcam_core.models import LoadedModel
    from gradcam_core.scoring.protocol import ScoreFunction
    from gradcam_core.trust.judgement import Judgement

_ROW_BYTES = 4_000
_COLUMNS = ("image", "class", "verdict", "agreement", "why not more", "the evidence lies")


@dataclass(frozen=True)
class CheckedImage:
    """One image, its likeliest class, and the verdict on that class's map."""

    name: str
    label: str
    judgement: Judgement


def show_tray_check(question: Question) -> None:
    """Offer it where several images were brought, or where a drawn scene is shown for all of these; then the table."""
    files = _files(question)
    if len(files) < 2:
        return
    st.markdown("## More than one image")
    key = ("tray", *question.key[1:], SEED, *(info.sha256 for info in files))
    sentence = "One image proves little. Checks the likeliest class of each, with this model, layer and method."
    offer = Offer("tray", f"Check {len(files)} images", sentence)
    rows = asked(key, offer, lambda: _checking(question, files, key), show_partial=_show)
    if rows is not None:
        _show(rows)


def _files(question: Question) -> dict[ImageInfo, bytes]:
    """What was brought; where nothing was, the scenes, if one of these is shown."""
    brought = {item.picture: item.data for item in tray().values()}
    if brought or not question.picture.is_scene:
        return brought
    scenes = [one for one in SAMPLES.values() if one.kind == "scene"]
    return {_scene(one.slug): sample_bytes(one.slug) for one in scenes}


@cache
def _scene(slug: str) -> ImageInfo:
    return sample_picture(slug)


def _checking(
    question: Question, files: Mapping[ImageInfo, bytes], key: tuple[Any, ...]
) -> Work[tuple[CheckedImage, ...]]:
    def checked(model: LoadedModel, report: JobReport[Any]) -> tuple[CheckedImage, ...]:
        from gradcam_core.trust.check import PICTURES, reporting_score

        total = len(files) * PICTURES
        score = reporting_score(model, total=total, turn=report.turn, progress=report)
        rows: list[CheckedImage] = []
        for info, data in files.items():
            report(len(rows) * PICTURES, total, tuple(rows))
            rows.append(_checked(model, score, replace(question, picture=info), data))
        return tuple(rows)

    return model_work(
        question, key, checked, Named("Checking your images", IMAGES, lambda made: _ROW_BYTES * len(made))
    )


def _checked(model: LoadedModel, score: ScoreFunction, question: Question, data: bytes) -> CheckedImage:
    """In the job's thread; the sweep is kept as if it had been asked for on the image's own."""
    from gradcam_core.decoding.decode import decode_image
    from gradcam_core.engine import Explainer
    from gradcam_core.trust.check import least_likely_cam, sweep_with
    from gradcam_core.trust.judgement import judge

    image = decode_image(data)
    forward = Explainer(model, question.layer).forward(
        image, preprocessing=question.preprocessing, place=question.place
    )
    cam = forward.cam(forward.top(1)[0].class_index, question.method)
    sweep = sweep_with(score, forward, seed=SEED)
    shared().checks.put(sweep_key(question), sweep, sweep.nbytes)
    mask = thing_mask(question, cam.prediction.class_index)
    judged = judge(score, sweep, cam, least_likely_cam(forward, cam), thing_mask=mask)
    return CheckedImage(question.picture.name, cam.prediction.label, judged)


def _show(rows: Sequence[CheckedImage]) -> None:
    """The table, and how often which verdict was given."""
    counts = Counter(row.judgement.verdict.value for row in rows)
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.most_common())
    if rows:
        st.markdown(f"**{len(rows)} checked: {told}.**")
        head = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
        body = "".join(map(_row, rows))
        st.html(
            '<div class="figures" tabindex="0" role="region" aria-label="Images that were checked"><table>'
            f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
        )


def _row(row: CheckedImage) -> str:
    judged, agreement = row.judgement, row.judgement.numbers.agreement.lower
    sure = rounded_percent(judged.numbers.probability)
    cells = (
        f"{short_label(row.label)} ({sure})",
        f"{MARKS[judged.verdict.value]} {judged.verdict.value}",
        "–" if math.isnan(agreement) else number(agreement, 2),
        judged.reasons[0] if judged.reasons else "",
        _where(judged),
    )
    name = escape(row.name or "image")
    return f'<tr><th scope="row">{name}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'


def _where(judged: Judgement) -> str:
    """Beside the verdict, which is on the network: is it right about the world? Where that is known."""
    if judged.thing is None:
        return ""
    return "on the thing" if judged.thing.is_on_it else "beside the thing"
