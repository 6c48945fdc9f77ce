"""Text for people: names that control nothing round them, and numbers as one reads them."""

import math
import unicodedata
from decimal import ROUND_HALF_UP, Decimal

_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NAME_LENGTH = 80

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_UNITS = ((1e12, "T"), (1e9, "G"))  # from which number on


def display_name(name: str) -> str:
    """The name of a file as text: at most 80 characters, none that controls the text round it."""
    shown = printable(name[: _NAME_LENGTH + 1])
    return shown if len(shown) <= _NAME_LENGTH else shown[: _NAME_LENGTH - 1] + "…"


def shortened(text: str, most: int) -> str:
    """The text on one line, with at most so many characters, none that controls the text round it."""
    shown = printable(" ".join(text.split()))
    return shown if len(shown) <= most else f"{shown[: most - 1].rstrip()}…"


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


def counted(count: int, one: str, several: str) -> str:
    """A number and its noun: "1 class", "1,000 classes"."""
    return f"{count:,} {one if count == 1 else several}"


def figures(value: float) -> str:
    """A measured value as people write it: three figures, a true minus sign, no exponent such as e-4."""
    if not math.isfinite(value):
        return "not a number"
    exact = Decimal(float(value))
    if value and not 1e-6 <= abs(value) < 1e15:
        digits, power = f"{_rounded(exact):.2e}".split("e")
        return _signed(f"{digits} × 10{str(int(power)).translate(_RAISED)}")
    rounded = _rounded(exact) if value else Decimal("0.00")
    return _signed(f"{rounded:,.0f}" if abs(rounded) >= 1000 else f"{rounded:f}")


def _rounded(value: Decimal) -> Decimal:
    """To three figures, halves away from zero as browsers do it; 999.6 becomes 1,000."""
    return value.quantize(Decimal(1).scaleb(value.adjusted() - 2), ROUND_HALF_UP)


def _signed(text: str) -> str:
    return text.replace("-", "\N{MINUS SIGN}")


def _controls_text(character: str) -> bool:
    return character in _BIDI_CONTROLS or unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
