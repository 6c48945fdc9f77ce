"""Strangers' words on screen: names and labels without what controls the text round them."""

import unicodedata

_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NAME_LENGTH = 80


def display_name(name: str) -> str:
    """The name of a file as text: at most 80 characters, none that controls the text round it."""
    shown = printable(name[: _NAME_LENGTH + 1])
    return shown if len(shown) <= _NAME_LENGTH else shown[: _NAME_LENGTH - 1] + "…"


def printable(text: str) -> str:
    """The text with a replacement mark for every character that controls the terminal or the text round it."""
    return "".join("\ufffd" if _controls_text(character) else character for character in text)


def _controls_text(character: str) -> bool:
    return character in _BIDI_CONTROLS or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
