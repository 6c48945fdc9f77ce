"""What stands below the stage of the page Attention: numbers of the network itself, or why there are none."""

from dataclasses import replace

import numpy as np
import pytest

from gradcam_core.attention.blocks import AttentionBlock
from gradcam_core.attention.heads import HeadFigures
from gradcam_core.attention.passes import attend
from gradcam_core.attention.statistics import entropies, mean_distances
from gradcam_core.engine import Explainer
from gradcam_core.errors import ResourceError
from gradcam_core.models import load_model
from gradcam_core.preprocessing import prepare
from gradcam_core.samples import load_sample
from pages._ui.attention import depth_message as messages
from pages._ui.attention.depth import LensReading, LensRow, figures_reading, lens_reading
from pages._ui.attention.depth_message import Told, depth_message, heads_told, lens_told
from pages._ui.attention.reading import AttentionReading, attention_reading
from pages._ui.session.question import Question

LABELS = ("cat", "dog", "bird")
BLOCKS = 3


@pytest.fixture(scope="module")
def reading(question: Question) -> AttentionReading:
    """As a network of three blocks of one kind would be read."""
    known = attention_reading(question)
    named = [replace(known.blocks[-1].block, name=f"blocks.{place}.attn") for place in range(BLOCKS)]
    return replace(known, blocks=tuple(replace(known.blocks[-1], block=block) for block in named))


def lens(*likeliest: int, reason: str = "") -> LensReading:
    """Read off after the last of the blocks, one for each class named: first that class, and then the next one."""
    first = BLOCKS - len(likeliest)
    rows = (
        LensRow(f"blocks.{first + place}", ((one, 0.7), ((one + 1) % 3, 0.2))) for place, one in enumerate(likeliest)
    )
    return LensReading(tuple(rows), reason)


def in_windows(reading: AttentionReading, place: int) -> AttentionReading:
    """The same, but for a block that attends in windows."""
    block = AttentionBlock(f"blocks.{place}.attn", (4, 2, 16, 16), None, "It attends in 4 windows.")
    blocks = [replace(one, block=block, mean=None) if at == place else one for at, one in enumerate(reading.blocks)]
    return replace(reading, blocks=tuple(blocks))


def figures(*distances: float | None) -> list[HeadFigures]:
    """Blocks of two heads of these distances, the second one twice as far and more even."""
    wide = np.array([0.25, 0.75], np.float32)
    return [HeadFigures(wide, None if one is None else np.array([one, 2 * one]), 50.0) for one in distances]


def opening(told: Told) -> str:
    return str(told["says"][0])


def test_the_last_row_is_the_answer_of_the_network(question: Question) -> None:
    answer = Explainer(load_model("tinyvit")).forward(load_sample("meadow")).top(3)
    row = lens_reading(question).rows[-1]
    assert [index for index, _ in row.top] == [one.class_index for one in answer]
    assert np.allclose([share for _, share in row.top], [one.probability for one in answer], atol=1e-4)


def test_the_figures_of_every_head_are_those_of_the_core(question: Question) -> None:
    model = load_model("tinyvit")
    attended = attend(model, prepare(load_sample("meadow"), model.input_spec).tensor)
    found = figures_reading(question)
    for place, block in enumerate(attended.blocks):
        weights, cell = attended.weights(place), (128 / 16, 128 / 16)
        distances = found[place].distances
        assert block.layout is not None
        assert distances is not None
        assert np.allclose(found[place].entropies, entropies(weights))
        assert np.allclose(distances, mean_distances(weights, block.layout, cell))


def test_a_sentence_says_since_which_block_the_answer_comes_first(reading: AttentionReading) -> None:
    said = {
        likeliest: opening(lens_told(lens(*likeliest), reading, LABELS))
        for likeliest in ((0, 1, 1), (0, 0, 1), (1, 0, 1))
    }
    assert said[0, 1, 1].startswith("“dog” comes first from block 2 on.")
    assert said[0, 0, 1].startswith("“dog” comes first after the last block alone.")
    assert said[1, 0, 1].startswith("“dog” comes first again after the last block.")
    assert "after every block" in opening(lens_told(lens(2, 2, 2), reading, LABELS))
    assert "one block alone" in opening(lens_told(lens(2), reading, LABELS))


