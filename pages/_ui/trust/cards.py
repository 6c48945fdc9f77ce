"""What stands on a Trust card: the words are the core's, the numbers are the image's."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gradcam_core.sentences import number, rounded_percent, short_label
from pages._ui.trust.card_element import Card

if TYPE_CHECKING:
    from gradcam_core.trust.judgement import Judgement
    from gradcam_core.trust.numbers import ByFill, FifthHidden, Provisional

MARKS = {"supported": "✓", "mixed": "◐", "not supported": "✕", "cannot tell": "?"}
"""Told apart by their shape, where there is room for one sign."""

_AGAINST = {"mixed": "What is missing", "not supported": "What speaks against it"}
_UNDEFINED = "undefined"
_PROVISIONAL = "Agreement and placement, from the parts that were hidden already. Four more images decide."


def verdict_card(judged: Judgement, label: str) -> Card:
    """The card of a map that was judged; `label` is its class."""
    from gradcam_core.trust.words import FAITHFUL

    title = judged.verdict.value.capitalize()
    return {
        "verdict": judged.verdict.value,
        "isProvisional": False,
        "title": title,
        "mark": MARKS[judged.verdict.value],
        "short": (judged.reasons or judged.lines)[0],
        "against": _AGAINST.get(judged.verdict.value, ""),
        "meaning": judged.headline,
        "because": list(judged.reasons),
        "lines": [line for line in judged.lines if line not in judged.reasons],
        "note": " ".join(filter(None, [judged.class_line, judged.thing_line or FAITHFUL])),
        "bars": _bars(judged.numbers, judged.fifth) if judged.fifth else [],
        "heard": f"The heatmap of {short_label(label)}: {title}. {' '.join(judged.reasons)}".strip(),
        **_how(judged.numbers, judged.fifth, judged.seed),
    }


def provisional_card(numbers: Provisional, seed: int, note: str) -> Card:
    """The card of a map whose own four images are still awaited; `note` is what is said of it whatever they tell."""
    from gradcam_core.trust.words import provisional_lines

    lines = list(provisional_lines(numbers))
    return {
        "verdict": "provisional",
        "isProvisional": True,
        "title": "Provisional",
        "mark": "",
        "short": "",
        "against": "",
        "meaning": _PROVISIONAL if lines else "Looking whether anything can be told.",
        "because": [],
        "lines": lines,
        "note": note,
        "bars": [],
        "heard": "",
        **_how(numbers, None, seed),
    }


def _how(numbers: Provisional, fifth: FifthHidden | None, seed: int) -> Card:
    from gradcam_core.trust.rule import HOW

    return {
        "rule": [_INTRODUCTION, *HOW],
        "columns": ["Measure", "blurred", "mean colour"],
        "numbers": list(_rows(numbers, fifth)),
        "foot": f"Seed of the parts: {seed}. What is hidden is blurred, or filled with the image's mean colour.",
    }


_INTRODUCTION = (
    "64 parts of the image, each a fifth of what the model saw, are hidden one after the other under two fills: "
    "blurred, and in the mean colour. Agreement: does the class lose more where the map marks more? Placement: how "
    "often does the same map, moved elsewhere, do as well? Rank: which share of those parts costs less than the map's "
    "own strongest fifth?"
)


def _bars(numbers: Provisional, fifth: FifthHidden) -> list[dict[str, str | float]]:
    """The first line as a picture, under the same fill; none where probabilities say little."""
    from gradcam_core.metrics.log_odds import probability

    fill = max(range(len(fifth.hidden)), key=lambda one: fifth.hidden[one])
    shares = {
        "The whole image": numbers.probability,
        "An equally large part hidden, on average": fifth.elsewhere[fill],
        "The marked fifth hidden": float(probability(fifth.hidden[fill])),
    }
    return [{"label": name, "share": share, "value": rounded_percent(share)} for name, share in shares.items()]


def _rows(numbers: Provisional, fifth: FifthHidden | None) -> Iterable[list[str]]:
    """Name, and one value under each fill, or the lower one of both."""
    yield ["Agreement, \N{MINUS SIGN}1 to 1", *_each(numbers.agreement, 2)]
    yield ["Placement p", *_each(numbers.placement, 3)]
    if fifth:
        yield ["Rank of the strongest fifth", *_each(fifth.rank, 2)]
        yield ["Log-odds, strongest fifth hidden", *_each(fifth.hidden, 2)]
        yield ["Log-odds, all but it hidden", *_each(fifth.kept, 2)]
    yield ["Spread of the log-odds over the parts", *_each(numbers.spread, 2)]
    yield ["Log-odds of the whole image", _number(numbers.log_odds, 2)]
    for name, agreement in numbers.baselines.items():
        yield [f"Agreement of {name}, the lower of both", _number(agreement, 2)]
    if numbers.least_likely is not None:
        yield ["Agreement of the least likely class's map, the lower of both", _number(numbers.least_likely, 2)]


def _each(values: ByFill, digits: int) -> list[str]:
    return [_number(value, digits) for value in values]


def _number(value: float, digits: int) -> str:
    return _UNDEFINED if math.isnan(value) else number(value, digits)
