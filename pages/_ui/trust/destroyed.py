"""Does the map depend on what the network has learnt? The network is destroyed step by step, and the map watched."""

from __future__ import annotations

import math
from collections.abc import Sequence

import streamlit as st

from gradcam_core.sentences import number, percent
from pages._ui.session.checks import map_key
from pages._ui.session.question import Question
from pages._ui.trust.asked import Offer, asked
from pages._ui.trust.film import Curve, Plot, Reel, Slider, show_film
from pages._ui.trust.works import DestroyedStep, destroying
from pages._ui.viewer import chosen_look

_OFFER = Offer(
    "destroyed",
    "Destroy a copy",
    "Shuffles the weights of a copy of the network, layer by layer from the output down. A map that stays the same "
    "owes nothing to what the network has learnt.",
)
_LIKE = 0.5  # Spearman's correlation: below it, little is left
_TICKS = [(-1.0, "\N{MINUS SIGN}1"), (-0.5, "\N{MINUS SIGN}0.5"), (0.0, "0"), (0.5, "0.5"), (1.0, "1")]


def show_destroyed(question: Question, class_index: int) -> None:
    """Ask for it, then show the film."""
    st.markdown("## Destroy the network")
    key = map_key(question, "destroyed", class_index)
    steps = asked(key, _OFFER, lambda: destroying(question, class_index, chosen_look(), key))
    if steps is None:
        return
    st.caption(_said(steps))
    show_film([_reel(steps)], _plot(steps), _slider(steps), key="destroyed_film")


def _said(steps: Sequence[DestroyedStep]) -> str:
    last = steps[-1].similarity
    if math.isnan(last.signed):
        return "With all weights destroyed the map is flat, or not finite: nothing of it is left."
    much = "little" if abs(last.signed) < _LIKE else "much"
    return (
        f"With all weights destroyed the map is still {much} like the first one: {number(last.signed, 2)} (1 is the "
        "same, 0 is chance). A map that changes need not be right; one that does not says nothing of the network. The "
        "weights of the network itself, which others use, are untouched."
    )


def _reel(steps: Sequence[DestroyedStep]) -> Reel:
    captions = [f"{percent(step.probability)} sure · alike {_number(step.similarity.signed)}" for step in steps]
    files = [step.picture for step in steps]
    return Reel(title="The map of the network so far", alt="The image under the map", files=files, captions=captions)


def _plot(steps: Sequence[DestroyedStep]) -> Plot:
    signed, unsigned = ([getattr(step.similarity, name) for step in steps] for name in ("signed", "unsigned"))
    return Plot(
        title="How alike the map is to that of the network as it is (Spearman)",
        across="destroyed from the output down",
        alt=f"The similarity falls from 1 to {_number(signed[-1])} while the network is destroyed.",
        ticks=_TICKS,
        curves=[
            Curve(name="With sign", values=signed, note=_number(signed[-1])),
            Curve(name="Without sign", values=unsigned, style="second", note=_number(unsigned[-1])),
        ],
    )


def _slider(steps: Sequence[DestroyedStep]) -> Slider:
    names = ["nothing", *(step.destroyed or "the whole network" for step in steps[1:])]
    return Slider(label="Destroyed down to", steps=names)


def _number(value: float) -> str:
    return "–" if math.isnan(value) else number(value, 2)
