"""The layers of a network as a table to search, fold and choose from: an element that the browser draws.

What was chosen arrives as state, with a number: a run that is cut off does not lose it, and no row is taken twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from pages._ui.session import page_state
from pages._ui.viewer.scripts import script, style

_KEY, _TAKEN = "layer_table", "layer_table_taken"
_HERE = Path(__file__).parent


@dataclass(frozen=True)
class LayerRow:
    """A row of the table, as text.

    Attributes:
        name: of the layer; it tells what is chosen. `shown` is its last part.
        depth: 0 for the network itself.
        cells: the size of its map; "" where it gives none, and then `reason` says why.
        sees: how large a cell is, in a sentence.
    """

    name: str
    shown: str
    depth: int
    kind: str
    output: str
    parameters: str
    mult_adds: str
    cells: str
    reason: str
    sees: str


def layer_chosen_in_table(names: Sequence[str]) -> str | None:
    """The layer that was chosen in the table since this was asked last, if it is one of these; to choose is an act."""
    told = st.session_state.get(_KEY, {}).get("chosen")
    if not isinstance(told, dict) or told.get("number") == st.session_state.get(_TAKEN):
        return None
    st.session_state[_TAKEN] = told.get("number")
    name = told.get("layer")
    return name if name in names else None


def show_layer_table(rows: Sequence[LayerRow], *, model: str, target: str) -> None:
    """Draw the table.

    Args:
        model: tells one network's table from the next, which starts unfolded anew.
        target: the layer that is explained now.
    """
    data: dict[str, Any] = {"model": model, "target": target, "rows": [vars(row) for row in rows]}
    _ELEMENT(key=_KEY, data=data, on_chosen_change=page_state.mark_user_action)


_ELEMENT = st.components.v2.component(
    "heatproof_layer_table",
    html='<div class="layers"></div>',
    css=style((_HERE / "layer_table",)),
    js=script((_HERE / "layer_table",)),
)
