"""The tray on screen: the images that were brought as cards, and what happens to them."""

import streamlit as st

from pages._ui.image.cards import cards_css, mark
from pages._ui.session import page_state
from pages._ui.session.question import ImageInfo
from pages._ui.session.tray import ROOM, names_let_go, tray
from pages._ui.text.sentences import escape_markdown

_PROMISE = (
    "What you bring stays in this server's memory while your page is open and connected, and is gone a quarter of an "
    "hour after. Until then a reload of this tab brings it back; no other browser can. It is not written to disk and "
    "is sent nowhere, and a link can't carry it."
)


def show_tray(current: ImageInfo, *, with_promise: bool) -> None:
    """Draw the pictures to switch between, and what happens to them; nothing where there are none."""
    if not tray():
        return
    names = {address: escape_markdown(item.picture.name) for address, item in tray().items()}
    st.html(cards_css("tray", [item.thumbnail for item in tray().values()]))
    mark("tray", list(names), current.address)
    st.radio(
        "Your pictures",
        list(names),
        key="tray",
        format_func=lambda address: names.get(address, address),
        on_change=page_state.mark_user_action,
    )
    if names_let_go():
        st.caption(escape_markdown(_gone_words(names_let_go())))
    if with_promise and not current.is_linkable:
        show_promise()


def show_promise() -> None:
    """What happens to an image that is brought here, behind one line."""
    with st.popover("What happens to my image?", key="promise", type="tertiary"):
        st.caption(_PROMISE)


def _gone_words(gone: list[str]) -> str:
    who = f"“{gone[0]}” was" if len(gone) == 1 else f"“{gone[0]}” and {len(gone) - 1} more were"
    return f"{ROOM}: {who} let go."
