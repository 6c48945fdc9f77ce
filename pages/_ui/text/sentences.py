"""The sentences on screen, as text: pure functions, no Streamlit."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from gradcam_core.cam import Cam
from gradcam_core.errors import HeatproofError
from gradcam_core.geometry import InputGeometry
from gradcam_core.methods import DEFAULT_METHOD, CamMethod, get_method

if TYPE_CHECKING:
    from gradcam_core.preprocessing import Preprocessing
    from pages._ui.session.question import Question

NOT_IN_A_LINK = (
    "A link can't carry your picture: it opens here while your visit lasts, and asks anybody else to bring it."
)

_JOINER = "\u2060"  # no width: it parts what would otherwise become a link, an emoji or an arrow
_SPACE = "\N{NO-BREAK SPACE}"
_PLACES = (
    ("the upper left", "the upper middle", "the upper right"),
    ("the left", "the centre", "the right"),
    ("the lower left", "the lower middle", "the lower right"),
)


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


def percent(probability: float) -> str:
    """A probability for people, as in "71.5 %"; rounding never makes it certain or impossible."""
    if not math.isfinite(probability):
        return "not a number"
    if 0 < probability < 0.0005:
        return f"< 0.1{_SPACE}%"
    if 0.9995 <= probability < 1:
        return f"> 99.9{_SPACE}%"
    return f"{probability * 100:.1f}{_SPACE}%"


def number(value: float, digits: int) -> str:
    """A number with so many decimals and a true minus sign."""
    return f"{value:.{digits}f}".replace("-", "\N{MINUS SIGN}")


def place(peak: tuple[int, int], size: tuple[int, int]) -> str:
    """Where a pixel lies, in thirds of the image."""
    column, row = (min(3 * at // side, 2) for at, side in zip(peak, size, strict=True))
    return _PLACES[row][column]


def sentence(cam: Cam, method: CamMethod) -> str:
    """Class, how sure, where, layer and method in one plain sentence; also the map's alternative text."""
    other = f" rather than “{cam.versus.label}”" if cam.versus else ""
    asked = f"For “{cam.prediction.label}” ({percent(cam.prediction.probability)} sure){other}"
    if not cam.usable:
        return f"{asked}: {cam.note}"
    where = place(cam.peak, cam.geometry.image_size)
    peak, layer = method.phrase.peak, f"at layer {cam.key.layer}"
    if not method.depends_on_class:
        seen = f"{peak} {layer}" if method.depends_on_layer else peak
        return (
            f"{asked} and every other class {cam.method_title} draws the same map: {seen} lies in {where} of the image."
        )
    found = f"{layer} by" if method.depends_on_layer else "by"
    return f"{asked} {peak} lies in {where} of the image, {found} {cam.method_title}."


def caption(cam: Cam, weights_sha256: str) -> str:
    """What the panels show, exactly: class, layer, method, model, weights."""
    prediction = cam.prediction
    label = f"{prediction.label} (class {prediction.class_index}, logit {number(prediction.logit, 2)})"
    method = f"{cam.method_title} (sign by convention)" if cam.sign_rule else cam.method_title
    return " · ".join((label, cam.key.layer, method, cam.model_title, f"weights {weights_sha256[:8]}"))


def notes(cam: Cam, of_file: tuple[str, ...]) -> list[str]:
    """What the panels can't say themselves: what was cut off, and what was done to the file."""
    unseen = [] if cam.geometry.is_all_seen else ["The model never saw the faded part."]
    is_switched = cam.key.method != DEFAULT_METHOD  # whoever has switched wonders why nothing changed
    return [*unseen, *([cam.same_map_note] if is_switched and cam.same_map_note else []), *of_file]


def how_to_read(cam: Cam, method: CamMethod) -> list[str]:
    """What the colours mean and what they do not: one paragraph a thought."""
    rows, columns = cam.shape
    left, top, right, bottom = cam.geometry.window
    bright = f"Bright at layer {cam.key.layer}" if method.depends_on_layer else "Bright"
    return [
        f"{bright} is {method.phrase.bright}. It is no proof of a cause: a network can be right for the wrong reason. "
        "Cover the bright part, ask again, and see whether the answer changes.",
        f"The map has {columns} × {rows} cells, each about {(right - left) / columns:.0f} × "
        f"{(bottom - top) / rows:.0f} pixels of the picture. What is smaller than a cell can't be placed; "
        "between the cells' centres the colours are interpolated.",
        "The colours end at the map's own maximum, so a weak map looks as bright as a strong one. "
        "Choose the shared scale to compare classes.",
        f"{method.title}: {method.description} ({method.paper})",
        *([cam.same_map_note] if cam.same_map_note else []),
    ]


def what_it_saw(model_title: str, geometry: InputGeometry, preprocessing: Preprocessing) -> list[str]:
    """What went into the model, and which part of the image never did."""
    width, height = geometry.input_size
    never = f"It never saw {percent(geometry.unseen_share)} of the picture: the faded part."
    return [
        f"{model_title} saw these {width} × {height} pixels and nothing else.",
        f"{preprocessing.title}. {preprocessing.sentence}",
        "It saw the whole picture." if geometry.is_all_seen else never,
    ]


def finite(value: float) -> float | None:
    """A number for JSON, which knows none that is not finite."""
    return float(value) if math.isfinite(value) else None
