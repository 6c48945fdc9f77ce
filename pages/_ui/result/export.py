"""Files to take away: made when they are asked for, of the class and the look that were on screen then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gradcam_core.cam import Cam
from gradcam_core.errors import HeatproofError
from gradcam_core.rendering.colormaps import get_colormap
from gradcam_core.rendering.render import Look
from pages._ui.result.view import digest
from pages._ui.server.visitor import is_visitor_on_this_machine
from pages._ui.session.checks import is_check_asked, judgement_if_known
from pages._ui.session.pixels import pixels_of
from pages._ui.session.question import Question
from pages._ui.session.queue import my_turn
from pages._ui.session.results import cam_for, forward_result
from pages._ui.session.shared import ensure_room, shared
from pages._ui.text.incidents import error_text_plain, report_internal_errors
from pages._ui.viewer import Request

if TYPE_CHECKING:
    from gradcam_core.export.formats import Explanation, ExportFormat
    from gradcam_core.export.reproduce import ModelPlace

Reply = tuple[dict[str, Any], bytes]


def reply_to(request: Request, question: Question) -> Reply:
    """The head and the bytes of an answer; one that can't be given says why."""
    head = {"token": request.token, "what": request.what}
    try:
        with report_internal_errors("in a file to take away"):
            if request.view != digest(question):
                raise HeatproofError("The view has changed meanwhile.", hint="Ask once more.")
            return _answered(head, request, question)
    except HeatproofError as error:
        return head | {"error": error_text_plain(error)}, b""


def _answered(head: dict[str, Any], request: Request, question: Question) -> Reply:
    from gradcam_core.export.bundle import class_folder
    from gradcam_core.export.formats import FORMATS

    look = look_told(request.look)
    cam = _cam(question, request.class_index)
    if request.what == "code":
        return head | _code(_explanation(question, cam, look)), b""
    wanted = FORMATS.get(request.what)
    if wanted is None or not wanted.is_offered:
        raise HeatproofError("There is no such file.", hint="Choose one of the menu.")
    name = f"{class_folder(cam.prediction)}-{wanted.file_name}"
    return head | {"name": name, "mime": wanted.mime}, _made(wanted, _explanation(question, cam, look))


def _made(wanted: ExportFormat[Explanation], explanation: Explanation) -> bytes:
    """The bytes of one file."""
    ensure_room()
    with my_turn(shared().slots, is_slow=True):
        return wanted.make(explanation)


def _explanation(question: Question, cam: Cam, look: Look) -> Explanation:
    """What `Explanation.of` makes of a forward pass, from values that are kept."""
    from gradcam_core.export.formats import Explanation

    known = forward_result(question)
    return Explanation(
        image=pixels_of(question.picture),
        cam=cam,
        predictions=known.top,
        look=look,
        strongest=known.strongest,
        unit=known.unit,
        input_picture=known.input_picture,
        source=question.picture.source,
        place=place_to_name(question),
        trust=_trust(question, cam),
        model_notes=question.model.notes,
    )


def _trust(question: Question, cam: Cam) -> dict[str, Any] | None:
    """The verdict on the map, if this visit has asked for a check and it was judged."""
    judged = judgement_if_known(question, cam.prediction.class_index) if is_check_asked(question) else None
    return None if judged is None else judged.as_json()


def place_to_name(question: Question) -> ModelPlace:
    """What the lines need to find the model; to another machine's visitor it is not told where that lies."""
    from gradcam_core.export.reproduce import ModelPlace
    from gradcam_core.models import chosen_folder, needed_setting

    spec = question.model.spec
    folder, models = chosen_folder(spec), needed_setting(spec)
    if is_visitor_on_this_machine():
        return ModelPlace(checkpoints=folder, models=models)
    return ModelPlace(
        checkpoints=folder and Path(f"folder-of-{spec.name}"), models=models and f"code-of-{spec.name}.py"
    )


def look_told(told: dict[str, Any]) -> Look:
    """The look that the browser says; anything may stand in it."""
    try:
        look = Look(**told)
        get_colormap(look.colormap)
    except (TypeError, ValueError, AttributeError):
        raise HeatproofError("Nothing can be drawn in this way.", hint="Reset the view and ask once more.") from None
    return look


def _cam(question: Question, class_index: int) -> Cam:
    if not 0 <= class_index < len(question.model.labels):
        raise HeatproofError("The model has no such class.", hint="Choose a class and ask once more.")
    return cam_for(question, class_index)


def _code(explanation: Explanation) -> dict[str, str]:
    from gradcam_core.export.formats import command_of, python_of

    return {"command": command_of(explanation), "python": python_of(explanation)}
