"""One place for the loaded models of all sessions, bounded by bytes.

A model is borrowed for as long as it is used. The least recently used ones leave when the bytes are too many, never
one that is in use, and never the latest: a model larger than the cache would otherwise be loaded at every click.
Models are loaded one after the other, so that there is never more than one beyond those bytes.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gradcam_core.config import settings
from gradcam_core.models.loaded import LoadedModel
from gradcam_core.models.loading import load_model, pick_device
from gradcam_core.resources.memory import memory

_SHARE = 0.4  # of all memory: the rest is for images, maps and the passes themselves
_Key = tuple[str, str]


@dataclass(eq=False)
class _Entry:
    """A model's place: `loading` is held while it is loaded; `users` counts those who have it or wait for it."""

    loading: threading.Lock = field(default_factory=threading.Lock)
    model: LoadedModel | None = None
    users: int = 0


def model_cache_bytes() -> int:
    """How much room a cache may take: the setting, and at most 40 % of the memory where that has a limit."""
    limit = memory().limit
    return min(settings().shelf_bytes, int(_SHARE * limit)) if limit else settings().shelf_bytes


class ModelCache:
    """Loaded models by name and device, shared between threads."""

    def __init__(
        self,
        max_bytes: int,
        *,
        load: Callable[..., LoadedModel] = load_model,
        before_loading: Callable[[], object] = lambda: None,
    ) -> None:
        """An empty cache.

        Args:
            max_bytes: parameters and buffers of all models together.
            load: called as `load(name, device=...)`, by one thread at a time.
            before_loading: may refuse by an error.
        """
        self.max_bytes = max_bytes
        self._load = load
        self._before_loading = before_loading
        self._loading = threading.Lock()
        self._lock = threading.Lock()  # held for book-keeping alone, never while a model is loaded
        self._slots: dict[_Key, _Entry] = {}  # least recently used first

    @contextmanager
    def borrow(self, name: str, device: str | None = None) -> Iterator[LoadedModel]:
        """The model, loaded if need be; it stays in the cache at least until the end of the block.

        Whoever asks for a model that is being loaded waits for it; where loading failed, the next one tries again.

        Raises:
            ModelError, ResourceError: as `load_model` does.
        """
        chosen = str(pick_device(device))
        key = (name, chosen)
        slot = self._taken(key)
        try:
            with slot.loading:
                if slot.model is None:
                    slot.model = self._loaded(name, chosen)
            self._make_room()
            yield slot.model
        finally:
            self._give_back(key, slot)

    @property
    def nbytes(self) -> int:
        """Bytes of all models in the cache."""
        with self._lock:
            return self._total()

    def names(self) -> tuple[str, ...]:
        """The names of the models in the cache, the least recently used first."""
        with self._lock:
            return tuple(name for (name, _), slot in self._slots.items() if slot.model is not None)

    def _loaded(self, name: str, device: str) -> LoadedModel:
        with self._loading:
            self._before_loading()
            return self._load(name, device=device)

    def _taken(self, key: _Key) -> _Entry:
        with self._lock:
            slot = self._slots.pop(key, None) or _Entry()
            self._slots[key] = slot  # last: the most recently used
            slot.users += 1
            return slot

    def _give_back(self, key: _Key, slot: _Entry) -> None:
        with self._lock:
            slot.users -= 1
            if slot.model is None and slot.users == 0:  # loading failed, and nobody waits to try again
                del self._slots[key]
        self._make_room()

    def _make_room(self) -> None:
        with self._lock:
            for key, slot in list(self._slots.items())[:-1]:
                if self._total() <= self.max_bytes:
                    return
                if slot.users == 0:
                    del self._slots[key]

    def _total(self) -> int:
        return sum(slot.model.nbytes for slot in self._slots.values() if slot.model is not None)
