"""The element that draws the Trust card, and what it is told: cards by class, each for one view alone.

The browser chooses the card of the class on screen by itself. So a card never stands under another class, and one that
is here already is drawn with the class, before the server hears of the choice.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from pages._ui.viewer.scripts import script, style

_HERE = Path(__file__).parent

Card = dict[str, Any]
"""A card as `cards.py` writes it: verdict, title and so on, as text."""


def show_card_element(question: str, class_index: int, cards: Mapping[int, Card], *, awaited: str) -> None:
    """Draw the card of one class.

    Args:
        question: the digest of the view, as the viewer has it.
        class_index: on a page without a viewer, the class whose card is shown.
        cards: those that are known, by class index.
        awaited: what is said meanwhile of a class whose card is not.
    """
    _ELEMENT(key="trust_card", data={**_data(question, cards), "index": class_index, "awaited": awaited})


def tell_cards(question: str, cards: Mapping[int, Card], *, key: str) -> None:
    """Hand the card element more cards in the same run of the script, in which no element is drawn twice."""
    _TELLER(key=f"trust_{key}", data=_data(question, cards))


def _data(question: str, cards: Mapping[int, Card]) -> dict[str, Any]:
    return {"question": question, "cards": {str(index): card for index, card in cards.items()}}


_ELEMENT = st.components.v2.component(
    "heatproof_trust_card",
    html='<div class="trust"></div>',
    css=style((_HERE / "card",)),
    js=script(("drawing/dom", _HERE / "known_cards", _HERE / "card")),
)
_TELLER = st.components.v2.component("heatproof_trust_cards", js=script((_HERE / "known_cards", _HERE / "card_teller")))
