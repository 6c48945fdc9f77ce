"""Which pages are there? A page is one file in pages/ and one line here; the first one is the default."""

from dataclasses import dataclass

import streamlit as st
from streamlit.navigation.page import StreamlitPage


@dataclass(frozen=True)
class PageEntry:
    """A page.

    Attributes:
        slug: its file in pages/, and its address.
        question: what it answers, for those who choose.
        parameters: of its address, those that belong to this page alone.
        has_sidebar: whether an image and a model are chosen on it; where not, the bar has no chips for them.
    """

    slug: str
    title: str
    question: str
    parameters: tuple[str, ...] = ()
    has_sidebar: bool = True


PAGES: tuple[PageEntry, ...] = (
    PageEntry("explore", "Explore", "Where does the model look for this class?", ("check",)),
    PageEntry("trust", "Trust", "Does this heatmap deserve belief?", ("check",)),
    PageEntry(
        "attention",
        "Attention",
        "What does each patch look at?",
        ("show", "block", "head", "token", "direction", "hide"),
    ),
    PageEntry("model", "Model", "What is inside the model, and which layer to explain?", ("side",)),
)


def page_entry(slug: str) -> PageEntry:
    """The page of this name; a KeyError where it has no line here."""
    return {entry.slug: entry for entry in PAGES}[slug]


def foreign_parameters(slug: str) -> frozenset[str]:
    """The parameters that other pages have for themselves, and that do not stand in this page's address."""
    own = page_entry(slug).parameters
    return frozenset(name for entry in PAGES for name in entry.parameters if name not in own)


def page_at(slug: str) -> StreamlitPage:
    """What a link to this page leads to: the default one stands at the root."""
    return navigation_pages()[[entry.slug for entry in PAGES].index(slug) + (slug != PAGES[0].slug)]


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
