"""Which images did this person bring? The tray of this session, within bounds; it lies outside, under a token."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from pages._ui.session.kept_trays import TrayItem
from pages._ui.session.shared import person, shared

MOST_PICTURES = 12
MOST_BYTES = 16_000_000  # of all files together; a session stays below 20 MB
ROOM = f"There is room for {MOST_PICTURES} pictures and {MOST_BYTES // 10**6} MB"
_TOKEN, _LET_GO, _KNOWN = "tray_token", "tray_let_go", "tray_known"


def tray() -> dict[str, TrayItem]:
    """The images of this session by address, the oldest first."""
    return shared().trays.items(tray_token())


def tray_token() -> str:
    """Who has it has the tray: it goes to this session's browser and nowhere else. Empty before anything is brought."""
    token: str = st.session_state.get(_TOKEN, "")
    return token


def put_into_tray(item: TrayItem, *, staying: str = "") -> None:
    """Keep an image; the oldest make room, but neither this one nor the one whose address is `staying`.

    Raises:
        ResourceError: if the trays of all visitors together are full.
    """
    address = item.picture.address
    items = {known: other for known, other in tray().items() if known != address} | {address: item}
    kept, gone = within_bounds(items, staying=staying or address)
    st.session_state[_TOKEN] = shared().trays.keep(tray_token(), kept, session=person())
    _remember([address])
    st.session_state.setdefault(_LET_GO, []).extend(gone)


def take_over(token: str) -> None:
    """Have a copy of the tray that this token stands for, if there is one, and with it what was brought meanwhile."""
    copied = shared().trays.copy(token, session=person())
    if copied is None:
        return
    meanwhile = tray()
    st.session_state[_TOKEN] = copied
    _remember(tray())
    for item in meanwhile.values():
        put_into_tray(item)


def was_here(address: str) -> bool:
    """Whether this session had the image of this address, though it may have been let go."""
    return address in st.session_state.get(_KNOWN, ())


def names_let_go() -> list[str]:
    """The images that made room for the last ones."""
    names: list[str] = st.session_state.get(_LET_GO, [])
    return names


def forget_names_let_go() -> None:
    """What was said of the last ones is over."""
    st.session_state.pop(_LET_GO, None)


def within_bounds(items: dict[str, TrayItem], *, staying: str) -> tuple[dict[str, TrayItem], list[str]]:
    """The items without the oldest ones that are too many, and the names of those; `staying` is never among them."""
    kept, gone = dict(items), []
    while len(kept) > MOST_PICTURES or sum(item.nbytes for item in kept.values()) > MOST_BYTES:
        oldest = next((address for address in kept if address != staying), None)
        if oldest is None:
            break
        gone.append(kept.pop(oldest).picture.name)
    return kept, gone


def _remember(addresses: Iterable[str]) -> None:
    st.session_state.setdefault(_KNOWN, set()).update(addresses)
