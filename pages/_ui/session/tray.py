"""Which pictures did this person bring? The files of this session, within bounds, and the pixels of any picture.

A session holds files alone. What is decoded lies in one small store for everybody, under the hash of its file.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import streamlit as st

from gradcam_core.decoding.decode import decode_image
from gradcam_core.decoding.incoming import IncomingFile
from gradcam_core.errors import ImageError
from gradcam_core.export.reproduce import file_source
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.samples import SAMPLES, sample_bytes
from gradcam_core.text import display_name
from pages._ui.image.cards import cards_css, thumbnail_of
from pages._ui.session import address as link
from pages._ui.session.question import UPLOAD, Picture
from pages._ui.session.queue import my_turn
from pages._ui.session.shared import ensure_room, shared
from pages._ui.text.sentences import literal

MOST_PICTURES = 12
MOST_BYTES = 16_000_000  # of all files together; a session stays below 20 MB
ROOM = f"There is room for {MOST_PICTURES} pictures and {MOST_BYTES // 10**6} MB"
_FILES, _NEWS, _KNOWN = "tray_files", "tray_news", "tray_known"
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols by Unicode's count, and never seen
_PROMISE = (
    "What you bring stays in this server's memory while your page is open and connected, and is gone a quarter of an "
    "hour after. It is not written to disk and is sent nowhere, and a link can't carry it."
)


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
    """The pictures of this session by address, the oldest first."""
    files: dict[str, TrayItem] = st.session_state.setdefault(_FILES, {})
    return files


def bring(file: IncomingFile, *, address: str = "", staying: str = "") -> Picture:
    """Open a file and put it into the tray; the oldest make room.

    Args:
        address: what names it in links; by default one that only this session knows.
        staying: the address of the image that does not make room, whatever its age.

    Raises:
        ImageError, ResourceError: if it can't be opened.
    """
    digest = hashlib.sha256(file.data).hexdigest()
    address = address or f"{UPLOAD}{digest[:12]}"
    image = _decoded(digest, lambda: file.data)
    others = {known: item for known, item in tray().items() if known != address}
    name = _free_name(visible_name(file.name), {literal(item.picture.name) for item in others.values()})
    picture = picture_of(image, name=name, address=address, source=file.source or file_source(file.name))
    item = TrayItem(picture, file.data, thumbnail_of(image.to_pil()))
    shared().files.enter(item)
    files = others | {address: item}
    st.session_state[_FILES], gone = within_bounds(files, staying=staying or address)
    st.session_state.setdefault(_KNOWN, set()).add(address)
    st.session_state.setdefault(_NEWS, []).extend(gone)
    return picture


def was_here(address: str) -> bool:
    """Whether this session brought the picture of this address, though it may have been let go."""
    return address in st.session_state.get(_KNOWN, ())


def visible_name(name: str) -> str:
    """What a picture is called on screen; one whose name shows nothing is a picture."""
    shown = " ".join(display_name(name).split())
    seen = [letter for letter in shown if unicodedata.category(letter)[0] in "LNPS" and letter not in _BLANK_LETTERS]
    return shown if seen else "Picture"


def picture_of(image: LoadedImage, *, name: str, address: str, source: str, is_scene: bool = False) -> Picture:
    """What is kept of an opened picture."""
    return Picture(image.sha256, image.size, image.original_size, name, image.notes, address, is_scene, source)


def pixels_of(picture: Picture) -> LoadedImage:
    """The picture itself, decoded anew if it has not been looked at for a while.

    Raises:
        ImageError: if its file has left the tray.
    """
    return replace(_decoded(picture.sha256, lambda: _file_of(picture)), name=picture.name)


def within_bounds(files: dict[str, TrayItem], *, staying: str) -> tuple[dict[str, TrayItem], list[str]]:
    """The files without the oldest ones that are too many, and the names of those; `staying` is never among them."""
    kept, gone = dict(files), []
    while len(kept) > MOST_PICTURES or sum(len(item.data) for item in kept.values()) > MOST_BYTES:
        oldest = next((address for address in kept if address != staying), None)
        if oldest is None:
            break
        gone.append(kept.pop(oldest).picture.name)
    return kept, gone


def show_tray(current: Picture, *, with_promise: bool) -> None:
    """Draw the pictures to switch between, and what happens to them; nothing where there are none."""
    if not tray():
        return
    names = {address: literal(item.picture.name) for address, item in tray().items()}
    st.html(cards_css("tray", [item.thumbnail for item in tray().values()]))
    mark("tray", list(names), current.address)
    st.radio(
        "Your pictures",
        list(names),
        key="tray",
        format_func=lambda address: names.get(address, address),
        on_change=link.acted,
    )
    if st.session_state.get(_NEWS):
        st.caption(literal(_gone_words(st.session_state[_NEWS])))
    if with_promise and not current.is_linkable:
        show_promise()


def show_promise() -> None:
    """What happens to a picture that is brought here."""
    st.caption(_PROMISE)


def forget_news() -> None:
    """What was said of the last arrivals is over."""
    st.session_state.pop(_NEWS, None)


def mark(key: str, offered: list[str], current: str) -> None:
    """Before a group of cards is drawn: what it offers, and which of that is on screen, if any."""
    chosen = current if current in offered else None
    st.session_state[key] = st.session_state[f"{key}_drawn"] = chosen
    st.session_state[f"{key}_offered"] = offered


def card_at(key: str, place: int) -> str | None:
    """The address that a card of a group stands for, as it was drawn last."""
    offered = st.session_state.get(f"{key}_offered", [])
    return offered[place] if 0 <= place < len(offered) else None


def changed(key: str) -> str | None:
    """What a group says was chosen in it since it was drawn; a browser may say that too late."""
    chosen = st.session_state.get(key)
    return chosen if chosen and chosen != st.session_state.get(f"{key}_drawn") else None


def _decoded(sha256: str, read: Callable[[], bytes]) -> LoadedImage:
    """A picture by the hash of its file, decoded if that has not been done lately."""
    known = shared().pixels.get(sha256)
    if known is not None:
        return known
    with my_turn(shared().decodes):
        ensure_room()
        image = decode_image(read())
    return shared().pixels.put(sha256, image, image.pixels.nbytes)


def _file_of(picture: Picture) -> bytes:
    if picture.address in tray():
        return tray()[picture.address].data
    if picture.address in SAMPLES:
        return sample_bytes(picture.address)
    raise ImageError(f"The picture {picture.name} is no longer kept.", hint="Bring it again.")


def _free_name(name: str, taken: set[str]) -> str:
    """The name, numbered where another picture has it: what is pasted is always called image.png."""
    numbered = (f"{name} ({number})" for number in range(2, MOST_PICTURES + 2))
    return name if literal(name) not in taken else next(other for other in numbered if literal(other) not in taken)


def _gone_words(gone: list[str]) -> str:
    who = f"“{gone[0]}” was" if len(gone) == 1 else f"“{gone[0]}” and {len(gone) - 1} more were"
    return f"{ROOM}: {who} let go."
