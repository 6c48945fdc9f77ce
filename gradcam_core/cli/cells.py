"""Which cell of a grid, block or head does an option name? In the shell they count from 1, as on the page."""

from gradcam_core.errors import HeatproofError
from gradcam_core.text import shortened


def cell_of(option: str, text: str) -> tuple[int, int]:
    """(row, column), counted from 0, of such as "3,12", which counts from 1.

    Raises:
        HeatproofError: if the text names no cell.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(map(is_number, parts)):
        raise HeatproofError(
            f"{option} is {shortened(text, 80)!r}.", hint=f"Give a row and a column of cells, such as {option} 3,12."
        )
    return int(parts[0]) - 1, int(parts[1]) - 1


def from_one(number: int | None) -> int | None:
    """What was typed, which counts from 1, counted from 0."""
    return None if number is None else number - 1


def is_number(text: str) -> bool:
    """Whether it is a whole number of at most eight digits."""
    return text.isascii() and text.isdecimal() and len(text) < 9


def check_number(what: str, value: int | None, count: int, known: str) -> None:
    """Refuse what is not from 0 to below `count`; None is fine. It is told as it was typed, counted from 1.

    Args:
        known: what there is, as in "the grid has 16 of them".

    Raises:
        HeatproofError: if there is no such one.
    """
    if value is not None and not 0 <= value < count:
        raise HeatproofError(f"{what} is {value + 1}, and {known}.", hint=f"Give 1 to {count}.")
