"""What is inside a model, and which of its layers can be explained? Its weights need not be on this machine."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch

from gradcam_core.errors import LayerError, ModelError
from gradcam_core.layers.finding import FoundLayers, TargetLayer, find_layers
from gradcam_core.models.facts import ModelFacts, input_text, model_facts
from gradcam_core.models.meta import meta_copy
from gradcam_core.models.registry import describe_model, find_model, model_skeleton
from gradcam_core.models.spec import Description
from gradcam_core.models.summary import ModelSummary, SummaryRow, summarize

_REASON_OF_THE_WHOLE = "It is the whole network: its output is the scores."


@dataclass(frozen=True)
class InspectedRow:
    """A row of the summary, and whether it can be explained.

    Attributes:
        layer: the target layer that it is; its map size is that at the model's own input size.
        reason: why it is none, in a sentence; "" if it is one.
    """

    row: SummaryRow
    layer: TargetLayer | None
    reason: str


@dataclass(frozen=True)
class Inspection:
    """A model's facts and layers.

    Attributes:
        rows: as many as in the summary, in its order.
        default_layer: the layer that is explained first.
    """

    facts: ModelFacts
    summary: ModelSummary
    rows: tuple[InspectedRow, ...]
    default_layer: str


def inspect_model(name: str, input_shape: Sequence[int] | None = None) -> Inspection:
    """Build a model without weights or memory, and look at it; nothing that is loaded is touched.

    Args:
        name: as `list_models` gives it.
        input_shape: (images, channels, height, width) of the summary; one image of the model's own size if None.
            Which layers can be explained does not depend on it.

    Raises:
        ModelError: if there is no such model, its description can't be used, or it can't take such an input.
    """
    spec = find_model(name)
    description = describe_model(spec)
    module = meta_copy(model_skeleton(spec)).eval()
    own_shape = (1, *description.input_spec.shape)
    found = _found_layers(module, own_shape, title=spec.title)
    found = found.with_default(_default_layer(description, found))
    summary = summarize(module, own_shape if input_shape is None else input_shape, title=spec.title)
    return Inspection(
        facts=model_facts(spec, description, module),
        summary=summary,
        rows=inspected_rows(summary.rows, found.candidates, found.excluded),
        default_layer=found.default,
    )


def inspected_rows(
    rows: Sequence[SummaryRow], layers: Sequence[TargetLayer], excluded: Mapping[str, str]
) -> tuple[InspectedRow, ...]:
    """Say of each row which target layer it is, or why it is none.

    Args:
        layers: the candidates of the same network.
        excluded: the reason for each other module, as `FoundLayers` has them.
    """
    by_name = {layer.name: layer for layer in layers}
    reasons = {**excluded, **dict.fromkeys(by_name, ""), "": _REASON_OF_THE_WHOLE}
    return tuple(InspectedRow(row, by_name.get(row.name), reasons[row.name]) for row in rows)


def _found_layers(module: torch.nn.Module, shape: Sequence[int], *, title: str) -> FoundLayers:
    """The candidates at the model's own input size, as loading finds them."""
    try:
        return find_layers(module, torch.empty(tuple(shape), device="meta"))
    except LayerError as error:
        raise ModelError(f"{title} can't be explained: {error.message}", hint=error.hint) from error
    except (RuntimeError, ValueError, AssertionError, IndexError) as error:
        raise ModelError(f"{title} can't take an input of {input_text(shape)}.", hint="Check crop_size.") from error


def _default_layer(description: Description, found: FoundLayers) -> str:
    """As loading has it, which refuses a description whose layer gives no map."""
    names = {layer.name for layer in found.candidates}
    return description.target_layer if description.target_layer in names else found.default
