"""Text for people: names that control nothing round them, and numbers of bytes."""

import unicodedata

_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NAME_LENGTH = 80

_UNITS = ((1e12, "T"), (1e9, "G"))  # from which number on


def display_name(name: str) -> str:
    """The name of a file as text: at most 80 characters, none that controls the text round it."""
    shown = printable(name[: _NAME_LENGTH + 1])
    return shown if len(shown) <= _NAME_LENGTH else shown[: _NAME_LENGTH - 1] + "…"


def printable(text: str) -> str:
    """The text with a replacement mark for every character that controls the terminal or the text round it."""
    return "".join("\ufffd" if _controls_text(character) else character for character in text)


def readable_count(count: int) -> str:
    """A number of multiply-adds in torchinfo's units: 81.26 M, 4.09 G."""
    scale, unit = next(((scale, unit) for scale, unit in _UNITS if count >= scale), (1e6, "M"))
    return f"{count / scale:,.2f} {unit}"


def megabytes(count: int) -> str:
    """A number of bytes in units of 10^6, to a tenth below ten."""
    return f"{count / 1e6:,.1f} MB" if count < 9.95e6 else f"{count / 1e6:,.0f} MB"


def _controls_text(character: str) -> bool:
    return character in _BIDI_CONTROLS or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
