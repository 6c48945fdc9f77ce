"""Which pages are there? A page is one file in pages/ and one line here; the first one is the default."""

from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage


@dataclass(frozen=True)
class PageEntry:
    """A page: `slug` is its file in pages/ and its address."""

    slug: str
    title: str


PAGES: tuple[PageEntry, ...] = (PageEntry("explore", "Explore"),)


def navigation_pages() -> list[StreamlitPage]:
    """Every page at its address, and the default one at the root too.

    Streamlit serves a default page at the root only and says "Page not found" at its own address.
    """
    first = PAGES[0]
    root = st.Page(_file(first), title=first.title, url_path="start", default=True)
    alias = st.Page(_file(first), title=first.title, url_path=first.slug, visibility="hidden")
    return [root, alias, *(st.Page(_file(entry), title=entry.title, url_path=entry.slug) for entry in PAGES[1:])]


def _file(entry: PageEntry) -> str:
    return f"pages/{entry.slug}.py"
