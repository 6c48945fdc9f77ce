"""Text for people: sizes in megabytes, and names that control nothing round them."""

import pytest

from gradcam_core.text import display_name, megabytes, printable


@pytest.mark.parametrize(
    ("count", "shown"),
    [(210_000, "0.2 MB"), (9_940_000, "9.9 MB"), (9_960_000, "10 MB"), (1_234_567_890, "1,235 MB")],
)
def test_bytes_are_shown_to_a_tenth_of_a_megabyte_below_ten(count: int, shown: str) -> None:
    assert megabytes(count) == shown


@pytest.mark.parametrize("control", ["\x1b", "\n", "\u202e", "\u2029", "\ud800"])
def test_characters_that_control_the_text_round_them_are_replaced(control: str) -> None:
    assert printable(f"cat{control}dog é 犬") == "cat\ufffddog é 犬"


def test_name_is_cut_at_80_characters() -> None:
    assert display_name("x" * 80) == "x" * 80
    assert display_name("x" * 81) == "x" * 79 + "…"
