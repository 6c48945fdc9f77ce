"""What is on screen while torch is imported, the first time in a server's life?"""

import atexit
import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import streamlit as st

from gradcam_core.errors import HeatproofError
from gradcam_core.resources.cores import share_cores
from pages._ui.session.pixels import pixels_of
from pages._ui.session.question import ImageInfo
from pages._ui.session.results import compute_first_screen

_is_ready = threading.Event()


@contextmanager
def engine_ready(picture: ImageInfo) -> Iterator[None]:
    """Import what computes, and compute once; meanwhile the page shows the picture, and grey where the rest will be.

    The picture and the grey stay until the block is over, so that no empty page lies between them and the result.
    """
    beside, below = st.sidebar.empty(), st.empty()  # always there: what follows keeps its place, and so stays itself
    if _is_ready.is_set():
        yield
        return
    with beside.container():
        _grey(64, 64, 64)
    with below.container():
        _page_to_come(picture)
    with suppress(HeatproofError):  # the pickers run into it next, and say it
        compute_first_screen(picture)
        share_cores()  # once more: the libraries that came with the answer have threads of their own
    _freeze_garbage_collector()
    _is_ready.set()
    beside.empty()
    try:
        yield
    finally:  # also where the rest can't be shown
        beside.empty()
        below.empty()


def _freeze_garbage_collector() -> None:
    """Streamlit collects garbage after every run; walking over torch's half million objects would take 0.3 s each time.

    Until the interpreter ends, for then the libraries count what is left.
    """
    gc.freeze()
    atexit.register(gc.unfreeze)


def _page_to_come(picture: ImageInfo) -> None:
    _grey(40, 60)
    original, heatmap, overlay = st.columns(3)
    original.image(pixels_of(picture).pixels, "Original", width="stretch", alt=f"The image {picture.name}".strip())
    for place in (heatmap, overlay):
        with place:
            _grey(290)
    st.caption("The network is waking up.")


def _grey(*heights: int) -> None:
    for height in heights:
        st.skeleton(height=height)
