"""Which cell of a grid does an option name? Rows and columns count from 0."""

from gradcam_core.errors import HeatproofError
from gradcam_core.text import shortened


def cell_of(option: str, text: str) -> tuple[int, int]:
    """(row, column) as in "3,12".

    Raises:
        HeatproofError: if the text names no cell.
    """
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 2 or not all(map(is_number, parts)):
        raise HeatproofError(
            f"{option} is {shortened(text, 80)!r}.", hint=f"Give a row and a column of cells, such as {option} 3,12."
        )
    return int(parts[0]), int(parts[1])


def is_number(text: str) -> bool:
    """Whether it is a whole number of at most eight digits."""
    return text.isascii() and text.isdecimal() and len(text) < 9


def check_number(what: str, value: int | None, count: int, known: str) -> None:
    """Refuse what is not from 0 to below `count`; None is fine.

    Args:
        known: what there is, as in "the grid has 16 of them".

    Raises:
        HeatproofError: if there is no such one.
    """
    if value is not None and not 0 <= value < count:
        raise HeatproofError(f"{what} is {value}, and {known}.", hint=f"Give 0 to {count - 1}.")
