"""What do all sessions share? One cache of models, one line of computations, and stores that are bounded by bytes.

torch is imported in the functions that need it, so that a page paints before its seconds are over.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from gradcam_core.config import settings
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.resources.memory import ensure_memory
from gradcam_core.resources.queue import ComputeQueue
from gradcam_core.resources.store import LruStore
from pages._ui.session.kept_trays import KeptTrays

if TYPE_CHECKING:
    from gradcam_core.models.cache import ModelCache

_RESULT_SECONDS = 180  # what can be made again within a second is not kept long after a crowd has left
_CHECK_SECONDS = 900  # what takes ten seconds of everybody's cores is kept longer
_TRAY_SECONDS = 900  # what was brought can't be


@dataclass(frozen=True, eq=False)
class Shared:
    """The same for everybody.

    Attributes:
        slots: who computes now.
        results: maps, predictions and displayed copies, by the content of what was asked.
        checks: what hiding parts of an image does to the network, which takes long to find out.
        pixels: decoded images, by the hash of their files.
        trays: what people brought.
    """

    slots: ComputeQueue
    results: LruStore[Any]
    checks: LruStore[Any]
    pixels: LruStore[LoadedImage]
    trays: KeptTrays

    def relieve(self) -> None:
        """Let go of all that can be made again."""
        self.results.clear()
        self.checks.clear()
        self.pixels.clear()

    def kept(self, key: Hashable, make: Callable[[], Any], nbytes: Callable[[Any], int]) -> Any:
        """An answer from the store, made and put there if it is not."""
        found = self.results.get(key)
        if found is not None:
            return found
        made = make()
        return self.results.put(key, made, nbytes(made))


@st.cache_resource(show_spinner=False)
def shared() -> Shared:
    """Made once in a server's life."""
    from gradcam_core.resources.cores import slot_count

    limits = settings()
    return Shared(
        ComputeQueue(slot_count(), most_waiting=limits.most_waiting),
        LruStore(limits.answers_bytes, seconds=_RESULT_SECONDS),
        LruStore(limits.answers_bytes // 2, seconds=_CHECK_SECONDS),
        LruStore(limits.pictures_bytes, seconds=_RESULT_SECONDS),
        KeptTrays(limits.trays_bytes, seconds=_TRAY_SECONDS),
    )


@st.cache_resource(show_spinner=False)
def model_cache() -> ModelCache:
    """The loaded models."""
    from gradcam_core.models.cache import ModelCache, model_cache_bytes
    from gradcam_core.resources.cores import share_cores

    share_cores()
    return ModelCache(model_cache_bytes(), before_loading=ensure_room)


def ensure_room() -> None:
    """Before work that takes memory; ResourceError if there is too little, even without what can be made again."""
    ensure_memory(shared().relieve)


def person() -> str:
    """Whose run of the script this is: the session."""
    context = get_script_run_ctx()
    return context.session_id if context else ""
