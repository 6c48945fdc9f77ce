"""How does a model's summary read on a terminal, and as JSON? Nothing is printed here."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from gradcam_core.cli.formatting import columns
from gradcam_core.export.manifest import versions
from gradcam_core.layers.reasons import shape_text
from gradcam_core.models.inspection import InspectedRow, Inspection
from gradcam_core.models.summary import ModelSummary
from gradcam_core.text import readable_count

_HEADER = ("depth", "layer", "kind", "output", "parameters", "mult-adds", "")


def summary_lines(inspection: Inspection) -> Iterator[str]:
    """A table with a row for each call of a layer, then the totals."""
    rows = [_table_row(row, inspection.default_layer) for row in inspection.rows]
    yield from columns([_HEADER, *rows], right=(0, 4, 5))
    yield ""
    yield from _totals(inspection.summary)
    yield ""
    count = sum(row.layer is not None for row in inspection.rows)
    yield from inspection.facts.notes
    yield f"{count} of {len(rows)} rows can be explained; --json says why the others can't."


def summary_json(inspection: Inspection) -> dict[str, Any]:
    """All that is known, a reason for each row that can't be explained among it."""
    totals = asdict(inspection.summary)
    del totals["rows"]
    return {
        "model": inspection.facts.name,
        "facts": asdict(inspection.facts),
        "default_layer": inspection.default_layer,
        "totals": totals | {"estimated_bytes": inspection.summary.estimated_bytes},
        "rows": [
            asdict(row.row) | {"map_size": row.layer.size if row.layer else None, "reason": row.reason or None}
            for row in inspection.rows
        ],
        "versions": versions(),
    }


def _table_row(inspected: InspectedRow, default_layer: str) -> tuple[str, ...]:
    row = inspected.row
    return (
        str(row.depth),
        row.name or "(the network)",
        row.kind,
        shape_text(row.output_shape) if row.output_shape else "-",
        "(see above)" if row.is_repeat and row.total_parameters else _or_dash(row.total_parameters),
        _or_dash(row.mult_adds),
        _mark(inspected, default_layer),
    )


def _mark(inspected: InspectedRow, default_layer: str) -> str:
    if inspected.layer is None:
        return ""
    return "default" if inspected.layer.name == default_layer else "target"


def _totals(summary: ModelSummary) -> Iterator[str]:
    yield f"Input: {shape_text(summary.input_shape)}"
    yield f"Parameters: {summary.total_parameters:,}"
    yield f"Trainable parameters: {summary.trainable_parameters:,}"
    yield f"Mult-adds: {readable_count(summary.mult_adds)}"
    yield f"Input size: {_megabytes(summary.input_bytes)}"
    yield f"Forward/backward pass size: {_megabytes(summary.forward_backward_bytes)}"
    yield f"Parameters size: {_megabytes(summary.parameter_bytes)}"
    yield f"Estimated total size: {_megabytes(summary.estimated_bytes)}"


def _or_dash(count: int) -> str:
    return f"{count:,}" if count else "-"


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.2f} MB"
