"""How does one get the same map of attention or features again, from a shell or from Python?

Blocks, heads, tokens, rows and columns count from 1 in the shell, as on the page, and from 0 in Python.
"""

from dataclasses import fields
from enum import Enum

from gradcam_core.attention.flow import Fusion
from gradcam_core.attention.views import FeatureView, View
from gradcam_core.cam import ResultKey
from gradcam_core.export.reproduce import (
    ModelPlace,
    common_options,
    finder,
    found_model,
    look_words,
    setting_lines,
    shell_line,
)
from gradcam_core.layers.place import DEFAULT_PLACE
from gradcam_core.rendering.render import Look

READ, TOKEN = "read", "token:"  # what --of of the command `attention` takes beside a cell
TOKENS = "tokens"  # what --hide takes


def attention_command(source: str, view: View | FeatureView, key: ResultKey, look: Look, *, place: ModelPlace) -> str:
    """The command that writes a map of attention into the folder `attention`; otherwise as `command_line`."""
    if isinstance(view, FeatureView):
        asked = {"layer": view.layer} | ({} if view.cell is None else {"of": _cell(view.cell)})
        return shell_line("features", source, common_options(key, place, asked, look), place)
    options = common_options(key, place, _asked(view), look)
    options += [option for option, is_so in (("--received", view.is_received), ("--rollout", view.is_rollout)) if is_so]
    hidden = [] if view.hidden is None else [*map(_cell, view.hidden)] or [TOKENS]
    return shell_line("attention", source, [*options, *(word for one in hidden for word in ("--hide", one))], place)


def attention_lines(source: str, view: View | FeatureView, key: ResultKey, look: Look, *, place: ModelPlace) -> str:
    """The lines of Python that write three of its files into the folder they are run in; as `attention_command`."""
    where = "" if key.place == DEFAULT_PLACE else f", place={key.place!r}"
    return f"""\
{setting_lines(place)}from pathlib import Path

from gradcam_core import Look, load_image, {finder(place)}, share_cores
{_imported(view)}
from gradcam_core.export.attention_formats import DrawnMap, ModelFacts, attention_file
from gradcam_core.export.attention_map import laid_map

share_cores()  # as the page does: the number of threads decides the last bits
image = load_image({source!r})
model = {found_model(key, place)}
laid = laid_map(model, image, {_call(view)}, preprocessing={key.preprocessing!r}{where})
drawn = DrawnMap(image, laid, ModelFacts.of(model), Look({look_words(look)}))
for name in ("overlay.png", "map.npy", "facts.json"):
    Path(name).write_bytes(attention_file(drawn, name))
"""


def _asked(view: View) -> dict[str, str]:
    """The options of a view that take one value."""
    asked = {"block": str(view.block + 1)} | ({} if view.head is None else {"head": str(view.head + 1)})
    asked |= {} if view.fusion is Fusion.MEAN else {"fusion": view.fusion.value}
    asked |= {"discard": str(view.discard)} if view.discard else {}
    one = _of(view)
    return asked | ({"of": one} if one else {})


def _of(view: View) -> str:
    """What --of says; "" where nothing need be said."""
    if view.cell is not None:
        return _cell(view.cell)
    if view.token is not None:
        return f"{TOKEN}{view.token + 1}"
    return READ if view.is_to_read and view.is_received else ""


def _cell(cell: tuple[int, int]) -> str:
    return f"{cell[0] + 1},{cell[1] + 1}"


def _call(view: View | FeatureView) -> str:
    """As it is written in Python, without what is usual."""
    given = ((field.name, getattr(view, field.name), field.default) for field in fields(view))
    words = ", ".join(f"{name}={_value(value)}" for name, value, usual in given if value != usual)
    return f"{type(view).__name__}({words})"


def _value(value: object) -> str:
    return f"{type(value).__name__}.{value.name}" if isinstance(value, Enum) else repr(value)


def _imported(view: View | FeatureView) -> str:
    """The lines that bring what `_call` names."""
    is_fused = isinstance(view, View) and view.fusion is not Fusion.MEAN
    fusion = "from gradcam_core.attention.flow import Fusion\n" if is_fused else ""
    return f"{fusion}from gradcam_core.attention.views import {type(view).__name__}"
