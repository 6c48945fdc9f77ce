"""Where in the image do the cells look that attend to each other? Measured before attention mixes them."""

from collections.abc import Sequence
from itertools import takewhile

from gradcam_core.attention.blocks import AttentionBlock
from gradcam_core.attention.views import why_not_shown
from gradcam_core.layers.blocks import is_within, parent
from gradcam_core.layers.layouts import Grid
from gradcam_core.layers.place import DISORDERED, ReceptiveField
from gradcam_core.models import LoadedModel
from gradcam_core.receptive_field import receptive_field

_SCRAMBLED = "Its tokens lie in another order than the image: no map can show where they are."


def fields_of_cells(model: LoadedModel, blocks: Sequence[AttentionBlock]) -> tuple[ReceptiveField, ...]:
    """For each block what its cells look at; that of all blocks with one grid, for a cell keeps its place.

    Once attention has mixed them they see the whole image, so it is measured before the first block with that grid.
    Nothing is known of a block that can't be shown.

    Args:
        blocks: in the order of the forward pass.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    first: dict[Grid, str] = {}
    grids = [None if why_not_shown(block) or block.layout is None else block.layout.grid for block in blocks]
    for grid, block in zip(grids, blocks, strict=True):
        if grid is not None:
            first.setdefault(grid, block.name)
    found = {grid: _field(model, grid, part) for grid, part in first.items()}
    return tuple(ReceptiveField() if grid is None else found[grid] for grid in grids)


def why_no_place(field: ReceptiveField) -> str:
    """Why its cells can't be laid over the image, in one sentence; empty where they can."""
    return _SCRAMBLED if field.note == DISORDERED else ""


def _field(model: LoadedModel, grid: Grid, part: str) -> ReceptiveField:
    """Of the last layer with this grid before the block that holds the part, else of the first one."""
    block = parent(part) or part
    fitting = [layer for layer in model.layers if layer.layout.grid == grid]
    before = list(takewhile(lambda one: not is_within(one.name, block) and not is_within(part, one.name), fitting))
    chosen = before[-1:] or fitting[:1]
    return receptive_field(model, chosen[0]) if chosen else ReceptiveField()
