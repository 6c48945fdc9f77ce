"""What is chosen on this visit, and the address that says so: every view is a link, and Back goes back.

The choices of a visit live here, under their own key of the session, by the names that they have in the address. A
widget only shows one of them: Streamlit forgets what a widget holds when another page is opened, so `restore` gives it
its value anew in every run. They are the same on every page and stand in every page's address, but for those that a
page has for itself. Where a choice has no answer, the address names the view that stays instead. The class and the
look belong to the viewer, which writes them itself.

Streamlit's own binding writes what a picker shows, not what it means, and never lets Back return. So what has a
title is written here, after a person's act, and all that one run wants to say becomes one entry of the browser's
history: `commit` writes it at the run's end.

A browser that is clicked fast still sends the address it had before the last answer, and of what a run writes that is
cut off something may never reach it. So the address is heard at a visit's beginning and when the browser goes back or
forward, and never else; then it alone counts, for the browser still sends the choices it had before.
"""

from collections.abc import Callable, Collection, Mapping

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages._ui.text.messages import say_warning
from pages._ui.text.sentences import escape_markdown

_CHOICES = "choices"  # what is chosen, by parameter; None: what is usual, which has no words in the address
_SAID = "address_said"  # what the address is to say from the end of this run on, likewise; absent: it was not heard yet
_ACT = "user_action"  # whether an act has not been written yet: the run that it began may be cut off
_DRAWN = "pickers_drawn"  # what each picker showed when it was drawn last
_PAGE = "page"  # the page of the last run
_FOREIGN = "foreign_parameters"  # those that belong to other pages
_CLASS, _IMAGE_AND_MODEL = "class", ("image", "model")  # the browser's own, and what it belongs to


def enter_page(slug: str, foreign: Collection[str]) -> None:
    """The beginning of a run of the page `slug`; `foreign` are the parameters that only other pages have.

    After Back or Forward the whole address is news again: also where this run is cut off before it has heard it.
    """
    former = st.session_state.get(_PAGE)
    st.session_state[_PAGE], st.session_state[_FOREIGN] = slug, frozenset(foreign)
    if is_history_navigation():
        for forgotten in (_CHOICES, _SAID, _ACT):
            st.session_state.pop(forgotten, None)
    elif former not in (None, slug):
        st.session_state[_ACT] = True  # the page was changed: its address is to say what is chosen


def current_page() -> str:
    """The slug of the page that this is a run of."""
    slug: str = st.session_state[_PAGE]
    return slug


def mark_user_action() -> None:
    """A person did something: the callback of every widget, for the address is written after an act alone.

    A browser that goes back still sends the choices it had before, which is none.
    """
    if not is_history_navigation():
        st.session_state[_ACT] = True


def has_user_action() -> bool:
    """Whether a person did something that the address does not say yet."""
    return bool(st.session_state.get(_ACT))


def is_history_navigation() -> bool:
    """Whether the browser went back or forward to come to this run."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def is_unread(name: str) -> bool:
    """Whether the address is to be heard about a parameter: at first, and after Back and Forward, until it was."""
    return name not in _said()


def mark_read(name: str) -> None:
    """What the address says about a parameter is no news from now on."""
    set_parameter(name, st.query_params.get(name))


def choose(name: str, value: str) -> None:
    """A button's callback: choose a value, as if it had been chosen in its picker."""
    mark_user_action()
    _choices()[name] = value


def chosen(name: str) -> str | None:
    """What is chosen of a parameter, or named by an address that was not yet heard; None where that is the usual."""
    return st.query_params.get(name) if is_unread(name) else _choices().get(name)


