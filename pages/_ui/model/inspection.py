"""What is inside the chosen model: its facts, and its layers, one of which is explained on every page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from gradcam_core.errors import ModelError
from gradcam_core.text import megabytes, readable_count
from pages._ui.model.layer_table import LayerRow, layer_chosen_in_table, show_layer_table
from pages._ui.model.picker import refused_models
from pages._ui.session import page_state
from pages._ui.session.question import ModelCard
from pages._ui.session.queue import my_turn, queue_shown
from pages._ui.session.shared import shared
from pages._ui.text.choices import cell_sentence
from pages._ui.text.messages import show_warning_here
from pages._ui.text.sentences import escape_markdown

if TYPE_CHECKING:
    from gradcam_core.models.facts import ModelFacts
    from gradcam_core.models.inspection import InspectedRow, Inspection
    from gradcam_core.models.summary import ModelSummary

Shape = tuple[int, int, int, int]  # images, channels, height, width

_ROW_BYTES = 600  # about what a row of an inspection takes
_LARGEST_SIDE = 4096  # of the summary's input; it takes no memory, but a network may refuse it


def show_inspection(model: ModelCard) -> None:
    """The chosen model: what it is in a sentence, what goes in and comes out, and its layers."""
    name = page_state.chosen("model") or model.spec.name
    if name in refused_models():  # beside the list stands why, and that the one in use goes on
        name = model.spec.name
    facts = _inspected(name, None).facts
    st.markdown(f"## {escape_markdown(facts.title)}")
    counted = _counted(name, _pick_shape(facts))
    st.markdown(_sentence(counted.summary))
    if name != model.spec.name:
        st.caption("Its weights are not on this machine yet; its layers are known without them.")
    with st.container(key="inspected"):
        layers, around = st.columns([8, 4], gap="large")
    with around:
        _show_facts(facts, counted.summary, model.notes if name == model.spec.name else ())
    with layers:
        _pick_target(counted)


def _inspected(name: str, shape: Shape | None) -> Inspection:
    """Computed once for each model and input, in turn with all other computations."""
    from gradcam_core.models.inspection import inspect_model

    def inspected() -> Inspection:
        with queue_shown(), st.spinner("Reading the layers"), my_turn(shared().slots):
            return inspect_model(name, shape)

    found: Inspection = shared().kept(_key(name, shape), inspected, lambda made: _ROW_BYTES * len(made.rows))
    return found


def _counted(name: str, shape: Shape | None) -> Inspection:
    """For an input that the network refuses, its usual one stays on screen."""
    try:
        return _inspected(name, shape)
    except ModelError as error:
        if shape is None:
            raise
        show_warning_here(escape_markdown(f"{error.message} This is counted for its usual input. {error.hint}"))
        return _inspected(name, None)


def _key(name: str, shape: Shape | None) -> tuple[object, ...]:
    """By all that it depends on: the description of a checkpoint may change under its name."""
    from gradcam_core.models import find_model

    return ("inspection", find_model(name), shape)


def _pick_shape(facts: ModelFacts) -> Shape | None:
    """For which input the table counts: the model's own, unless another one is asked for."""
    usual = "x".join(str(side) for side in dict.fromkeys(facts.input_size))  # a square has one side
    side = page_state.restore_text("side", lambda text: text == usual or _is_side(text), usual)
    with st.container(key="summary_input", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"Counted for an input of 1 × {facts.channels} × side × side, with a side of", width="content")
        act = page_state.mark_user_action
        shown = st.session_state["side"]
        st.text_input("Side in pixels", shown, key="side", label_visibility="collapsed", on_change=act, width=90)
        if side != usual:
            st.button(f"Back to {usual}", type="tertiary", on_click=page_state.choose, args=("side", usual))
    if st.session_state["side"] != side:
        show_warning_here(f"A side is a whole number from 1 to {_LARGEST_SIDE:,}. This is counted for {side}.")
    return None if side == usual else (1, facts.channels, int(side), int(side))


def _is_side(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 6 and 1 <= int(text) <= _LARGEST_SIDE


def _sentence(summary: ModelSummary) -> str:
    images, channels, height, width = summary.input_shape
    return (
        f"**{summary.total_parameters:,}** parameters and **{readable_count(summary.mult_adds)}** multiply-adds "
        f"for an input of {images} × {channels} × {height} × {width}."
    )


def _pick_target(inspection: Inspection) -> None:
    """The table of layers; the one that is chosen in it is the target layer on every page."""
    names = [row.layer.name for row in inspection.rows if row.layer is not None]
    chosen = layer_chosen_in_table(names)
    if chosen is not None:
        page_state.choose("layer", chosen)
    target = page_state.restore("layer", names, inspection.default_layer)
    st.markdown("### Layers")
    st.caption("Choose a layer that gives a map, and every page explains there. The others say why they can't.")
    rows = [_row(inspected, inspection.facts.input_size) for inspected in inspection.rows]
    show_layer_table(rows, model=inspection.facts.name, target=target)


def _row(inspected: InspectedRow, input_size: tuple[int, int]) -> LayerRow:
    row, layer = inspected.row, inspected.layer
    return LayerRow(
        name=row.name,
        shown=row.name.rpartition(".")[2] or "(the network)",
        depth=row.depth,
        kind=row.kind,
        output=" × ".join(f"{side:,}" for side in row.output_shape) if row.output_shape else "–",
        parameters="see above" if row.is_repeat and row.total_parameters else f"{row.total_parameters:,}",
        mult_adds=_count(row.mult_adds),
        cells=f"{layer.size[0]} × {layer.size[1]}" if layer else "",
        reason=inspected.reason,
        sees=cell_sentence(layer, input_size) if layer else "",
    )


def _count(mult_adds: int) -> str:
    """Whole below a million, where torchinfo's unit would show nothing."""
    if not mult_adds:
        return "–"
    return readable_count(mult_adds) if mult_adds >= 1_000_000 else f"{mult_adds:,}"


def _show_facts(facts: ModelFacts, summary: ModelSummary, loaded_notes: tuple[str, ...]) -> None:
    """What goes in, what comes out, whose it is, and what is assumed of it."""
    st.markdown("### What goes in, what comes out")
    width, height = facts.input_size
    shown = ", ".join(facts.first_labels)
    lines = {
        "Input": f"{width} × {height} pixels, {'RGB' if facts.channels == 3 else 'grey'}",
        "Preprocessing": " ".join(facts.preprocessing),
        "Classes": f"{facts.num_classes:,}: {shown}{' …' if facts.num_classes > len(facts.first_labels) else ''}",
        "Output": facts.activation,
        "Architecture": facts.architecture,
        "Source": f"{facts.source}; weights: {facts.origin}",
        "Licence": facts.licence,
        "Memory": f"{megabytes(facts.nbytes)} for the weights; about {megabytes(summary.estimated_bytes)} for a pass "
        "forward and backward",
        "Weights": f"SHA-256 {facts.weights_sha256[:12]}…" if facts.weights_sha256 else "no hash is stated",
    }
    st.markdown("\n".join(f"- **{title}.** {escape_markdown(text)}" for title, text in lines.items()))
    for note in dict.fromkeys((*facts.notes, *loaded_notes)):
        st.markdown(f"- **Assumed.** {escape_markdown(note)}")
    st.caption(
        "Parameters and multiply-adds are counted by torchinfo, on a copy without weights. It leaves out what a "
        "network computes outside of its layers, such as the products within attention, and counts a linear layer "
        "once for each image, also where each token passes it: a transformer computes far more."
    )
