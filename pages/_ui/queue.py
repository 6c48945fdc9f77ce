"""How long is the line before the computations? Said above the result while one stands in it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui.words import ahead

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


def tell(count: int) -> None:
    """Heard by the line: so many are ahead. Where Streamlit has a newer run for this session, it ends this one here."""
    place = getattr(_run, "place", None)
    st.session_state.get("any")  # a look, at which Streamlit may end this run
    if place is not None:
        place.caption(ahead(count))
        _run.told = count
