"""Where the truth is known: how often every method finds the thing at every layer, on scenes that the program drew."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.methods import METHODS
from gradcam_core.sentences import number, rounded_percent
from pages._ui.session.question import Question

if TYPE_CHECKING:
    from gradcam_core.trust.finding import FindingTable, Found


def show_known_truth(question: Question) -> None:
    """The table that comes with the program, for the very network that it was made with; nothing for others."""
    from gradcam_core.trust import finding

    if not finding.FILE.exists() or question.model.weights_sha256 != finding.finding_table().weights_sha256:
        return
    table = finding.finding_table()
    st.markdown("## Where the truth is known")
    st.caption(
        f"{table.scenes:,} scenes that this program drew, so that the place of each thing is known; this network never "
        "saw them. Pointing: how often the map's strongest pixel lies on the thing, by chance "
        f"{rounded_percent(table.chance)}. Heat: the share of it that lies on the thing. Agreement: with what hiding "
        "costs, the median."
    )
    st.html(_table(table, question))


def _table(table: FindingTable, question: Question) -> str:
    blocks = {layer.name for layer in question.model.layers if layer.is_block}
    rows = [row for row in table.rows if row.layer in blocks and row.method in METHODS]
    head = "".join(f'<th scope="col">{name}</th>' for name in ("method", "layer", "pointing", "heat", "agreement"))
    body = "".join(_row(row, is_current=(row.layer, row.method) == (question.layer, question.method)) for row in rows)
    return (
        '<div class="figures tall" tabindex="0" role="region" aria-label="Where the truth is known"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(row: Found, *, is_current: bool) -> str:
    cells = (row.layer, rounded_percent(row.pointing), rounded_percent(row.energy), number(row.agreement, 2))
    mark = ' class="current" aria-current="true"' if is_current else ""
    title = escape(METHODS[row.method].title)
    return f'<tr{mark}><th scope="row">{title}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in cells)}</tr>'
