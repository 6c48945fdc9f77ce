"""Which map of the core is on the stage? What the browser says of it, checked: anything may stand in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gradcam_core.errors import HeatproofError
from pages._ui.attention.features import feature_layers
from pages._ui.attention.reading import attention_reading
from pages._ui.session.question import Question

if TYPE_CHECKING:
    from gradcam_core.attention.views import FeatureView, View
    from gradcam_core.layers.finding import TargetLayer

_MOST_DIGITS = 6
Grid = tuple[int, int]
Choice = dict[str, Any]


def view_of(question: Question, choice: Choice) -> View | FeatureView:
    """The view that a choice of script/choices.js means; its cells count in raster order, its head 0 is the mean.

    Raises:
        HeatproofError: if there is no such map of this network.
    """
    make = _SHOWS.get(str(choice.get("show")))
    if make is None:
        raise _no_such_map()
    return make(question, choice)


def _attention(question: Question, choice: Choice, *, is_rollout: bool = False) -> View:
    from gradcam_core.attention.views import View

    reading = attention_reading(question)
    if is_rollout and reading.why_not_followed:
        raise HeatproofError(reading.why_not_followed, hint="Look at the attention of single blocks.")
    place = _number(choice.get("block"), len(reading.blocks))
    one = reading.blocks[place]
    block = one.block
    if one.reason or block.layout is None:
        raise HeatproofError(one.reason or "Its cells are not known.", hint="Choose another block.")
    head = 0 if is_rollout else _number(choice.get("head"), block.heads + 1)
    cell, token = _token(choice.get("token"), block.layout.grid, block.layout.prefix)
    is_received = choice.get("direction") == "seen"
    return View(
        block=place,
        head=head - 1 if head else None,
        cell=cell,
        token=token,
        is_received=is_received,
        is_to_read=is_received and cell is None and token is None,
        is_rollout=is_rollout,
        hidden=_hidden(choice.get("hidden"), block.layout.grid),
    )


def _rollout(question: Question, choice: Choice) -> View:
    return _attention(question, choice, is_rollout=True)


def _colours(question: Question, choice: Choice) -> FeatureView:
    from gradcam_core.attention.views import FeatureView

    return FeatureView(_layer(question, choice).name)


def _similarity(question: Question, choice: Choice) -> FeatureView:
    from gradcam_core.attention.views import FeatureView

    layer = _layer(question, choice)
    cell, _ = _token(choice.get("token"), layer.layout.grid, 0)
    if cell is None:
        raise _no_such_map()
    return FeatureView(layer.name, cell)


def _layer(question: Question, choice: Choice) -> TargetLayer:
    layers = feature_layers(question)
    return layers[_number(choice.get("block"), len(layers))]


def _token(told: object, grid: Grid, prefix: int) -> tuple[Grid | None, int | None]:
    """A cell, a token before the cells, or neither: what is read."""
    if told == "read":
        return None, None
    kind, digits = (told[:1], told[1:]) if isinstance(told, str) else ("", "")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS):
        raise _no_such_map()
    if kind == "c":
        return _cell(int(digits), grid), None
    if kind == "t":
        return None, _number(int(digits), prefix)
    raise _no_such_map()


def _hidden(told: object, grid: Grid) -> tuple[Grid, ...] | None:
    if told is None:
        return None
    if not isinstance(told, list) or len(told) > grid[0] * grid[1]:
        raise _no_such_map()
    return tuple(_cell(one, grid) for one in told)


def _cell(told: object, grid: Grid) -> Grid:
    row, column = divmod(_number(told, grid[0] * grid[1]), grid[1])
    return row, column


def _number(told: object, count: int) -> int:
    if type(told) is not int or not 0 <= told < count:
        raise _no_such_map()
    return told


def _no_such_map() -> HeatproofError:
    return HeatproofError("There is no such map.", hint="Reload the page and ask once more.")


_SHOWS: dict[str, Callable[[Question, Choice], View | FeatureView]] = {
    "attention": _attention,
    "rollout": _rollout,
    "similarity": _similarity,
    "colours": _colours,
}
