"""What a page computes only when somebody comes near it: an element that tells when its place is about to be seen."""

from pathlib import Path

import streamlit as st

from pages._ui.viewer.scripts import script, style

_HERE = Path(__file__).parent / "below"


def is_near(of: str, *, key: str, words: str) -> bool:
    """Whether somebody has come near this place; until then an element waits there, in a fragment that it reruns.

    Args:
        of: what is to be computed there, as a short text; for another one it is asked anew.
        words: what stands there meanwhile.
    """
    told = st.session_state.get(key, {}).get("near")
    if isinstance(told, dict) and told.get("of") == of:
        st.session_state[_seen(key)] = of  # an element that is no longer drawn loses what it has told
    if st.session_state.get(_seen(key)) == of:
        return True
    _ELEMENT(key=key, data={"of": of, "words": words}, on_near_change=lambda: None)
    return False


def _seen(key: str) -> str:
    return f"{key}_seen"


_ELEMENT = st.components.v2.component(
    "heatproof_near",
    html='<p class="near"></p>',
    css=style((_HERE / "near",)),
    js=script(("page/waiting", _HERE / "near")),
)
