"""Files to take away: made when they are asked for, of the class and the look that were on screen then."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from gradcam_core.errors import HeatproofError
from gradcam_core.explanation import Cam
from gradcam_core.images import LoadedImage
from gradcam_core.render import Look, get_colormap
from pages._ui.cache import answer, reading
from pages._ui.frame import logged_incident
from pages._ui.question import Question
from pages._ui.tray import pixels_of
from pages._ui.view import digest
from pages._ui.viewer import Request

Reply = tuple[dict[str, Any], bytes]


def reply_to(request: Request, question: Question) -> Reply:
    """The head and the bytes of an answer; one that can't be given says why."""
    head = {"token": request.token, "what": request.what}
    try:
        if request.view != digest(question):
            raise HeatproofError("The view has changed meanwhile.", hint="Ask once more.")
        return _answered(head, request, question)
    except HeatproofError as error:
        return head | {"error": f"{error.message} {error.hint}".strip()}, b""
    except Exception:  # noqa: BLE001 - the last door before a visitor: logged whole, shown as a number
        return head | {"error": logged_incident("in a file to take away")}, b""


def _answered(head: dict[str, Any], request: Request, question: Question) -> Reply:
    from gradcam_core.report import class_folder

    look = _look(request.look)
    cam = _cam(question, request.class_index)
    if request.what == "code":
        return head | _code(question, cam, look), b""
    if request.what not in _MAKERS:
        raise HeatproofError("There is no such file.", hint="Choose one of the menu.")
    suffix, mime, make = _MAKERS[request.what]
    name = f"{class_folder(cam.prediction)}-{suffix}"
    return head | {"name": name, "mime": mime}, make(question, pixels_of(question.picture), cam, look)


def _look(told: dict[str, Any]) -> Look:
    """The look that the browser says; anything may stand in it."""
    try:
        look = Look(**told)
        get_colormap(look.colormap)
    except (TypeError, ValueError, AttributeError) as error:
        raise HeatproofError("Nothing can be drawn in this way.", hint="Reset the view and ask once more.") from error
    return look


def _cam(question: Question, class_index: int) -> Cam:
    if not 0 <= class_index < len(question.model.labels):
        raise HeatproofError("The model has no such class.", hint="Choose a class and ask once more.")
    return answer(question, class_index)


def _code(question: Question, cam: Cam, look: Look) -> dict[str, str]:
    from gradcam_core.reproduce import command_line, python_lines

    source = question.picture.source
    return {"command": command_line(source, cam.key, look), "python": python_lines(source, cam.key, look)}


def _panels(question: Question, image: LoadedImage, cam: Cam, look: Look) -> bytes:
    from gradcam_core.figures import figure_png, panels_figure

    return figure_png(panels_figure(image, cam, look, unit=reading(question).unit))


def _overlay(_question: Question, image: LoadedImage, cam: Cam, look: Look) -> bytes:
    from gradcam_core.render import overlay_image, to_png

    return to_png(overlay_image(image, cam, look))


def _npy(_question: Question, _image: LoadedImage, cam: Cam, _look: Look) -> bytes:
    from gradcam_core.report import cam_npy

    return cam_npy(cam)


def _json(question: Question, image: LoadedImage, cam: Cam, look: Look) -> bytes:
    from gradcam_core.manifest import explanation_json

    told = explanation_json(image, [cam], predictions=reading(question).top, look=look)
    return json.dumps(told, indent=2, allow_nan=False).encode()


def _zip(question: Question, image: LoadedImage, cam: Cam, look: Look) -> bytes:
    from gradcam_core.report import explanation_zip

    known = reading(question)
    return explanation_zip(
        image,
        cam,
        predictions=known.top,
        look=look,
        unit=known.unit,
        input_picture=known.input_picture,
        source=question.picture.source,
    )


_Maker = Callable[[Question, LoadedImage, Cam, Look], bytes]
_MAKERS: dict[str, tuple[str, str, _Maker]] = {
    "panels": ("panels.png", "image/png", _panels),
    "overlay": ("overlay.png", "image/png", _overlay),
    "cam": ("cam.npy", "application/octet-stream", _npy),
    "json": ("explanation.json", "application/json", _json),
    "zip": ("heatproof.zip", "application/zip", _zip),
}
