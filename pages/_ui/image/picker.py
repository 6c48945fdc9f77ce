"""Which image? What can't be opened leaves the last good picture standing and says why."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

import streamlit as st

from gradcam_core.config import settings
from gradcam_core.data_address import is_data_address
from gradcam_core.decoding.decode import file_too_large
from gradcam_core.decoding.incoming import IncomingFile
from gradcam_core.errors import HeatproofError, ImageError
from gradcam_core.samples import DEFAULT_SAMPLE, SAMPLES
from gradcam_core.text import display_name
from pages._ui.frame.bar import Chip, show_chip
from pages._ui.image.cards import card_at, changed
from pages._ui.image.intake import Click, DroppedFiles, listen, received, taking
from pages._ui.image.opening import bring, image_at
from pages._ui.image.samples import sample_picture, show_gallery, thumbnail
from pages._ui.image.tray_cards import show_tray
from pages._ui.image.uploaders import camera_door, link_door, upload_door
from pages._ui.session import page_state
from pages._ui.session.question import UPLOAD, ImageInfo
from pages._ui.session.queue import queue_shown
from pages._ui.session.tray import MOST_PICTURES, ROOM, forget_names_let_go, tray
from pages._ui.text.incidents import error_markdown, report_internal_errors
from pages._ui.text.messages import say_error
from pages._ui.text.sentences import escape_markdown

_SAMPLES, _UPLOAD, _CAMERA, _LINK = "Samples", "Upload", "Camera", "Link"
_PICTURE, _REFUSALS, _CLICK = "picture", "picture_refusals", "picture_click"
_run = threading.local()  # one run of the script is one thread; `refusals` are of its latest act
_UNREADABLE = ImageError("This is a folder, or a file that can't be read.", hint="Drop picture files.")


def pick_image() -> ImageInfo:
    """Draw the image's section of the sidebar and say which picture is the good one now."""
    with st.sidebar, st.container(key="section_image", gap="small"):
        st.markdown("## Image")
        _draw_section()
    picture = _current()
    show_chip("image", Chip(picture.address, picture.name, thumbnail(picture), bool(st.session_state.get(_REFUSALS))))
    return picture


def _draw_section() -> None:
    with queue_shown():
        _follow_link()
        listener = st.container(key="intake")
        _take_acts(*received())
        with listener:
            listen()
        with st.container(key="doors", gap="small"):
            source = _pick_source()
            _take_from(source)
            if source == _SAMPLES:
                show_gallery(_current())
    for sentence in st.session_state.get(_REFUSALS, []):
        say_error(sentence)
    show_tray(_current(), with_promise=source not in (_UPLOAD, _CAMERA))
    _write_link()  # in every run: where there was no answer, the address named the view that stayed


def _follow_link() -> None:
    """Open what the address names: at the start, and after Back or Forward; take out what can't be opened."""
    if _PICTURE not in st.session_state:
        st.session_state[_PICTURE] = sample_picture(DEFAULT_SAMPLE)
    if page_state.is_unread("image"):
        _forget_words()
        name = st.query_params.get("image") or DEFAULT_SAMPLE
        if _wants_a_click(name):
            _fill_in(name)
        elif name != _current().address:
            _open(name)
        _write_link()


def _wants_a_click(address: str) -> bool:
    """Whether the operator lets nothing be fetched before somebody presses a button, and this would be."""
    is_here = address == _current().address or address in tray() or address in SAMPLES
    return not (is_here or address.startswith(UPLOAD) or is_data_address(address) or settings().fetch_linked_urls)


def _fill_in(address: str) -> None:
    """Put the address into the door where it is fetched from."""
    st.session_state["source"], st.session_state["url"] = _LINK, address
    _refuse(ImageError("The link names a picture elsewhere.", hint="Press Fetch to have it fetched from there."))


def _take_acts(drops: list[DroppedFiles], click: Click) -> None:
    """What was pasted or dropped and which card was clicked, in the order of these acts; the last one stays."""
    acts: list[DroppedFiles | Click] = [*drops, click]
    for act in sorted(acts, key=lambda act: act.number):
        if isinstance(act, Click):
            _take_click(act)
        else:
            with taking(act):
                _take_dropped(act)


