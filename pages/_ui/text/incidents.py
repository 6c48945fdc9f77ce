"""What is told of an error, and under which number does the log know it?

What a person typed wrongly needs no number, nor does a full line. What the machine, a file or a network did has a
cause: that is logged, and so is a mistake of ours, whole.
"""

import logging
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from gradcam_core.errors import Cancelled, HeatproofError, ImageError
from pages._ui.text.sentences import error_text, incident_text, numbered

_log = logging.getLogger("heatproof")


def error_markdown(error: HeatproofError) -> str:
    """Message and hint as markdown, with the number under which the log has its cause, if it has one."""
    return error_text(_numbered(error))


def error_text_plain(error: HeatproofError) -> str:
    """The same as plain text."""
    known = _numbered(error)
    return f"{known.message} {known.hint}".strip()


def logged_incident(where: str) -> str:
    """Within an `except`: log the error whole under a number, and give what a visitor is told of it."""
    incident = secrets.token_hex(4)
    _log.exception("Error %s %s", incident, where)
    return incident_text(incident)


@contextmanager
def report_internal_errors(where: str) -> Iterator[None]:
    """Within it, a mistake of ours is logged and becomes a HeatproofError, so that whoever asks can go on."""
    try:
        yield
    except HeatproofError:
        raise
    except Exception:  # noqa: BLE001 - the last door before a visitor: logged whole, shown as a number
        raise HeatproofError(logged_incident(where)) from None


@contextmanager
def incidents_numbered(where: str) -> Iterator[None]:
    """Within it, every error is logged here and carries its number: it can be told many times, and its cause let go."""
    try:
        with report_internal_errors(where):
            yield
    except Cancelled:
        raise
    except HeatproofError as error:
        raise _numbered(error) from None


def _numbered(error: HeatproofError) -> HeatproofError:
    if not error.__cause__:
        return error
    incident = secrets.token_hex(4)
    is_of_a_stranger = isinstance(error, ImageError)  # who can send as many broken files as there is room in a log
    _log.warning(
        "Error %s: %s %.200r", incident, error.message, error.__cause__, exc_info=None if is_of_a_stranger else error
    )
    return HeatproofError(error.message, hint=numbered(error.hint, incident))
