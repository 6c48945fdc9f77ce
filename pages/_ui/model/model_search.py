"""Which of many models? A field above their list that shows those alone which match what is typed, in their groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from pages._ui.text.choices import model_caption
from pages._ui.viewer.scripts import script, style

if TYPE_CHECKING:
    from gradcam_core.models import ModelSpec

_HERE = Path(__file__).parent


def show_model_search(groups: Mapping[str, Sequence[ModelSpec]]) -> None:
    """Draw the field, in the popover of the radio group `model`, which offers these models in this order."""
    options = [{"group": group, "text": _searched(group, spec)} for group, specs in groups.items() for spec in specs]
    _ELEMENT(key="model_search", data={"options": options})


def _searched(group: str, spec: ModelSpec) -> str:
    """All that is said of a model, in small letters."""
    return " ".join((spec.name, spec.title, group, spec.architecture, model_caption(spec))).lower()


_ELEMENT = st.components.v2.component(
    "heatproof_model_search",
    html='<div class="search"><input type="search" placeholder="Search: a name, a family" aria-label="Search models"'
    ' autocomplete="off" spellcheck="false"><p role="status"></p></div>',
    css=style((_HERE / "model_search",)),
    js=script((_HERE / "model_search",)),
)
