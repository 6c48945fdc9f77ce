"""What do all pages share? Navigation that survives a deep link, the header, and a border for errors."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from gradcam_core.errors import HeatproofError
from pages._ui.frame.bar import MARK, draw_bar, refresh_links
from pages._ui.frame.registry import foreign_parameters, navigation_pages, page_entry
from pages._ui.session import page_state
from pages._ui.session.tray_return import ask_for_tray, bring_back_tray
from pages._ui.text.incidents import error_markdown, logged_incident
from pages._ui.text.messages import forget_messages, repeat_messages, show_error_here

_STYLES = [
    Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("style.css", "bar.css", "sidebar.css")
]
_PROMISE = "See where a vision model looks, and whether the heatmap deserves to be believed."
_script_run = threading.local()  # one run of the script is one thread


def run_app() -> None:
    """What app.py does: find the page that the address names, and run it."""
    _script_run.is_inside_app = True
    try:
        st.navigation(navigation_pages(), position="hidden").run()
    finally:
        _script_run.is_inside_app = False


@contextmanager
def page(slug: str) -> Iterator[None]:
    """Every page's first line: the frame round it, and a sentence instead of a traceback.

    A fresh server that is asked for /explore runs the file in pages/ without app.py, because of the folder's name.
    Calling `st.navigation` ends that for the whole process, and the rerun goes through app.py to the same address.
    """
    if not getattr(_script_run, "is_inside_app", False):
        st.navigation(navigation_pages(), position="hidden")
        st.rerun()
    entry = page_entry(slug)
    page_state.enter_page(slug, foreign_parameters(slug))
    st.set_page_config(page_title=f"{entry.title} · Heatproof", page_icon=str(MARK), layout="wide")
    st.html(f"<style>{''.join(_STYLES)}</style>")
    draw_bar(entry)
    forget_messages()
    st.html(f'<p class="promise">{_PROMISE}</p>')  # frame.js shows it on a first visit
    above = st.container(key="messages")
    beside = st.container(key="tray_return")
    with errors_shown():
        bring_back_tray(beside)
        yield
    with above:
        repeat_messages()
    refresh_links()
    ask_for_tray(beside)
    page_state.commit()


@contextmanager
def errors_shown() -> Iterator[None]:
    """Show an error as a sentence; a fragment needs its own, for it is rerun without its page."""
    try:
        yield
    except HeatproofError as error:
        show_error(error)
    except Exception:  # noqa: BLE001 - the last door before a visitor: logged whole, shown as a number
        show_error_here(logged_incident("on a page"))


def show_error(error: HeatproofError, more: str = "", *, act: str = "") -> None:
    """What is wrong, what to do about it, and more as markdown; `act` names what was tried."""
    show_error_here(f"{error_markdown(error)} {more}".strip(), act=act)
