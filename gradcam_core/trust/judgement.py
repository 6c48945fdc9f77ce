"""The judgement of one map: four more pictures after the sweep, the rule, and the words."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from gradcam_core.cam import Cam
from gradcam_core.metrics.agreement import rounded
from gradcam_core.metrics.fills import FILLS, filled
from gradcam_core.metrics.log_odds import log_odds, probability
from gradcam_core.metrics.strongest import strongest_fifth
from gradcam_core.scoring.protocol import ScoreFunction
from gradcam_core.sentences import no_class_sentence
from gradcam_core.trust.numbers import ByFill, FifthHidden, Provisional
from gradcam_core.trust.provisional import heat_over, provisional
from gradcam_core.trust.rule import HOW, Condition, Verdict, cannot_tell_because, verdict_of
from gradcam_core.trust.sweep import Sweep, hidden_scores
from gradcam_core.trust.thing import OnThing, evidence_on
from gradcam_core.trust.words import FAITHFUL, HEADLINES, lines, on_thing_line, reason

OWN_PICTURES = 2 * len(FILLS)


@dataclass(frozen=True)
class Judgement:
    """What the evidence says of one map, in words and in numbers.

    Attributes:
        failed: the conditions that it does not meet; empty where it is supported.
        headline: the verdict as a sentence.
        reasons: one sentence for each failed condition.
        lines: three lines with this image's numbers; none where nothing can be told.
        numbers: what the sweep says.
        fifth: what the four pictures say; None where nothing can be told, and none were asked for.
        thing: where the evidence lies, if the thing's mask is known.
        thing_line: that in a sentence; empty if it is not.
        class_line: that the map is the same for every class, in a sentence; empty if it is not.
        seed: of the parts.
    """

    verdict: Verdict
    failed: tuple[Condition, ...]
    headline: str
    reasons: tuple[str, ...]
    lines: tuple[str, ...]
    numbers: Provisional
    fifth: FifthHidden | None
    thing: OnThing | None
    thing_line: str
    class_line: str
    seed: int

    def as_json(self) -> dict[str, Any]:
        """Every number and every word, ready for JSON; what is undefined is null."""
        return {
            "verdict": self.verdict.value,
            "headline": self.headline,
            "reasons": list(self.reasons),
            "lines": list(self.lines),
            "seed": self.seed,
            "numbers": _plain(asdict(self.numbers)),
            "strongest_fifth": None if self.fifth is None else _plain(asdict(self.fifth)),
            "thing": None if self.thing is None else {**_plain(asdict(self.thing)), "sentence": self.thing_line},
            "how": list(HOW),
            "note": " ".join(filter(None, [self.class_line, FAITHFUL])),
        }


def judge(
    score: ScoreFunction,
    sweep: Sweep,
    cam: Cam,
    least_likely: Cam | None = None,
    *,
    thing_mask: np.ndarray | None = None,
) -> Judgement:
    """Judge one map; four pictures are shown to the network, none where nothing can be told.

    Args:
        score: of the sweep's model; what it raises passes through.
        cam, least_likely: as for `provisional`.
        thing_mask: (height, width) bool, image pixels: the thing that the class names, where that is known.

    Raises:
        ImageError: if the mask is not as large as the image.
        ValueError: if the map's class or input is not that of the sweep.
    """
    thing = None if thing_mask is None else evidence_on(cam, thing_mask)
    numbers = provisional(sweep, cam, least_likely)
    fifth = None if cannot_tell_because(numbers) else fifth_hidden(score, sweep, cam)
    if fifth and not all(np.isfinite([*fifth.hidden, *fifth.kept])):
        numbers, fifth = replace(numbers, is_finite=False), None
    verdict, failed = verdict_of(numbers, fifth)
    return Judgement(
        verdict=verdict,
        failed=failed,
        headline=HEADLINES[verdict],
        reasons=tuple(reason(condition, numbers, fifth, cam) for condition in failed),
        lines=lines(numbers, fifth, cam) if fifth else (),
        numbers=numbers,
        fifth=fifth,
        thing=thing,
        thing_line="" if thing is None else on_thing_line(thing, verdict, cam),
        class_line=no_class_sentence(cam),
        seed=sweep.parts.seed,
    )


def fifth_hidden(score: ScoreFunction, sweep: Sweep, cam: Cam) -> FifthHidden:
    """The map's strongest fifth hidden, and all but it, under both fills: four pictures.

    Args:
        cam: with heat over the image.
    """
    fifth, class_index = strongest_fifth(heat_over(sweep, cam)), cam.prediction.class_index
    fills = filled(sweep.picture, sweep.region)
    masks = np.stack([fifth, ~fifth])
    scores = np.stack([hidden_scores(score, sweep.picture, sweep.region, masks, fills[name]) for name in FILLS])
    own = log_odds(scores, class_index, sweep.activation)  # (fills, 2)
    parts = sweep.hidden_log_odds(class_index)
    return FifthHidden(
        hidden=ByFill.of(own[:, 0]),
        kept=ByFill.of(own[:, 1]),
        rank=ByFill.of((rounded(parts) > rounded(own[:, :1])).mean(axis=1)),
        elsewhere=ByFill.of(probability(parts).mean(axis=1)),
        elsewhere_log_odds=ByFill.of(parts.mean(axis=1)),
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers under both fills by the fill's name; one that is not finite is None."""
    return {name: _plain_value(value) for name, value in values.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, ByFill):
        return _plain(value._asdict())
    if isinstance(value, Mapping):
        return _plain(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
