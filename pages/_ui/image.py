"""Which image? What can't be opened leaves the last good picture standing and says why."""

from collections.abc import Callable, Sequence

import streamlit as st

from gradcam_core.config import settings
from gradcam_core.errors import HeatproofError, ImageError
from gradcam_core.images import display_name, file_too_large
from pages._ui import link
from pages._ui.doors import camera_door, link_door, upload_door
from pages._ui.intake import Parcel, receive
from pages._ui.question import UPLOAD, Picture
from pages._ui.samples import DEFAULT_SAMPLE, SAMPLES, sample_picture, show_gallery
from pages._ui.tray import Arrival, bring, clicked, forget_news, show_tray, tray
from pages._ui.words import error_text, literal

_SAMPLES, _UPLOAD, _CAMERA, _LINK = "Samples", "Upload", "Camera", "Link"
_PICTURE, _REFUSALS = "picture", "picture_refusals"


def pick_image() -> Picture:
    """Draw the image's pickers and say which picture is the good one now."""
    st.markdown("## Image")
    _follow_link()
    _take_parcel(receive())
    for key in ("sample", "tray"):
        chosen = clicked(key)
        if chosen in SAMPLES or chosen in tray():
            _open(str(chosen))
    place = st.container(key="doors", gap="small")
    with place:
        source = _pick_source()
        _take_from(source)
        if source == _SAMPLES:
            show_gallery(_current())
    for sentence in st.session_state.get(_REFUSALS, []):
        st.error(sentence)
    show_tray(_current(), with_promise=source not in (_UPLOAD, _CAMERA))
    return _current()


def _follow_link() -> None:
    """Open what the address names: at the start, and after Back or Forward; take out what can't be opened."""
    if _PICTURE not in st.session_state:
        st.session_state[_PICTURE] = sample_picture(DEFAULT_SAMPLE)
    if link.news("image"):
        name = st.query_params.get("image") or DEFAULT_SAMPLE
        if name != _current().address:
            _open(name)


def _pick_source() -> str:
    source = st.segmented_control(
        "Where the image comes from",
        [_SAMPLES, _UPLOAD, _CAMERA, _LINK],
        key="source",
        default=_SAMPLES,
        required=True,
        width="stretch",
        label_visibility="collapsed",
        on_change=_change_source,
    )
    return source or _SAMPLES


def _take_from(source: str) -> None:
    """Draw one of the doors, and take what came through it."""
    files: dict[str, Callable[[], Sequence[Arrival]]] = {_UPLOAD: upload_door, _CAMERA: camera_door}
    if source in files:
        _take_files(files[source]())
    elif source == _LINK:
        address = link_door()
        if address:
            _open(address)


def _take_parcel(parcel: Parcel) -> None:
    """What was pasted or dropped somewhere on the page."""
    _take_files(parcel.files, too_large=parcel.refused)
    if parcel.address:
        _open(parcel.address)


def _take_files(files: Sequence[Arrival], *, too_large: Sequence[str] = ()) -> None:
    """Put the good ones into the tray and open the first; say of each other one why not."""
    if not files and not too_large:
        return
    _forget_words()
    is_named = len(files) + len(too_large) > 1
    opened = None
    for arrival in files:
        try:
            picture = bring(arrival, staying=opened.address if opened else "")
        except HeatproofError as error:
            _refuse(error, name=arrival.name if is_named else "")
        else:
            opened = opened or picture
    for name in too_large:
        _refuse(file_too_large(settings()), name=name if is_named else "")
    if opened:
        _keep(opened)


def _open(address: str) -> None:
    """Take the picture of this address, or say why not and keep the last one."""
    _forget_words()
    try:
        _keep(_named(address))
    except HeatproofError as error:
        _refuse(error)
        _write_link()


def _named(address: str) -> Picture:
    """A picture of the tray, a sample, or what a URL gives; never a path of this machine."""
    if address in tray():
        return tray()[address].picture
    if address in SAMPLES and SAMPLES[address].kind != "link":
        return sample_picture(address)
    if address.startswith(UPLOAD):
        raise ImageError("A link can't carry an uploaded picture.", hint="Bring it again: upload, paste or drop it.")
    if address not in SAMPLES and "://" not in address:
        raise ImageError(f"{address[:80]} is not the address of a picture.", hint="It begins with https://.")
    return _fetched(address, f"sample:{address}" if address in SAMPLES else address)


def _fetched(address: str, source: str) -> Picture:
    from gradcam_core.pictures import read_picture  # brings what opens the network: not before the first paint

    with st.spinner("Fetching the picture"):
        file = read_picture(source)
    return bring(Arrival(file.name, file.data, address, source))


def _keep(picture: Picture) -> None:
    st.session_state[_PICTURE] = picture
    _write_link()


def _write_link() -> None:
    """Let the address bar name the picture on screen; the default one needs no words."""
    address = _current().address
    link.write("image", None if address == DEFAULT_SAMPLE else address)


def _change_source() -> None:
    link.acted()
    _forget_words()


def _refuse(error: HeatproofError, *, name: str = "") -> None:
    words = f"{literal(display_name(name))}: {error_text(error)}" if name else error_text(error)
    st.session_state.setdefault(_REFUSALS, []).append(words)


def _forget_words() -> None:
    st.session_state.pop(_REFUSALS, None)
    forget_news()


def _current() -> Picture:
    picture: Picture = st.session_state[_PICTURE]
    return picture
