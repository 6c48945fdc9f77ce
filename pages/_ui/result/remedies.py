"""What helps where a map or the picture can't be seen? Buttons beside the panels: a title, and what each chooses."""

from __future__ import annotations

from typing import Any

from gradcam_core.cam import Cam
from gradcam_core.geometry import InputGeometry
from gradcam_core.methods import get_method
from gradcam_core.sentences import percent
from gradcam_core.trust.conditions import SATURATED, conditions
from pages._ui.session.question import Question
from pages._ui.session.results import ForwardResult, alternatives

_MUCH = 1 / 3  # of the picture: what lies at its edges is seldom missed
_EVERYTHING = "pad"

Remedy = dict[str, Any]


def for_unseen(geometry: InputGeometry) -> list[Remedy]:
    """Where much of the picture was cut off: the preprocessing that takes it whole."""
    if geometry.unseen_share <= _MUCH:
        return []
    never = f"The model never saw {percent(geometry.unseen_share)} of the image."
    return [{"text": never, "title": "Show it everything", "choose": ["preprocessing", _EVERYTHING]}]


def for_unusable(question: Question, known: ForwardResult, cam: Cam, *, tries_others: bool) -> list[Remedy]:
    """Where a map shows nothing: its evidence against the class, and what is known to give one that does.

    Args:
        tries_others: whether other layers and methods are tried: a forward pass, and a backward pass for each.
    """
    if cam.usable:
        return []
    against = [{"title": "Show evidence against it", "look": {"sign": "both"}}] if cam.tells_against else []
    others = _others(question, cam) if tries_others else []
    return [*against, *others, *_likeliest(known, cam)]


def for_misleading(question: Question, known: ForwardResult, cam: Cam, *, tries_others: bool) -> list[Remedy]:
    """Where a map can be used but misleads at a glance: why, and what helps.

    Args:
        tries_others: as for `for_unusable`.
    """
    if not cam.usable:
        return []
    found: list[Remedy] = []
    for condition in conditions(cam):
        if condition == SATURATED:
            found += [{"text": condition.sentence, **one} for one in _second_likeliest(known, cam)]
        elif tries_others:
            others = _others(question, cam)
            found += [{"text": condition.sentence, **others[0]}, *others[1:]] if others else []
    return found


def _others(question: Question, cam: Cam) -> list[Remedy]:
    """The layer and the method that are known to give a better map."""
    found = alternatives(question, cam.prediction.class_index)
    titles = {"layer": f"Explain at layer {found.get('layer')}", "method": f"Use {_title(found.get('method'))}"}
    return [{"title": titles[name], "choose": [name, value]} for name, value in found.items()]


def _second_likeliest(known: ForwardResult, cam: Cam) -> list[Remedy]:
    """The likeliest of the other classes that has a map."""
    others = [one for one in known.top if one.class_index != cam.prediction.class_index]
    usable = (one for one in others if one.class_index in known.cams and known.cams[one.class_index].usable)
    return [{"title": f"Explain “{one.label}”", "class": one.class_index} for one in usable][:1]


def _title(method: str | None) -> str:
    return get_method(method).title if method else ""


def _likeliest(known: ForwardResult, cam: Cam) -> list[Remedy]:
    """The likeliest class, if it is another one and has a map."""
    first = known.top[0]
    if first.class_index == cam.prediction.class_index or not known.cams[first.class_index].usable:
        return []
    return [{"title": f"Explain “{first.label}”, the likeliest class", "class": first.class_index}]
