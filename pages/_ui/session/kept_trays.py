"""Where do trays lie? Outside the sessions, each under a secret token, so that a reload, which is another session for
Streamlit, finds its own again. What lies here is all that counts towards the bound: no garbage has to be collected.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from gradcam_core.errors import ResourceError
from pages._ui.session.question import ImageInfo

_LEFT_AFTER = 60.0  # seconds unseen, while those who are connected are seen more often than that
_MOST = 1_000  # trays; beyond that those of people who have left go first


@dataclass(frozen=True, eq=False)
class TrayItem:
    """An image in the tray: its file, and a thumbnail as a data URL."""

    picture: ImageInfo
    data: bytes = field(repr=False)
    thumbnail: str = field(repr=False)

    @property
    def nbytes(self) -> int:
        """Of the file."""
        return len(self.data)


@dataclass(eq=False)
class _Tray:
    items: Mapping[str, TrayItem]
    session: str  # whose it is, or empty
    seen: float  # when that session was last known to be there, by the clock
    is_copied: bool = False  # it changes no more: its session gets another one with its next change


class KeptTrays:
    """Trays by token, each for so long after its session was seen last."""

    def __init__(self, max_bytes: int, *, seconds: float = 900, clock: Callable[[], float] = time.monotonic) -> None:
        """No trays.

        Args:
            max_bytes: of all files together; one that lies in several trays counts once.
            seconds: how long a tray outlives its session.
        """
        self.max_bytes = max_bytes
        self._seconds = seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._trays: dict[str, _Tray] = {}

    def items(self, token: str) -> dict[str, TrayItem]:
        """What lies in a tray, by address; nothing where there is no such tray."""
        with self._lock:
            tray = self._trays.get(token)
            if tray is None:
                return {}
            tray.seen = self._clock()
            return dict(tray.items)

    def keep(self, token: str, items: Mapping[str, TrayItem], *, session: str) -> str:
        """Replace what lies in a session's tray, or open it one.

        Returns:
            The tray's token from now on: another one where the former was shown to somebody (`copy`), so that who
            knows that one sees nothing of what comes later.

        Raises:
            ResourceError: if there is no room for it.
        """
        with self._lock:
            former = self._trays.get(token)
            is_own = former is not None and not former.is_copied
            self._make_room(items, without=token if is_own else "")
            if former is not None and not is_own:
                former.session = ""
            return self._laid(token if is_own else "", items, session)

    def copy(self, token: str, *, session: str) -> str | None:
        """A tray of its own for another session, with what lies in this one now: its token, or None."""
        with self._lock:
            tray = self._trays.get(token)
            if tray is None or self._is_over(tray):
                return None
            tray.is_copied = True
            return self._laid("", tray.items, session)

    def forget_old(self, is_connected: Callable[[str], bool]) -> None:
        """Let go of the trays whose session has been gone too long.

        Args:
            is_connected: whether a session is there now; to be asked more often than every minute.
        """
        with self._lock:
            for token, tray in list(self._trays.items()):
                if tray.session and is_connected(tray.session):
                    tray.seen = self._clock()
                elif self._is_over(tray):
                    del self._trays[token]

    def clear(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._trays = {}

    @property
    def nbytes(self) -> int:
        """Of all files together."""
        with self._lock:
            return _nbytes(self._trays.values())

    def __len__(self) -> int:
        """How many trays there are."""
        with self._lock:
            return len(self._trays)

    def _laid(self, token: str, items: Mapping[str, TrayItem], session: str) -> str:
        token = token or secrets.token_urlsafe(32)
        self._trays[token] = _Tray(dict(items), session, self._clock())
        while len(self._trays) > _MOST and self._forget_longest_left(but=token):
            pass
        return token

    def _make_room(self, items: Mapping[str, TrayItem], *, without: str) -> None:
        """For these; the tray `without` is about to be replaced."""
        coming = _Tray(items, "", 0.0)
        while _nbytes([coming, *(tray for token, tray in self._trays.items() if token != without)]) > self.max_bytes:
            if not self._forget_longest_left(but=without):
                raise ResourceError(
                    "This server keeps as many pictures of its visitors as it may.",
                    hint="Try again in a few minutes, or use one of the samples.",
                )

    def _forget_longest_left(self, *, but: str) -> bool:
        """Whether there was a tray of somebody who has left."""
        others = (token for token in self._trays if token != but)
        longest = min(others, key=lambda token: self._trays[token].seen, default=None)
        if longest is None or self._clock() - self._trays[longest].seen <= _LEFT_AFTER:
            return False
        del self._trays[longest]
        return True

    def _is_over(self, tray: _Tray) -> bool:
        return self._clock() - tray.seen > self._seconds


def _nbytes(trays: Iterable[_Tray]) -> int:
    return sum({id(item): item.nbytes for tray in trays for item in tray.items.values()}.values())
