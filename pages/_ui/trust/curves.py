"""The classic measures: deletion and insertion as a film, and every measure beside what knows nothing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.sentences import number, percent, short_label
from pages._ui.session.checks import map_key
from pages._ui.session.question import Question
from pages._ui.trust.asked import Offer, asked
from pages._ui.trust.film import Curve, Plot, Reel, Slider, show_film
from pages._ui.trust.works import FilmedMeasures, measuring

if TYPE_CHECKING:
    from gradcam_core.metrics.removal import Curve as Removal
    from gradcam_core.trust.measured import Measured, MeasuredRow
    from gradcam_core.trust.sweep import Sweep

_OFFER = Offer(
    "measures",
    "Measure it",
    "Removes what the heatmap marks, strongest first, and puts it back; and measures this map as papers do, beside "
    "maps that know nothing of the network.",
)
TICKS = [(0.0, "0 %"), (0.25, "25 %"), (0.5, "50 %"), (0.75, "75 %"), (1.0, "100 %")]
_FIRST = 4  # of 20 steps: a fifth, as in the card
_UNDEFINED = "–"


def show_measures(question: Question, sweep: Sweep, class_index: int) -> None:
    """Ask for them, then show the film and the table."""
    st.markdown("## Take it away, put it back")
    key = map_key(question, "measures", class_index)
    found = asked(key, _OFFER, lambda: measuring(question, sweep, class_index, key))
    if found is None:
        return
    if found.removed:
        _show_film(found, short_label(question.model.labels[class_index]))
    else:
        st.caption("This map puts no pixel before another: there is no order in which to remove them.")
    st.html(_table(found.measured))
    _explain(found.measured.rows)


def _show_film(found: FilmedMeasures, label: str) -> None:
    from gradcam_core.trust.measured import ELSEWHERE, MAP

    gone, back = found.measured.deletion, found.measured.insertion
    reels = [
        _reel("Strongest removed first", found.removed, gone[MAP]),
        _reel("Strongest put back first", found.put_back, back[MAP]),
    ]
    curves = [
        Curve(name="Removed (deletion)", values=gone[MAP].values.tolist(), note=_area(gone[MAP])),
        Curve(name="Put back (insertion)", values=back[MAP].values.tolist(), style="second", note=_area(back[MAP])),
        Curve(
            name="The same map elsewhere, removed",
            values=gone[ELSEWHERE].values.tolist(),
            style="quiet",
            note=_area(gone[ELSEWHERE]),
        ),
    ]
    plot = Plot(
        title=f"How likely {label} is to the network; at the right of each name the area below its curve",
        across="share of the image removed, or put back",
        alt=_heard(label, gone, back),
        ticks=TICKS,
        curves=curves,
    )
    steps = [f"{share * 100:.0f} %" for share in gone[MAP].shares]
    show_film(reels, plot, Slider(label="Share of the image", steps=steps, start=_FIRST), key="removal_film")


def _reel(title: str, files: Sequence[bytes], curve: Removal) -> Reel:
    return Reel(title=title, alt="What the model saw", files=files, captions=[percent(value) for value in curve.values])


def _area(curve: Removal) -> str:
    return _number(curve.area)


def _heard(label: str, gone: Mapping[str, Removal], back: Mapping[str, Removal]) -> str:
    from gradcam_core.trust.measured import ELSEWHERE, MAP

    return (
        f"The probability of {label} while the strongest pixels are removed, area {_area(gone[MAP])}, and put back, "
        f"area {_area(back[MAP])}; removed by the same map elsewhere, area {_area(gone[ELSEWHERE])}."
    )


def _table(measured: Measured) -> str:
    """Every measure beside its baselines."""
    from gradcam_core.trust.measured import CENTRE, CHANCE, EDGES, ELSEWHERE

    columns = (ELSEWHERE, CENTRE, EDGES, CHANCE)
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("measure", "this map", *columns, "better"))
    rows = "".join(_row(row, columns) for row in measured.rows)
    return (
        '<div class="figures" tabindex="0" role="region" aria-label="Measures"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(row: MeasuredRow, columns: Sequence[str]) -> str:
    values = [row.value, *(row.baselines.get(name, float("nan")) for name in columns)]
    cells = "".join(f"<td>{_number(value)}</td>" for value in values)
    title = f'<span title="{escape(row.measure.definition)}">{escape(row.measure.title)}</span>'
    return f'<tr><th scope="row">{title}</th>{cells}<td>{row.measure.better.value}</td></tr>'


def _explain(rows: Sequence[MeasuredRow]) -> None:
    with st.expander("What these measures mean, and when they mislead"):
        for row in rows:
            one = row.measure
            st.markdown(f"**{one.title}.** {one.definition} {one.pitfalls} *{one.paper}.*")
        st.caption("What is removed is blurred. A dash: not defined here. None of them enters the verdict.")


def _number(value: float) -> str:
    return _UNDEFINED if math.isnan(value) else number(value, 2)
