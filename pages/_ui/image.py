"""Which image? A sample, an upload or a link; what can't be opened leaves the last good picture standing."""

from collections.abc import Callable

import streamlit as st

from gradcam_core.errors import HeatproofError, ImageError
from gradcam_core.images import LoadedImage, decode_image
from pages._ui import link
from pages._ui.question import Picture
from pages._ui.samples import DEFAULT_SAMPLE, SAMPLES, sample_image, thumbnail
from pages._ui.words import error_text

_SAMPLES, _UPLOAD, _LINK = "Samples", "Upload", "Link"
_KINDS = ["png", "jpg", "jpeg", "webp", "gif", "bmp", "tif", "tiff", "avif"]
_PICTURE, _REFUSAL, _SAMPLE = "picture", "picture_refusal", "sample"
_TAKEN_SAMPLE, _TAKEN_UPLOAD = "picture_sample", "picture_upload"  # the choices that have been acted upon


def pick_image() -> Picture:
    """Draw the image's pickers and say which picture is the good one now."""
    _follow_link()
    st.markdown("## Image")
    pickers = {_SAMPLES: _pick_sample, _UPLOAD: _pick_upload, _LINK: _pick_link}
    source = st.segmented_control(
        "Where the image comes from",
        list(pickers),
        key="source",
        default=_SAMPLES,
        required=True,
        width="stretch",
        label_visibility="collapsed",
        on_change=_change_source,
    )
    pickers[source or _SAMPLES]()
    if _REFUSAL in st.session_state:
        st.error(st.session_state[_REFUSAL])
    return _current()


def _follow_link() -> None:
    """Open what the address names: at the start, and after Back or Forward; take out what can't be opened."""
    if _PICTURE not in st.session_state:
        _keep(_sample(DEFAULT_SAMPLE))
    if link.news("image"):
        name = st.query_params.get("image") or DEFAULT_SAMPLE
        if not _open(lambda: _named(name), address=name):
            link.write("image", _linkable(_current().address))
        st.session_state.pop(_SAMPLE, None)


def _pick_sample() -> None:
    """The gallery; a callback can be lost when clicks come fast, so what counts is whether a choice was acted upon."""
    if _SAMPLE not in st.session_state:
        slug = _current().address if _current().is_scene else None
        st.session_state[_SAMPLE] = st.session_state[_TAKEN_SAMPLE] = slug
    st.html(_thumbnails_css())
    chosen = st.radio(
        "Sample scene",
        list(SAMPLES),
        key=_SAMPLE,
        format_func=lambda slug: SAMPLES[slug].title,
        label_visibility="collapsed",
        on_change=link.acted,
    )
    if chosen and chosen != st.session_state[_TAKEN_SAMPLE]:
        _open(lambda: _sample(chosen), address=chosen)
        st.session_state[_TAKEN_SAMPLE] = chosen


def _pick_upload() -> None:
    file = st.file_uploader(
        "Picture file", type=_KINDS, key="upload", label_visibility="collapsed", on_change=link.acted
    )
    st.caption(
        "Your picture stays in this server's memory while your session lasts. "
        "It is not written to disk and is sent nowhere."
    )
    if file is not None and file.file_id != st.session_state.get(_TAKEN_UPLOAD):
        st.session_state[_TAKEN_UPLOAD] = file.file_id
        _open(lambda: _photograph(decode_image(file.getvalue(), name=file.name)), address="")


def _pick_link() -> None:
    with st.form("link", border=False):
        url = st.text_input("Address of a picture", placeholder="https://…", key="url", max_chars=2048)
        is_asked = st.form_submit_button("Fetch", width="stretch", on_click=link.acted)
    st.caption("This server fetches it; your browser does not.")
    if is_asked and url.strip():
        with st.spinner("Fetching the picture"):
            _open(lambda: _named(url.strip()), address=url.strip())


def _named(name: str) -> Picture:
    """A sample's slug or a URL; never a path of this machine."""
    if name in SAMPLES:
        return _sample(name)
    if "://" not in name:
        raise ImageError(f"{name[:80]} is not the address of a picture.", hint="It begins with https://.")
    from gradcam_core.pictures import load_image  # brings what opens the network: not before the first paint

    return _photograph(load_image(name), address=name)


def _sample(slug: str) -> Picture:
    return Picture(sample_image(slug), slug, is_scene=True)


def _photograph(image: LoadedImage, *, address: str = "") -> Picture:
    return Picture(image, address, is_scene=False)


def _open(door: Callable[[], Picture], *, address: str) -> bool:
    """Take a new picture, or say why not and keep the last one; whether it could be taken."""
    try:
        _keep(door())
    except HeatproofError as error:
        st.session_state[_REFUSAL] = error_text(error)
        return False
    link.write("image", _linkable(address))
    return True


def _linkable(address: str) -> str | None:
    """What the address bar says of a picture; the default one needs no words."""
    return address if address and address != DEFAULT_SAMPLE else None


def _keep(picture: Picture) -> None:
    st.session_state[_PICTURE] = picture
    _forget_refusal()


def _change_source() -> None:
    link.acted()
    _forget_refusal()


def _forget_refusal() -> None:
    st.session_state.pop(_REFUSAL, None)


def _current() -> Picture:
    picture: Picture = st.session_state[_PICTURE]
    return picture


def _thumbnails_css() -> str:
    """The samples' pictures behind the labels of a real radio group: arrows and screen readers work as ever."""
    rules = (
        f".st-key-sample [role=radiogroup] > div:nth-child({place}) {{ --thumbnail: url({thumbnail(slug)}); }}"
        for place, slug in enumerate(SAMPLES, start=1)
    )
    return f"<style>{' '.join(rules)}</style>"
