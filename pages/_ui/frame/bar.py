"""The bar over every page: mark, names of the pages, and a chip each for the image and the model that are chosen.

Chips open their section of the sidebar, in the browser (frame.js). A run shows at first what the last one knew, and a
picker that has settled says what holds now.
"""

import base64
import threading
from dataclasses import dataclass
from functools import cache
from html import escape
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._ui.frame.registry import PAGES, PageEntry, foreign_parameters, page_at
from pages._ui.session import page_state

MARK = Path(__file__).with_name("mark.svg")
SECTIONS = ("image", "model")
"""Of the sidebar; a section is a container with the key `section_` and its name."""
_CHIPS = "chips"
_run = threading.local()  # one run of the script is one thread
_SCRIPTS = ("own_parameters.js", "frame.js")
_BEHAVIOUR = st.components.v2.component(
    "heatproof_frame",
    html="<span></span>",
    js="".join(Path(__file__).with_name(name).read_text(encoding="utf-8") for name in _SCRIPTS),
)


@dataclass(frozen=True)
class Chip:
    """What a section of the sidebar holds.

    Attributes:
        shown: names what is shown; where it changes on a phone, the sidebar closes.
        title: for people, as text.
        thumbnail: a data URL, or nothing.
        has_error: whether the sidebar has something to say that would be lost if it closed.
    """

    shown: str = ""
    title: str = ""
    thumbnail: str = ""
    has_error: bool = False


def draw_bar(current: PageEntry) -> None:
    """Draw it, with what is known at the beginning of a run."""
    with st.container(key="bar", horizontal=True, vertical_alignment="center", gap=None):
        st.html(_brand(current.title), width="content")
        pages = st.container(key="pages", horizontal=True, gap=None, width="content")
        _run.links = {entry.slug: _page_link(pages, entry, current.slug) for entry in PAGES}
        _run.current = current.slug
        _run.chips = {}
        if current.has_sidebar:
            with st.container(key="chips", horizontal=True, gap=None, width="content"):
                known = _known()
                _run.chips = {
                    name: st.html(chip_html(name, known.get(name, Chip())), width="content") for name in SECTIONS
                }
    with st.container(key="frame"):
        _BEHAVIOUR(key="frame_behaviour")


def refresh_links() -> None:
    """The end of a run: each link carries the view that is on screen now to its page."""
    for entry in PAGES:
        _page_link(_run.links[entry.slug], entry, _run.current)


def show_chip(section: str, chip: Chip) -> None:
    """A picker has settled: say so in the bar, if this page has one."""
    _known()[section] = chip
    place = getattr(_run, "chips", {}).get(section)
    if place is not None:
        place.html(chip_html(section, chip), width="content")


def chip_html(section: str, chip: Chip) -> str:
    """A button with the thumbnail and the title; small windows show the section's name instead (bar.css)."""
    name = section.capitalize()
    picture = f'<img src="{escape(chip.thumbnail)}" alt="">' if chip.thumbnail else ""
    label = f"{name}: {chip.title}" if chip.title else name
    error = " data-has-error" if chip.has_error else ""
    return (
        f'<button type="button" class="chip" data-section="{section}" data-shown="{escape(chip.shown)}"{error}'
        f' aria-label="{escape(label)}">{picture}<span class="title">{escape(chip.title or name)}</span>'
        f'<span class="short">{name}</span></button>'
    )


def _page_link(place: DeltaGenerator, entry: PageEntry, current: str) -> DeltaGenerator:
    """Drawn into a link's place it takes its place, without a gap in between."""
    return place.page_link(
        page_at(entry.slug),
        label=f"**{entry.title}**" if entry.slug == current else entry.title,
        help=entry.question,
        query_params=page_state.parameters_on(foreign_parameters(entry.slug)),
    )


def _brand(title: str) -> str:
    """The button of the menu of pages, which small windows have, the mark, and a heading for screen readers."""
    return (
        f'<h1 class="heard-only">{escape(title)}</h1>'
        '<button type="button" class="menu" data-menu aria-label="Pages"><span></span></button>'
        f'<img class="mark" src="{_mark()}" alt="" width="24" height="24"><span class="name">Heatproof</span>'
    )


@cache
def _mark() -> str:
    return f"data:image/svg+xml;base64,{base64.b64encode(MARK.read_bytes()).decode()}"


def _known() -> dict[str, Chip]:
    chips: dict[str, Chip] = st.session_state.setdefault(_CHIPS, {})
    return chips
