"""A table whose rows can be chosen: an element that the browser draws.

What was chosen arrives as state, with a number: a run that is cut off does not lose it, and no row is taken twice.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from pages._ui.session import page_state
from pages._ui.viewer.scripts import script, style

_HERE = Path(__file__).parent
_TAKEN = "row_table_taken"


def row_chosen(key: str) -> int | None:
    """The row of this table that was chosen since this was asked last, by its place."""
    told = st.session_state.get(key, {}).get("chosen")
    if not isinstance(told, dict) or told.get("number") == st.session_state.get(_TAKEN):
        return None
    st.session_state[_TAKEN] = told.get("number")
    place = told.get("row")
    return place if type(place) is int else None


def show_row_table(
    head: Sequence[str], rows: Sequence[Sequence[str]], *, key: str, label: str, current: int | None = None
) -> None:
    """Draw the table.

    Args:
        rows: a text for each column; the first cell is the button that chooses the row.
        label: what the table is called by those who hear it.
        current: the row that is chosen now.
    """
    data: dict[str, Any] = {"head": list(head), "rows": [list(row) for row in rows], "label": label, "current": current}
    _ELEMENT(key=key, data=data, on_chosen_change=page_state.mark_user_action)


_ELEMENT = st.components.v2.component(
    "heatproof_row_table",
    html='<div class="rows"></div>',
    css=style((_HERE / "row_table",)),
    js=script(("drawing/dom", _HERE / "row_table")),
)
