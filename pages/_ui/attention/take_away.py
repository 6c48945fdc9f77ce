"""Files of the map on the stage: made on the server from the core's own values, when they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from gradcam_core.errors import HeatproofError
from pages._ui.attention.message import view_id
from pages._ui.attention.reading import in_turn, reading_key
from pages._ui.attention.views import view_of
from pages._ui.result.export import look_told, place_to_name
from pages._ui.session.question import Question
from pages._ui.session.queue import my_turn, queue_shown
from pages._ui.session.results import image_ready
from pages._ui.session.shared import ensure_room, shared
from pages._ui.text.incidents import error_text_plain, report_internal_errors
from pages._ui.viewer.payload import pack
from pages._ui.viewer.scripts import script

if TYPE_CHECKING:
    from gradcam_core.attention.views import FeatureView, View
    from gradcam_core.export.attention_formats import DrawnMap
    from gradcam_core.export.attention_map import LaidMap
    from gradcam_core.export.formats import ExportFormat

_FILES, _SERVED = "attention_files", "attention_file_served"  # keys of the session's state
_WORDS_BYTES = 2_000  # about what the words of a map take
Reply = tuple[dict[str, Any], bytes]


@dataclass(frozen=True)
class FileWanted:
    """A file that the browser asks for, as `onScreen` in script/take_away.js says it; anything may stand in the rest.

    Attributes:
        token: tells one request from the next, `tries` how often it was asked for.
        what: the slug of a format, or `code` for the lines that make it again.
        view: the message that it is of.
        choice: whose map, of which block.
        look: how it is drawn.
    """

    token: str
    what: str
    view: str
    choice: dict[str, Any]
    look: dict[str, Any]
    tries: int = 1


@st.fragment(key="attention_files")
def serve_files(question: Question) -> None:
    """Where files arrive, and where they are asked for: then this is rerun alone."""
    wanted = wanted_file()
    name = wanted and (wanted.token, wanted.tries)
    is_new = wanted is not None and name != st.session_state.get(_SERVED)
    with queue_shown():
        message = file_message(question, wanted) if wanted is not None and is_new else None
    _ELEMENT(key=_FILES, data=message, on_wanted_change=lambda: None)
    st.session_state[_SERVED] = name  # only now: a run that is cut off before has sent nothing


def wanted_file() -> FileWanted | None:
    """What was asked for last."""
    told = st.session_state.get(_FILES, {}).get("wanted")
    if not isinstance(told, dict):
        return None
    token, what, view, choice, look = (told.get(name) for name in ("token", "what", "view", "choice", "look"))
    tries = told.get("try")
    if not all(isinstance(text, str) for text in (token, what, view)) or type(tries) is not int:
        return None
    if not isinstance(choice, dict) or not isinstance(look, dict):
        return None
    return FileWanted(str(token), str(what), str(view), dict(choice), dict(look), tries)


def file_message(question: Question, wanted: FileWanted) -> bytes:
    """The answer; a file that can't be given says why."""
    head = {"token": wanted.token, "what": wanted.what}
    try:
        with report_internal_errors("in a file of the page Attention"):
            if wanted.view != view_id(question):
                raise HeatproofError("The view has changed meanwhile.", hint="Ask once more.")
            more, data = _answer(question, wanted)
            return pack(head | more, {"file": data})
    except HeatproofError as error:
        return pack(head | {"error": error_text_plain(error)}, {})


def offered_formats() -> list[dict[str, str]]:
    """The files that the menu offers."""
    from gradcam_core.export.attention_formats import ATTENTION_FORMATS

    return [
        {"slug": one.slug, "title": one.title, "description": one.description} for one in ATTENTION_FORMATS.values()
    ]


def _answer(question: Question, wanted: FileWanted) -> Reply:
    from gradcam_core.export.attention_formats import ATTENTION_FORMATS, DrawnMap, ModelFacts
    from gradcam_core.export.attention_words import file_prefix

    look, view = look_told(wanted.look), view_of(question, wanted.choice)
    laid = _laid(question, view)
    model = question.model
    drawn = DrawnMap(image_ready(question), laid, ModelFacts(model.spec.title, model.weights_sha256, model.notes), look)
    if wanted.what == "code":
        return _code(question, drawn), b""
    made = ATTENTION_FORMATS.get(wanted.what)
    if made is None:
        raise HeatproofError("There is no such file.", hint="Choose one of the menu.")
    return {"name": f"{file_prefix(view)}-{made.file_name}", "mime": made.mime}, _made(made, drawn)


def _made(wanted: ExportFormat[DrawnMap], drawn: DrawnMap) -> bytes:
    ensure_room()
    with my_turn(shared().slots, is_slow=True):
        return wanted.make(drawn)


def _laid(question: Question, view: View | FeatureView) -> LaidMap:
    from gradcam_core.export.attention_map import laid_map

    image = image_ready(question)
    how = {"preprocessing": question.preprocessing, "place": question.place}
    return in_turn(
        question,
        (*reading_key(question), "taken away", repr(view), question.place),
        lambda model, _: laid_map(model, image, view, **how),
        lambda made: _WORDS_BYTES + made.nbytes,
    )


def _code(question: Question, drawn: DrawnMap) -> dict[str, str]:
    from gradcam_core.export.reproduce_attention import attention_command, attention_lines

    source, place = question.picture.source, place_to_name(question)
    asked = (source, drawn.laid.view, drawn.laid.cam.key, drawn.look)
    return {"command": attention_command(*asked, place=place), "python": attention_lines(*asked, place=place)}


_ELEMENT = st.components.v2.component(
    "heatproof_attention_files", js=script((Path(__file__).parent / "script" / "take_away_element",))
)