def restore(
    name: str,
    options: Collection[str],
    default: str,
    *,
    refused: Mapping[str, str] | None = None,
    say: Callable[[str], object] = say_warning,
) -> str:
    """Before the picker `name` is drawn: give it what is chosen, and say what that is.

    What the address newly says counts first, then what a person changed the picker to since it was drawn, then what
    was chosen before, on whatever page. Whichever it is, the address is to say it; the default needs no words.
    A former choice is held where it happens to be the default, for elsewhere another one may be. Whoever draws the
    picker gives it the choice as its own default too: a run that is overtaken may lose what was assigned here, and the
    browser would then tell the first option as if a person had chosen it.
    What the address asks for in vain is told by `say`. So is what was chosen and is refused here: it is held, for
    elsewhere it may be had again.

    Args:
        refused: why others can't be chosen here, a sentence each.
    """
    is_new, changed, former = is_unread(name), None, None
    if is_new:
        wanted = st.query_params.get(name)
    else:
        changed, former = _changed(name), _choices().get(name)
        wanted = changed or former
    why = (refused or {}).get(wanted or "", "")
    if wanted is not None and wanted not in options and (is_new or why):
        why = why or f"The link asks for {name} “{wanted[:60]}”, which can't be chosen here."
        say(escape_markdown(f"{why} Instead: {_title(options, default)}."))
    choice = default if wanted is None or wanted not in options else wanted
    if is_new or st.session_state.get(name) != choice:  # what is assigned is sent, and would undo a click on its way
        st.session_state[name] = choice
    said = None if choice == default else choice
    is_held = changed is None and choice == former
    held = wanted if wanted in (refused or {}) else choice if is_held else said
    _keep(name, said, chosen=held, shown=choice)
    return choice


def restore_text(name: str, is_valid: Callable[[str], bool], default: str) -> str:
    """The same for a field of text; what is not valid stays in the field, and the value is the former one.

    Returns:
        What is chosen; the field may hold something else, which is then wrong.
    """
    typed = st.query_params.get(name) if is_unread(name) else _changed(name)
    former = _choices().get(name) or default
    choice = typed if typed is not None and is_valid(typed) else former
    shown = choice if typed is None else typed
    if st.session_state.get(name) != shown:
        st.session_state[name] = shown
    said = None if choice == default else choice
    _keep(name, said, chosen=said, shown=choice)
    return choice


def set_parameter(name: str, value: str | None) -> None:
    """Put a value into the address, whatever the picker says; None takes it out."""
    _said()[name] = value


def set_parameters(shown: Mapping[str, str]) -> None:
    """Put all choices of a view into the address, for it is the one that is on screen, whatever the pickers say."""
    for name in parameters():
        set_parameter(name, None)
    for name, value in shown.items():
        set_parameter(name, value)


def commit() -> None:
    """The end of a run: after an act, let the address say what was written, in one step of the browser's history.

    Without an act there is no step to make: what the address then says wrongly, the viewer puts right (`parameters`).
    """
    had_act, wanted = has_user_action(), parameters_on(st.session_state.get(_FOREIGN, ()))
    if had_act and wanted != st.query_params.to_dict():
        st.query_params.from_dict(wanted)
    st.session_state.pop(_ACT, None)


def parameters() -> dict[str, str]:
    """What the address is to say of the server's choices; what is usual has no words."""
    return {name: value for name in names() if (value := _said()[name]) is not None}


def names() -> list[str]:
    """Every parameter of this page that the server writes into the address: all but the browser's own."""
    foreign = st.session_state.get(_FOREIGN, ())
    return [name for name in _said() if name != _CLASS and name not in foreign]


def parameters_on(foreign: Collection[str]) -> dict[str, str]:
    """The whole address of this view, on a page to which the parameters `foreign` do not belong."""
    told = st.query_params.to_dict()
    said = {name: value for name, value in _said().items() if name != _CLASS}
    wanted = {name: value for name, value in (told | said).items() if value is not None and name not in foreign}
    if any(wanted.get(name) != told.get(name) for name in _IMAGE_AND_MODEL):
        wanted.pop(_CLASS, None)
    return wanted


def _title(options: Collection[str], name: str) -> str:
    """What people call an option: its title, where it has one."""
    return str(getattr(options[name], "title", name)) if isinstance(options, Mapping) else name


def _keep(name: str, said: str | None, *, chosen: str | None, shown: str) -> None:
    """Note a choice, what the address is to say of it, and what its picker shows.

    Together: a run may be cut off wherever it asks for the session.
    """
    choices, address, drawn = _choices(), _said(), _drawn()
    choices[name], address[name], drawn[name] = chosen, said, shown


def _changed(name: str) -> str | None:
    """What a person changed a picker to since it was drawn; a lost callback does not lose it."""
    held = st.session_state.get(name)
    return held if isinstance(held, str) and held != _drawn().get(name) else None


def _drawn() -> dict[str, str]:
    drawn: dict[str, str] = st.session_state.setdefault(_DRAWN, {})
    return drawn


def _choices() -> dict[str, str | None]:
    choices: dict[str, str | None] = st.session_state.setdefault(_CHOICES, {})
    return choices


def _said() -> dict[str, str | None]:
    said: dict[str, str | None] = st.session_state.setdefault(_SAID, {})
    return said
