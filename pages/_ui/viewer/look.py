"""How can a map be drawn on screen? One registry: the browser makes its controls and reads its address from it.

A parameter is one entry here and, where it is drawn in a new way, code in `drawing/`. One that `Look` has too is drawn
into the files under the same name. Titles and sentences say {noun} for what the method's maps show more or less of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from gradcam_core.rendering.colormaps import COLORMAPS
from gradcam_core.rendering.overlays import OVERLAYS
from gradcam_core.rendering.render import DEFAULT_LOOK, Look

_OF_CORE = {field.name for field in fields(Look)} - {"scale"}  # the screen's scale is a choice, the core's a raw value


@dataclass(frozen=True)
class Choice:
    """One value of a parameter.

    Attributes:
        ends: of colours, the names of the first and the last one; of overlays, as `Overlay` has them.
    """

    value: str | int
    title: str
    sentence: str = ""
    ends: tuple[str, ...] = ()


@dataclass(frozen=True)
class LookParameter:
    """What a person can set of the drawing.

    Attributes:
        name: in the address, and in `Look` where that has it.
        kind: which control it gets; "count" is the one beside the predictions.
        sentence: what it means, beside its control.
        is_in_row: whether its control stands in the row under the panels; the others are behind "Look".
        default: the usual value, which the address does not name.
        low, high: the whole numbers that it goes from and to, where there are no choices.
        narrow: the usual value on a narrow screen, where that is another.
        is_percent: whether the value is a percentage of what `Look` takes.
    """

    name: str
    title: str
    kind: Literal["buttons", "slider", "select", "count"]
    default: str | int
    choices: tuple[Choice, ...] = ()
    low: int = 0
    high: int = 0
    narrow: str | None = None
    is_percent: bool = False
    sentence: str = ""
    is_in_row: bool = False


def _percent(share: float) -> int:
    return round(100 * share)


_VIEWS = (Choice("side", "Side by side"), Choice("overlay", "Overlay"), Choice("swipe", "Swipe"))
_COLORMAPS = tuple(Choice(one.slug, one.title, one.sentence, one.ends) for one in COLORMAPS.values())
_SCALES = (Choice("own", "This class's brightest"), Choice("shared", "Shared by the {count} likeliest"))
_OVERLAYS = tuple(Choice(one.slug, one.title, one.sentence, one.ends) for one in OVERLAYS.values())
_SIGNS = (
    Choice("positive", "For the class", "What speaks against the class is left out."),
    Choice("both", "For and against", "Red speaks for the class, blue against it."),
)
_CONTOURS = (
    Choice(0, "None"),
    *(
        Choice(share, f"{share} % of the {{noun}}", f"The smallest area that holds {share} % of the {{noun}}.")
        for share in (10, 20, 30, 50, 80)
    ),
)

_MEANS = {
    "overlay": "What lies over the image where there is {noun}, and what becomes of the rest.",
    "sign": "Whether what speaks against the class is drawn too.",
    "colormap": "Which colour no {noun} has, and which the most.",
    "threshold": "What is below this share of the scale is left uncoloured.",
    "scale": "The value that gets the last colour. Choose the shared one to see whose {noun} is weak.",
    "contour": "A line round the smallest area that holds this share of the {noun}.",
}

LOOK_PARAMETERS: dict[str, LookParameter] = {
    parameter.name: parameter
    for parameter in (
        LookParameter("view", "Panels", "buttons", "side", _VIEWS, narrow="overlay", is_in_row=True),
        LookParameter("overlay", "Overlay", "select", DEFAULT_LOOK.overlay, _OVERLAYS, sentence=_MEANS["overlay"]),
        LookParameter("sign", "Evidence", "select", DEFAULT_LOOK.sign, _SIGNS, sentence=_MEANS["sign"]),
        LookParameter("colormap", "Colours", "select", DEFAULT_LOOK.colormap, _COLORMAPS, sentence=_MEANS["colormap"]),
        LookParameter(
            "opacity", "Opacity", "slider", _percent(DEFAULT_LOOK.opacity), high=100, is_percent=True, is_in_row=True
        ),
        LookParameter(
            "threshold",
            "Hide weak {noun}",
            "slider",
            _percent(DEFAULT_LOOK.threshold),
            high=95,
            is_percent=True,
            sentence=_MEANS["threshold"],
        ),
        LookParameter("scale", "Scale", "select", "own", _SCALES, sentence=_MEANS["scale"]),
        LookParameter(
            "contour",
            "Contour",
            "select",
            _percent(DEFAULT_LOOK.contour),
            _CONTOURS,
            is_percent=True,
            sentence=_MEANS["contour"],
        ),
        LookParameter("k", "How many predictions", "count", 5, low=1, high=10),
    )
}


def look_in(told: Mapping[str, Any]) -> Look:
    """The look by the parameters of an address, on a scale of its own; what is not sound is passed over."""
    values = {name: _value(LOOK_PARAMETERS[name], told.get(name)) for name in _OF_CORE}
    return Look(**{name: value for name, value in values.items() if value is not None})


def _value(parameter: LookParameter, text: Any) -> Any:
    """What `Look` takes for this text of an address; None where it is no value of this parameter."""
    possible = [choice.value for choice in parameter.choices] or range(parameter.low, parameter.high + 1)
    value = next((one for one in possible if str(one) == text), None)
    return value / 100 if parameter.is_percent and isinstance(value, int) else value


def look_told(shared_by: int, noun: str) -> list[dict[str, Any]]:
    """The registry for the head of a message; what is 0, false or empty has no words.

    Args:
        shared_by: of how many classes the shared scale is.
        noun: of what the method's maps show more or less, as `Phrase.noun`.
    """
    known = {"count": shared_by, "noun": noun}
    return [_told(parameter, known) for parameter in LOOK_PARAMETERS.values()]


def _told(parameter: LookParameter, known: Mapping[str, Any]) -> dict[str, Any]:
    always = {
        "name": parameter.name,
        "title": parameter.title.format_map(known),
        "kind": parameter.kind,
        "default": parameter.default,
    }
    perhaps = {
        "choices": [_choice(choice, known) for choice in parameter.choices],
        "low": parameter.low,
        "high": parameter.high,
        "narrow": parameter.narrow,
        "isPercent": parameter.is_percent,
        "sentence": parameter.sentence.format_map(known),
        "isInRow": parameter.is_in_row,
        "isOfCore": parameter.name in _OF_CORE,
    }
    return always | {name: value for name, value in perhaps.items() if value}


def _choice(choice: Choice, known: Mapping[str, Any]) -> dict[str, Any]:
    told = {"value": choice.value, "title": choice.title.format_map(known)}
    perhaps = {"sentence": choice.sentence.format_map(known), "ends": choice.ends}
    return told | {name: value for name, value in perhaps.items() if value}
