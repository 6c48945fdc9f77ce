"""Pictures that are pasted or dropped anywhere on the page: an element without a body that listens to the document."""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from gradcam_core.config import settings
from pages._ui import link
from pages._ui.tray import MOST_BYTES, MOST_PICTURES, Arrival

_ELEMENT = st.components.v2.component(
    "heatproof_intake", html="<span></span>", js=Path(__file__).with_name("intake.js").read_text(encoding="utf-8")
)


@dataclass(frozen=True)
class Parcel:
    """What came: files, the names of those that were too large to send, and an address that was pasted."""

    files: tuple[Arrival, ...] = ()
    refused: tuple[str, ...] = ()
    address: str = ""


def receive() -> Parcel:
    """Mount the listener; what was pasted or dropped since the last run."""
    limits = {"each": settings().max_file_bytes, "together": MOST_BYTES, "most": MOST_PICTURES}
    with st.container(key="intake"):
        sent = _ELEMENT(key="intake_parcel", data=limits, on_parcel_change=link.acted).parcel
    return unpacked(sent)


def unpacked(sent: Any) -> Parcel:
    """The parcel as a browser sent it; what is not as our own script sends it is left out."""
    if not isinstance(sent, dict):
        return Parcel()
    refused = [name for name in _list(sent, "refused") if isinstance(name, str)]
    files = []
    for item in _list(sent, "files")[:MOST_PICTURES]:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            continue
        data = _decoded(item.get("base64"))
        files += [Arrival(item["name"], data)] if data is not None else []
        refused += [item["name"]] if data is None else []
    address = sent.get("address")
    return Parcel(tuple(files), tuple(refused[:MOST_PICTURES]), address.strip() if isinstance(address, str) else "")


def _list(sent: dict[str, Any], name: str) -> list[Any]:
    value = sent.get(name)
    return value if isinstance(value, list) else []


def _decoded(text: Any) -> bytes | None:
    """The bytes, or None where they are no base64 or more than a file may have."""
    if not isinstance(text, str) or len(text) > 4 * (settings().max_file_bytes + 2) // 3 + 4:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
