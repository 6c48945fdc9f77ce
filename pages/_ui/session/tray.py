"""Which images did this person bring? The files of this session, within bounds."""

from __future__ import annotations

from dataclasses import dataclass, field

import streamlit as st

from pages._ui.session.question import Picture
from pages._ui.session.shared import shared

MOST_PICTURES = 12
MOST_BYTES = 16_000_000  # of all files together; a session stays below 20 MB
ROOM = f"There is room for {MOST_PICTURES} pictures and {MOST_BYTES // 10**6} MB"
_FILES, _LET_GO, _KNOWN = "tray_files", "tray_news", "tray_known"


@dataclass(frozen=True, eq=False)
class TrayItem:
    """An image in the tray: its file, and a thumbnail as a data URL."""

    picture: Picture
    data: bytes = field(repr=False)
    thumbnail: str = field(repr=False)

    @property
    def nbytes(self) -> int:
        """Of the file."""
        return len(self.data)


def tray() -> dict[str, TrayItem]:
    """The images of this session by address, the oldest first."""
    files: dict[str, TrayItem] = st.session_state.setdefault(_FILES, {})
    return files


def put_into_tray(item: TrayItem, *, staying: str = "") -> None:
    """Keep an image; the oldest make room, but neither this one nor the one whose address is `staying`.

    Raises:
        ResourceError: if the trays of all visitors together are full.
    """
    address = item.picture.address
    shared().files.enter(item)
    files = {known: other for known, other in tray().items() if known != address} | {address: item}
    st.session_state[_FILES], gone = within_bounds(files, staying=staying or address)
    st.session_state.setdefault(_KNOWN, set()).add(address)
    st.session_state.setdefault(_LET_GO, []).extend(gone)


def was_here(address: str) -> bool:
    """Whether this session brought the picture of this address, though it may have been let go."""
    return address in st.session_state.get(_KNOWN, ())


def names_let_go() -> list[str]:
    """The images that made room for the last ones."""
    names: list[str] = st.session_state.get(_LET_GO, [])
    return names


def forget_names_let_go() -> None:
    """What was said of the last ones is over."""
    st.session_state.pop(_LET_GO, None)


def within_bounds(files: dict[str, TrayItem], *, staying: str) -> tuple[dict[str, TrayItem], list[str]]:
    """The files without the oldest ones that are too many, and the names of those; `staying` is never among them."""
    kept, gone = dict(files), []
    while len(kept) > MOST_PICTURES or sum(item.nbytes for item in kept.values()) > MOST_BYTES:
        oldest = next((address for address in kept if address != staying), None)
        if oldest is None:
            break
        gone.append(kept.pop(oldest).picture.name)
    return kept, gone