def test_a_row_names_its_block_and_marks_the_answer_wherever_it_comes(reading: AttentionReading) -> None:
    told = lens_told(lens(0, 1, reason="Not after the first."), reading, LABELS)
    assert [(row["name"], row["blocks"]) for row in told["rows"]] == [("2", [1]), ("3", [2])]
    assert [[cell["isAnswer"] for cell in row["cells"]] for row in told["rows"]] == [[False, True], [True, False]]
    assert told["reason"] == "Not after the first."
    assert told["rows"][0]["cells"][0]["percent"] == "70.0\N{NO-BREAK SPACE}%"


def test_where_nothing_can_be_read_off_the_reason_stands_alone(reading: AttentionReading) -> None:
    told = lens_told(lens(reason="It has no blocks."), reading, LABELS)
    assert (told["says"], told["rows"]) == (["It has no blocks."], [])


def test_a_dot_says_block_head_distance_and_entropy(reading: AttentionReading) -> None:
    told = heads_told(figures(20.0, 61.4, 4.0), reading)
    labels = [dot["label"] for dot in told["dots"]]
    assert labels[2] == "Block 2, head 1: distance 61 px, entropy 0.25"
    assert labels[4] == "Block 3, head 1: distance 4.0 px, entropy 0.25"
    assert [dot["shade"] for dot in told["dots"][:2]] == [0, 1]
    assert told["ends"] == ["entropy 0.25", "0.75"]
    assert told["even"] == 50.0
    assert told["most"] >= 122.8
    assert told["ticks"][-1]["value"] == told["most"]


def test_a_block_of_windows_has_no_dots_beside_others_that_have_distances(reading: AttentionReading) -> None:
    told = heads_told(figures(20.0, None, 30.0), in_windows(reading, 1))
    assert told["names"] == ["1", "3"]
    assert [(dot["block"], dot["column"]) for dot in told["dots"]] == [(0, 0), (0, 0), (2, 1), (2, 1)]
    assert "no dots" in opening(told)


def test_where_no_block_has_distances_entropy_is_drawn_alone(reading: AttentionReading) -> None:
    told = heads_told(figures(None), in_windows(reading, 0))
    assert told["upwards"] == "entropy"
    assert [(dot["block"], dot["value"], dot["shade"]) for dot in told["dots"]] == [
        (None, 0.25, None),
        (None, 0.75, None),
    ]
    assert "no distance" in opening(told)


def test_a_head_whose_distance_is_not_defined_has_no_dot(reading: AttentionReading) -> None:
    told = heads_told(figures(20.0, float("nan"), 30.0), reading)
    assert [dot["block"] for dot in told["dots"]] == [0, 0, 2, 2]


def test_a_part_that_fails_says_why_and_the_other_one_stands(
    question: Question, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Question) -> LensReading:
        raise ResourceError("There is no memory left.", hint="Try a smaller one.")

    monkeypatch.setattr(messages, "lens_reading", full)
    told = depth_message(question)
    assert told["lens"]["says"] == ["There is no memory left. Try a smaller one."]
    assert len(told["heads"]["dots"]) == 9


def test_a_row_of_two_blocks_names_both_and_one_of_none_shown_chooses_none(reading: AttentionReading) -> None:
    inside = [f"stages.0.{place}.attn" for place in range(BLOCKS)]
    named = [
        replace(one, block=replace(one.block, name=name)) for one, name in zip(reading.blocks, inside, strict=True)
    ]
    both = replace(reading, blocks=(replace(named[0], mean=None), *named[1:]))
    rows = lens_told(LensReading((LensRow("stages.0", ((0, 1.0),)),), ""), both, LABELS)["rows"]
    assert [(row["name"], row["blocks"]) for row in rows] == [("1 to 3", [1, 2])]
    unseen = replace(both, blocks=tuple(replace(one, mean=None) for one in named))
    assert lens_told(LensReading((LensRow("stages.0", ((0, 1.0),)),), ""), unseen, LABELS)["rows"][0]["blocks"] == []
