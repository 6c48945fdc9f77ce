"""From a file or an address to an image of this session; what can't be opened is refused in a sentence."""

import hashlib
import unicodedata

import streamlit as st

from gradcam_core.config import settings
from gradcam_core.data_address import file_in, is_data_address
from gradcam_core.decoding.incoming import IncomingFile
from gradcam_core.errors import ImageError
from gradcam_core.export.reproduce import file_source
from gradcam_core.pasted_address import address_in
from gradcam_core.samples import SAMPLES, SCHEME
from gradcam_core.text import display_name
from pages._ui.image.cards import thumbnail_of
from pages._ui.image.samples import sample_picture
from pages._ui.session.kept_trays import TrayItem
from pages._ui.session.pixels import decoded, image_info
from pages._ui.session.question import UPLOAD, ImageInfo
from pages._ui.session.queue import yield_to_newer_run
from pages._ui.session.tray import MOST_PICTURES, put_into_tray, tray, was_here
from pages._ui.text.sentences import escape_markdown

_ALLOWANCE = "fetch_allowance"
_LONGEST = 2048  # characters of an address
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and symbols by Unicode's count, and never seen


def image_at(address: str) -> ImageInfo:
    """An image of the tray, a sample, or what an address as people paste it holds; never a path of this machine.

    Raises:
        ImageError, ResourceError: if there is none.
    """
    address = address_in(address)
    if address in tray():
        return tray()[address].picture
    if address in SAMPLES and SAMPLES[address].kind != "link":
        return sample_picture(address)
    if is_data_address(address):  # it is the file, and names none: like an upload, and nobody is asked for it
        return bring(file_in(address))
    _check_address(address)
    source = f"{SCHEME}{address}" if address in SAMPLES else address
    return bring(_fetched(source), address=address)


def bring(file: IncomingFile, *, address: str = "", staying: str = "") -> ImageInfo:
    """Open a file and put it into the tray; the oldest make room.

    Args:
        address: what names it in links; by default one that only this session knows.
        staying: the address of the image that does not make room, whatever its age.

    Raises:
        ImageError, ResourceError: if it can't be opened.
    """
    digest = hashlib.sha256(file.data).hexdigest()
    address = address or f"{UPLOAD}{digest[:12]}"
    image = decoded(digest, lambda: file.data)
    source = file.source or file_source(file.name)
    picture = image_info(image, name=_free_name(file.name, address), address=address, source=source)
    put_into_tray(TrayItem(picture, file.data, thumbnail_of(image.to_pil())), staying=staying)
    return picture


def visible_name(name: str) -> str:
    """What a picture is called on screen; one whose name shows nothing is a picture."""
    shown = " ".join(display_name(name).split())
    seen = [letter for letter in shown if unicodedata.category(letter)[0] in "LNPS" and letter not in _BLANK_LETTERS]
    return shown if seen else "Picture"


def _free_name(told: str, address: str) -> str:
    """The name, numbered where another image has it: what is pasted is always called image.png."""
    taken = {escape_markdown(item.picture.name) for known, item in tray().items() if known != address}
    name = visible_name(told)
    numbered = (f"{name} ({number})" for number in range(2, MOST_PICTURES + 2))
    return (
        name
        if escape_markdown(name) not in taken
        else next(other for other in numbered if escape_markdown(other) not in taken)
    )


def _check_address(address: str) -> None:
    """Refuse what needs no network to be refused."""
    if not address:
        raise ImageError("Type the address of a picture.")
    if len(address) > _LONGEST:
        raise ImageError(f"The address is longer than {_LONGEST:,} characters.", hint="Use a shorter one.")
    if address.startswith(UPLOAD):
        said = "That picture is no longer kept." if was_here(address) else "A link can't carry an uploaded picture."
        raise ImageError(said, hint="Bring it again: upload, paste or drop it.")


def _fetched(source: str) -> IncomingFile:
    from gradcam_core.download import Allowance  # brings what opens the network: not before the first paint
    from gradcam_core.images import read_address

    allowance: Allowance = st.session_state.setdefault(_ALLOWANCE, Allowance())
    with st.spinner("Fetching the picture"):
        return allowance.fetch(source, lambda: read_address(source), settings(), waiting=yield_to_newer_run)
