"""Which class does a text name, where labels are numbers too?"""

import pytest

from gradcam_core.errors import ModelError
from gradcam_core.models.class_names import find_class

SORTED_AS_TEXT = ["0", "1", "10", "11", "2", "3"]  # as ImageFolder sorts folders
PADDED = ["01", "02", "03"]
YEARS = ["2019", "2020", "2021"]
SIGNS = ["-1", "0", "1"]


@pytest.mark.parametrize(
    ("labels", "text", "index"),
    [
        (SORTED_AS_TEXT, "0", 0),  # label and index agree
        (SORTED_AS_TEXT, "10", 2),  # there is no index 10
        (SORTED_AS_TEXT, "5", 5),  # there is no label 5
        (SORTED_AS_TEXT, "index:2", 2),
        (SORTED_AS_TEXT, " Index: 2 ", 2),
        (SORTED_AS_TEXT, "label:2", 4),
        (SORTED_AS_TEXT, "LABEL:10", 2),
        (YEARS, "2020", 1),
        (YEARS, "1", 1),
        (YEARS, "label:20 20", None),
        (SIGNS, "-1", 0),
        (PADDED, "label:2", 1),
        (PADDED, "0", 0),
        (["2", "02", "x"], "label:02", 1),
        (["two, 7", "b"], "7", 0),
        (["index:1", "b"], "label:index:1", 0),
        (["index:1", "b"], "index:1", 1),
    ],
)
def test_a_number_is_a_label_or_an_index_where_it_can_be_only_one(
    labels: list[str], text: str, index: int | None
) -> None:
    if index is None:
        with pytest.raises(ModelError, match="has no class '20 20'"):
            find_class(labels, text, model="net")
    else:
        assert find_class(labels, text, model="net") == index


@pytest.mark.parametrize(
    ("labels", "text", "said", "hint"),
    [
        (
            SORTED_AS_TEXT,
            "2",
            "'2' is the label of class 4 of net, and the index of its class 2 (10).",
            "Write label:2 or index:4 for the first, index:2 for the second.",
        ),
        (
            PADDED,
            "2",
            "'2' is the label of class 1 of net, and the index of its class 2 (03).",
            "Write label:2 or index:1 for the first, index:2 for the second.",
        ),
        (
            SIGNS,
            "1",
            "'1' is the label of class 2 of net, and the index of its class 1 (0).",
            "Write label:1 or index:2 for the first, index:1 for the second.",
        ),
        (["0", "x", "1", "1"], "1", "'1' can mean 3 classes of net.", "index:1 (x), index:2 (1), index:3 (1)."),
        (["9", "1", "1"], "1", "'1' can mean 2 classes of net.", "index:1 (1), index:2 (1)."),
    ],
)
def test_a_number_that_could_be_two_classes_is_asked_about(labels: list[str], text: str, said: str, hint: str) -> None:
    with pytest.raises(ModelError) as caught:
        find_class(labels, text, model="net")
    assert caught.value.message == said
    assert hint in caught.value.hint


def test_every_spelling_that_is_offered_names_one_class() -> None:
    assert [find_class(SORTED_AS_TEXT, text, model="net") for text in ("label:2", "index:4", "index:2")] == [4, 4, 2]
    assert [find_class(PADDED, text, model="net") for text in ("label:2", "index:1", "index:2")] == [1, 1, 2]
