"""All methods and layers on this image by agreement: a table that names no winner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.methods import METHODS
from gradcam_core.sentences import number
from pages._ui.session import page_state
from pages._ui.session.checks import class_key
from pages._ui.session.question import Question
from pages._ui.trust.asked import Offer, asked
from pages._ui.trust.row_table import row_chosen, show_row_table
from pages._ui.trust.works import comparing

if TYPE_CHECKING:
    from gradcam_core.trust.league import LeagueRow
    from gradcam_core.trust.sweep import Sweep

_OFFER = Offer(
    "league",
    "Compare all",
    "Makes the map of every quick method at every block of the network, and sets it beside what hiding did. The hidden "
    "parts are known already, so nothing is hidden again.",
)
_KEY = "league_table"


def show_league(question: Question, sweep: Sweep, class_index: int) -> None:
    """Ask for it, then show the table; a row that is opened is explained from then on, and gets its verdict above."""
    st.markdown("## All methods and layers")
    key = class_key(question, "league", class_index)
    rows = asked(key, _OFFER, lambda: comparing(question, sweep, class_index, key))
    if rows is None:
        return
    place = row_chosen(_KEY)
    if place is not None and 0 <= place < len(rows):
        _open(rows[place])
    st.caption(
        f"{len(rows)} maps were tried, by agreement with what hiding costs (0 is chance). The best of so many is good "
        "by luck: open a row, and it is judged above like any other."
    )
    told = [(METHODS[row.method].title, row.layer if _has_layer(row) else "any", _agreement(row)) for row in rows]
    show_row_table(
        ["method", "layer", "agreement"], told, key=_KEY, label="Methods and layers", current=_current(question, rows)
    )


def _open(row: LeagueRow) -> None:
    if _has_layer(row):
        page_state.choose("layer", row.layer)
    page_state.choose("method", row.method)
    st.rerun()


def _current(question: Question, rows: Sequence[LeagueRow]) -> int | None:
    for place, row in enumerate(rows):
        if row.method == question.method and (row.layer == question.layer or not _has_layer(row)):
            return place
    return None


def _has_layer(row: LeagueRow) -> bool:
    """Whether another layer could give another map."""
    return METHODS[row.method].depends_on_layer


def _agreement(row: LeagueRow) -> str:
    return row.note or number(row.agreement, 2)
