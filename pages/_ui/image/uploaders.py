"""The doors through which a person brings a picture: a file, the camera, an address. Each gives what came, unopened."""

from collections.abc import Sequence

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from gradcam_core.decoding.incoming import IncomingFile
from pages._ui.frame.secure import is_secure
from pages._ui.image.tray_cards import show_promise
from pages._ui.session import page_state

_TIMES = "doors_emptied"  # how often an uploader was emptied: its key, for Streamlit has no other way
_PHOTOGRAPH = "Take a photograph"


def upload_door() -> list[IncomingFile]:
    """The files that were chosen or dropped; the uploader is empty again at once."""
    place, times = st.empty(), st.session_state.get(_TIMES, 0)
    files = _uploader(place, times)
    show_promise()
    st.caption("Or paste a picture with Ctrl+V, or drop files, anywhere on this page.")
    if files:
        st.session_state[_TIMES] = times + 1
        _uploader(place, times + 1)
    return _released(files)


def camera_door() -> list[IncomingFile]:
    """The photograph that was taken; the camera is live again at once."""
    return _live_camera() if is_secure() else _camera_of_the_phone()


def _live_camera() -> list[IncomingFile]:
    place, times = st.empty(), st.session_state.get(_TIMES, 0)
    photograph = _camera(place, times)
    show_promise()
    if photograph is None:
        return []
    st.session_state[_TIMES] = times + 1
    _camera(place, times + 1)
    return [IncomingFile("Camera", taken.data, source="camera.jpg") for taken in _released([photograph])]


def _camera_of_the_phone() -> list[IncomingFile]:
    """A page over plain http gets no camera; but a file may be one that the telephone's own camera makes (frame.js)."""
    with st.container(key="capture", gap="small"):
        place, times = st.empty(), st.session_state.get(_TIMES, 0)
        files = _uploader(place, times, label=_PHOTOGRAPH)
        st.caption(
            "This page came over plain http, and browsers give the camera only to pages over https, or of the same "
            "machine (localhost). On a telephone the button opens the camera all the same; elsewhere it chooses a file."
        )
        show_promise()
        if files:
            st.session_state[_TIMES] = times + 1
            _uploader(place, times + 1, label=_PHOTOGRAPH)
    return _released(files)


def link_door() -> str | None:
    """The address that was asked for, which may be empty; None where none was."""
    with st.form("link", border=False):
        url = st.text_input("Address of a picture", placeholder="https://…", key="url")
        is_asked = st.form_submit_button("Fetch", width="stretch", on_click=page_state.mark_user_action)
    st.caption("This server fetches it; your browser does not.")
    return url.strip() if is_asked else None


def _uploader(place: st.delta_generator.DeltaGenerator, times: int, *, label: str = "") -> list[UploadedFile]:
    """One that takes every file: what is no picture is refused by the core, in words."""
    return place.file_uploader(
        label or "Picture files",
        accept_multiple_files=True,
        key=f"upload_{times}",
        label_visibility="visible" if label else "collapsed",
        on_change=page_state.mark_user_action,
    )


def _camera(place: st.delta_generator.DeltaGenerator, times: int) -> UploadedFile | None:
    return place.camera_input(
        _PHOTOGRAPH, key=f"camera_{times}", label_visibility="collapsed", on_change=page_state.mark_user_action
    )


def _released(files: Sequence[UploadedFile]) -> list[IncomingFile]:
    """The files, which Streamlit would otherwise hold as well until the session ends."""
    incoming = [IncomingFile(file.name, file.getvalue()) for file in files]
    context = get_script_run_ctx()
    forget = getattr(context.uploaded_file_mgr, "remove_file", None) if context else None
    for file in files:
        if context and forget:
            forget(session_id=context.session_id, file_id=file.file_id)
    return incoming
