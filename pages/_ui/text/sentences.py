"""The sentences on screen, as text: pure functions, no Streamlit."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from gradcam_core.cam import Cam
from gradcam_core.errors import HeatproofError
from gradcam_core.geometry import InputGeometry
from gradcam_core.methods import CamMethod, default_method, get_method, why_default
from gradcam_core.sentences import cells_sentence, no_class_sentence, percent

if TYPE_CHECKING:
    from gradcam_core.layers.finding import TargetLayer
    from pages._ui.session.question import Question

NOT_IN_A_LINK = (
    "A link can't carry your picture: it opens here while your visit lasts, and asks anybody else to bring it."
)

_WEAK = (
    "On the scale of this class's brightest a weak map looks like a strong one. Under Look is the scale that is shared "
    "with the likeliest classes: on it one sees which map is weak."
)
_JOINER = "\u2060"  # no width: it parts what would otherwise become a link, an emoji or an arrow


def escape_markdown(text: str) -> str:
    """A stranger's text as markdown that shows it letter by letter.

    Escaping alone does not do: addresses, :shortcodes: and arrows are looked for after markdown has been read.
    """
    flat = " ".join(text.split())
    parted = re.sub(r":(?=\S)|@|www(?=\.)|[<>~-](?=[-=>])", lambda match: match[0] + _JOINER, flat, flags=re.IGNORECASE)
    return re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", parted)


def error_text(error: HeatproofError) -> str:
    """Message and hint, as markdown."""
    return f"{escape_markdown(error.message)} {escape_markdown(error.hint)}".strip()


def incident_text(incident: str) -> str:
    """What a visitor is told of a mistake of ours."""
    return f"Something went wrong here, and it is our mistake. The log knows it as error {incident}."


def numbered(hint: str, incident: str) -> str:
    """A hint with the number under which the log knows more."""
    return f"{hint.removesuffix('.') or 'It is logged'} (error {incident})."


def what_is_still_shown(question: Question) -> str:
    """After a refusal: which view it is that stays, as markdown."""
    method = get_method(question.method).title
    picture, model = question.picture.name, question.model.spec.title
    return escape_markdown(
        f"What you see is still {picture or 'the former picture'}: {model}, {question.layer}, {method}."
    )


def ahead(count: int) -> str:
    """How many stand before one in the line."""
    if count == 0:
        return "Many are asking just now. You are next."
    return f"Many are asking just now. {count} {'is' if count == 1 else 'are'} ahead of you."


def notes(cam: Cam, layer: TargetLayer, of_file: tuple[str, ...]) -> list[str]:
    """What the panels can't say themselves: what was cut off, why this method, and what was done to the file."""
    unseen = [] if cam.geometry.is_all_seen else ["The model never saw the faded part."]
    is_switched = cam.key.method != default_method(layer)  # whoever has switched wonders why nothing changed
    beside = [cells_sentence(cam)] if cam.field.note or cam.geometry.shift != cam.field.shift else []
    of_method = cam.same_map_note if is_switched and cam.same_map_note else why_default(layer)
    of_layer = [of_method] if of_method and get_method(cam.key.method).depends_on_layer else []
    return [*unseen, *beside, *of_layer, *filter(None, [cam.remark]), *of_file]


def how_to_read(cam: Cam, method: CamMethod) -> list[str]:
    """What the colours mean and what they do not: one paragraph a thought."""
    rows, columns = cam.shape
    left, top, right, bottom = cam.geometry.window
    marked = f"What is marked at layer {cam.key.layer}" if method.depends_on_layer else "What is marked"
    return [
        f"{marked} is {method.phrase.bright}. It is no proof of a cause: a network can be right for the wrong reason. "
        "Cover the marked part, ask again, and see whether the answer changes.",
        f"The map has {columns} × {rows} cells, each about {(right - left) / columns:.0f} × "
        f"{(bottom - top) / rows:.0f} pixels of the picture. What is smaller than a cell can't be placed; "
        f"between the cells' centres the colours are interpolated. {cells_sentence(cam)}",
        no_class_sentence(cam, of="any of them") or _WEAK,
        f"{method.title}: {method.description} ({method.paper})",
        *([cam.same_map_note] if cam.same_map_note else []),
    ]


def what_it_saw(model_title: str, geometry: InputGeometry, preprocessing: str) -> list[str]:
    """What went into the model, and which part of the image never did."""
    width, height = geometry.input_size
    never = f"It never saw {percent(geometry.unseen_share)} of the picture: the faded part."
    return [
        f"{model_title} saw these {width} × {height} pixels and nothing else.",
        preprocessing,
        "It saw the whole picture." if geometry.is_all_seen else never,
    ]


def finite(value: float) -> float | None:
    """A number for JSON, which knows none that is not finite."""
    return float(value) if math.isfinite(value) else None
