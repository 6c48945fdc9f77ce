"""How long is the line before the computations? Said above the result while one stands in it."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from gradcam_core.errors import Cancelled
from gradcam_core.resources.queue import ComputeQueue, Turn
from pages._ui.session.shared import person
from pages._ui.text.sentences import ahead

_run = threading.local()  # one run of the script is one thread


@contextmanager
def queue_shown() -> Iterator[None]:
    """Within it, a wait is told here, and gone once it is over."""
    place = st.empty()
    _run.place, _run.told = place, None
    try:
        yield
    except Exception:
        _end(place)
        raise
    finally:
        _run.place = None  # what cuts a run off is no Exception, and draws nothing more
    _end(place)


def _end(place: DeltaGenerator) -> None:
    if _run.told is not None:
        place.empty()


@contextmanager
def my_turn(slots: ComputeQueue, *, is_slow: bool = False) -> Iterator[Turn]:
    """This session's turn.

    A former run that Streamlit has given up may still be computing, and come to ask for a turn after the run that
    follows it: it ends at its look, and who lost a place to it asks again.
    """
    with ExitStack() as stack:
        while True:
            yield_to_newer_run()
            with suppress(Cancelled):
                turn = stack.enter_context(slots.turn(person(), is_slow=is_slow, waiting=show_position))
                break
        yield turn


def yield_to_newer_run() -> None:
    """Where Streamlit has a newer run for this session, it ends this one here."""
    st.session_state.get("any")


def show_position(count: int) -> None:
    """Heard by the line: so many are ahead."""
    place = getattr(_run, "place", None)
    yield_to_newer_run()
    if place is not None:
        place.caption(ahead(count))
        _run.told = count