def _take_click(click: Click) -> None:
    """Open the card that was clicked last; what the groups say counts only until a browser has told of a click."""
    if click.number:
        is_new = click.number != st.session_state.get(_CLICK) and not page_state.is_history_navigation()
        chosen = card_at(click.group, click.place) if is_new else None
    else:
        chosen = None if page_state.is_history_navigation() else changed("sample") or changed("tray")
    if chosen in SAMPLES or chosen in tray():
        page_state.mark_user_action()
        _open(str(chosen))
    st.session_state[_CLICK] = click.number  # only now: a run that is cut off before has opened nothing


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
    files: dict[str, Callable[[], Sequence[IncomingFile]]] = {_UPLOAD: upload_door, _CAMERA: camera_door}
    if source in files:
        _take_files(files[source]())
    elif source == _LINK:
        address = link_door()
        if address is not None:
            page_state.mark_user_action()
            _open(address)


def _take_dropped(drop: DroppedFiles) -> None:
    """What was pasted or dropped somewhere on the page."""
    if page_state.is_history_navigation():
        _put_away(drop.files)
        return
    _forget_words()
    refused = [(name, file_too_large(settings())) for name in drop.large]
    refused += [(name, _UNREADABLE) for name in drop.unreadable]
    _take_files(drop.files, refused)
    _refuse_left_out(drop.left_out)
    if drop.address:
        page_state.mark_user_action()
        _open(drop.address)


def _take_files(files: Sequence[IncomingFile], refused: Sequence[tuple[str, HeatproofError]] = ()) -> None:
    """Put the good ones into the tray and open the first; say of each other one why not."""
    if not files and not refused:
        return
    if page_state.is_history_navigation():
        _put_away(files)
        return
    page_state.mark_user_action()
    _forget_words()
    is_named = len(files) + len(refused) > 1
    opened = None
    for file in files[:MOST_PICTURES]:
        try:
            with report_internal_errors("while a picture was opened"):
                picture = bring(file, staying=opened.address if opened else "")
        except HeatproofError as error:
            _refuse(error, name=file.name if is_named else "")
        else:
            opened = opened or picture
    for name, reason in refused:
        _refuse(reason, name=name if is_named else "")
    _refuse_left_out(len(files) - MOST_PICTURES)
    if opened:
        _keep(opened)


def _put_away(files: Sequence[IncomingFile]) -> None:
    """Into the tray alone: after these came the browser went back or forward, and what it then shows stays."""
    for arrival in files[:MOST_PICTURES]:
        with suppress(HeatproofError), report_internal_errors("while a picture was put away"):
            bring(arrival, staying=_current().address)


def _refuse_left_out(count: int) -> None:
    if count > 0:
        _refuse(ImageError(f"{ROOM}: {'1 was' if count == 1 else f'{count} were'} left out."))


def _open(address: str) -> None:
    """Take the picture of this address, or say why not and keep the last one."""
    _forget_words()
    try:
        with report_internal_errors("while a picture was brought"):
            _keep(image_at(address))
    except HeatproofError as error:
        _refuse(error)
        _write_link()


def _keep(picture: ImageInfo) -> None:
    st.session_state[_PICTURE] = picture
    _write_link()


def _write_link() -> None:
    """Let the address bar name the picture on screen; the default one needs no words."""
    address = _current().address
    page_state.set_parameter("image", None if address == DEFAULT_SAMPLE else address)


def _change_source() -> None:
    page_state.mark_user_action()
    _forget_words()


def _refuse(error: HeatproofError, *, name: str = "") -> None:
    words = f"{escape_markdown(display_name(name))}: {error_markdown(error)}" if name else error_markdown(error)
    _run.refusals.append(words)


def _forget_words() -> None:
    """A new act begins, of which nothing has been refused; what an older run may still refuse is shown nowhere."""
    _run.refusals = st.session_state[_REFUSALS] = []
    forget_names_let_go()


def _current() -> ImageInfo:
    picture: ImageInfo = st.session_state[_PICTURE]
    return picture
