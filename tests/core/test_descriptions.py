"""Does a description say what went into its network and what comes out, and is what can't be true refused?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradcam_core.checkpoints.pairs import Checkpoint, find_checkpoints
from gradcam_core.preprocessing import InputSpec

WritePair = Callable[..., Path]
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
MEAN_255, STD_255 = [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]


def read(folder: Path, write_pair: WritePair, **changes: Any) -> Checkpoint:
    """The only pair, with these fields of its preprocessing."""
    described = {"resize_size": 36, "crop_size": 32, "mean": MEAN, "std": STD, **changes}
    write_pair(preprocessing={key: value for key, value in described.items() if value is not None})
    (checkpoint,), bad = find_checkpoints(folder)
    assert bad == []
    return checkpoint


def refused(folder: Path) -> str:
    good, (bad,) = find_checkpoints(folder)
    assert good == []
    return bad.sentence


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"mean": 0.5, "std": [0.25]}, InputSpec(36, 32, (0.5,) * 3, (0.25,) * 3)),
        ({"mean": [0, 0, 0], "std": [1, 1, 1]}, InputSpec(36, 32, (0.0,) * 3, (1.0,) * 3)),
        ({"mean": 0, "std": 0.00392156862745098}, InputSpec(36, 32, (0.0,) * 3, (1 / 255,) * 3)),
        ({"channels": 1, "mean": 0.13, "std": [0.31]}, InputSpec(36, 32, (0.13,), (0.31,))),
        ({"channels": 1, "mean": [0.5] * 3, "std": [0.5] * 3}, InputSpec(36, 32, (0.5,), (0.5,))),
        ({"channel_order": "BGR"}, InputSpec(36, 32, tuple(MEAN), tuple(STD), channel_order="bgr")),
        (
            {"input_range": [0, 255], "mean": [104, 117, 123], "std": 1},
            InputSpec(36, 32, (104.0, 117.0, 123.0), (1.0,) * 3, input_range=(0.0, 255.0)),
        ),
        (
            {"input_range": [-1, 1], "mean": 0, "std": 1},
            InputSpec(36, 32, (0.0,) * 3, (1.0,) * 3, input_range=(-1.0, 1.0)),
        ),
        ({"fit": "squash"}, InputSpec(36, 32, tuple(MEAN), tuple(STD), fit="squash")),
        ({"fit": "squash", "resize_size": None}, InputSpec(32, 32, tuple(MEAN), tuple(STD), fit="squash")),
        ({"resize_size": [36, 36]}, InputSpec(36, 32, tuple(MEAN), tuple(STD), fit="squash")),
        ({"resize_size": [36]}, InputSpec(36, 32, tuple(MEAN), tuple(STD))),
        ({"fit": "pad", "resize_size": None}, InputSpec(32, 32, tuple(MEAN), tuple(STD), fit="pad")),
        ({"crop_size": {"width": 48, "height": 32}}, InputSpec(36, (48, 32), tuple(MEAN), tuple(STD))),
    ],
)
def test_what_goes_in_is_read_as_people_write_it(
    tmp_path: Path, write_pair: WritePair, changes: dict[str, Any], expected: InputSpec
) -> None:
    assert read(tmp_path, write_pair, **changes).input_spec == expected


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"mean": MEAN_255, "std": STD_255}, "divide both by 255, or set input_range to [0, 255]"),
        ({"mean": MEAN, "std": STD_255}, "std is 58.395, for pixels that go from 0 to 1."),
        ({"mean": MEAN_255, "std": STD}, "mean is 123.675, for pixels that go from 0 to 1."),
        ({"mean": 0, "std": 255}, "std is 255"),
        ({"mean": MEAN_255, "std": STD, "input_range": [0, 255]}, "std is 0.229, for pixels that go from 0 to 255."),
        ({"mean": MEAN, "std": STD_255, "input_range": [0, 255]}, "mean is 0.485"),
        ({"mean": MEAN, "std": STD, "input_range": [0, 255]}, "multiply both by 255, or leave input_range out"),
        ({"mean": [0.002] * 3, "std": [0.0009] * 3}, "std is 0.0009"),
        ({"mean": [-2, 0, 0]}, "mean is -2"),
        ({"mean": STD, "std": MEAN}, "Are mean and std exchanged?"),
        ({"mean": STD_255, "std": MEAN_255, "input_range": [0, 255]}, "Are mean and std exchanged?"),
        ({"mean": [0.247, 0.2435, 0.2616], "std": [0.4914, 0.4822, 0.4465]}, "Are mean and std exchanged?"),
        ({"channels": 4}, "without their transparency"),
        ({"channels": 1}, "one number, for grey"),
        ({"channel_order": "gbr"}, "rgb or bgr"),
        ({"input_range": 255}, "[0, 1], [0, 255] or [-1, 1]"),
        ({"input_range": [1, 0]}, "[0, 1], [0, 255] or [-1, 1]"),
        ({"crop_size": [32, 48]}, '{"width": 48, "height": 32}, or the other way round'),
        ({"resize_size": [36, 36], "fit": "crop"}, 'or set fit to "squash"'),
        ({"resize_size": {"width": 40, "height": 36}}, "of the same shape as crop_size"),
        ({"resize": "squash"}, "resize is not read. Write it as fit into preprocessing."),
        ({"input_space": "BGR"}, "Write it as channel_order into preprocessing."),
    ],
)
def test_what_can_not_have_gone_in_is_refused_with_what_to_write(
    tmp_path: Path, write_pair: WritePair, changes: dict[str, Any], said: str
) -> None:
    read(tmp_path, write_pair)
    description = json.loads((tmp_path / "small.json").read_text())
    description["preprocessing"] |= changes
    (tmp_path / "small.json").write_text(json.dumps(description))
    assert said in refused(tmp_path)


@pytest.mark.parametrize(
    ("mean", "std"), [(MEAN, STD), ([0.1307], [0.3081]), ([0.5] * 3, [0.5] * 3), ([0.4914, 0.4822, 0.4465], [0.2] * 3)]
)
def test_the_usual_means_and_deviations_can_be_true(
    tmp_path: Path, write_pair: WritePair, mean: list[float], std: list[float]
) -> None:
    assert read(tmp_path, write_pair, mean=mean, std=std).notes == ()


def test_equal_sizes_without_a_fit_may_mean_squashed_images_and_are_said_to(
    tmp_path: Path, write_pair: WritePair
) -> None:
    (note,) = read(tmp_path, write_pair, resize_size=32).notes
    assert 'set fit to "squash"' in note
    assert read(tmp_path, write_pair, resize_size=32, fit="crop").notes == ()


def test_a_missing_field_names_what_may_be_meant_for_it(tmp_path: Path, write_pair: WritePair) -> None:
    write_pair(preprocessing={"resize_size": 36, "crop_size": 32, "image_mean": 0.5, "image_std": 0.5})
    assert refused(tmp_path) == (
        "small.json, preprocessing has no mean. Add the field mean. It has image_mean: is that it?"
    )


def test_a_field_of_the_input_beside_its_place_is_sent_there(tmp_path: Path, write_pair: WritePair) -> None:
    write_pair(fit="squash")
    assert refused(tmp_path) == "small.json: fit is not read. Write it as fit into preprocessing."


def test_one_output_is_taken_for_binary_and_said_to_be(tmp_path: Path, write_pair: WritePair) -> None:
    write_pair(num_classes=1, labels=["crack"])
    (checkpoint,), _ = find_checkpoints(tmp_path)
    assert (checkpoint.activation, checkpoint.labels) == ("binary", ("not crack", "crack"))
    assert "activation is not stated" in checkpoint.notes[0]


def test_one_class_by_softmax_is_refused_and_by_sigmoid_is_not(tmp_path: Path, write_pair: WritePair) -> None:
    write_pair("a", num_classes=1, labels=["crack"], activation="softmax")
    write_pair("b", num_classes=1, labels=["crack"], activation="sigmoid")
    (good,), (bad,) = find_checkpoints(tmp_path)
    assert (good.name, good.activation, good.num_outputs, good.notes) == ("b", "sigmoid", 1, ())
    assert bad.sentence == "a.json: one class by softmax is always 100 %. Set activation to binary or sigmoid."


@pytest.mark.parametrize(
    "given",
    [
        {"0": "ant", "1": "bee", "2": "cat"},
        {"cat": 2, "ant": 0, "bee": 1},
        {"1": ["n2", "bee"], "0": "ant", "2": "cat"},
    ],
)
def test_labels_may_be_a_mapping_either_way(tmp_path: Path, write_pair: WritePair, given: dict[str, Any]) -> None:
    write_pair(labels=given)
    (checkpoint,), _ = find_checkpoints(tmp_path)
    assert checkpoint.labels == ("ant", "bee", "cat")


@pytest.mark.parametrize(
    "content",
    [
        b"ant\r\nbee\r\ncat\r\n\r\n",
        b"ant\rbee\rcat\r",
        "\ufeffant\nbee\ncat\n\n \n".encode(),
        "ant\r\nbee\r\ncat\r\n".encode("utf-16"),
        b"0,ant\n1,bee\n2,cat\n",
        b"index,name\n0,ant\n1,bee\n2,cat\n",
        b"1: ant\n2: bee\n3: cat\n",
        b"2\tcat\n0\tant\n1\tbee\n",
        b"cat,2\nant,0\nbee,1\n",
        b"ant, bee, cat",
        b"ant;bee;cat\n",
        b'["ant", "bee", "cat"]',
        b'{"0": "ant", "1": "bee", "2": "cat"}',
    ],
)
def test_labels_are_read_from_files_as_people_have_them(tmp_path: Path, write_pair: WritePair, content: bytes) -> None:
    write_pair(labels="names.csv")
    (tmp_path / "names.csv").write_bytes(content)
    (checkpoint,), _ = find_checkpoints(tmp_path)
    assert checkpoint.labels == ("ant", "bee", "cat")


@pytest.mark.parametrize(
    "lines", [("1 star", "2 stars", "3 stars"), ("ant, Formica", "bee, Apis", "cat, Felis"), ("5: ant", "6: b", "7: c")]
)
def test_what_only_looks_like_an_index_stays_in_the_label(
    tmp_path: Path, write_pair: WritePair, lines: tuple[str, ...]
) -> None:
    write_pair(labels="names.txt")
    (tmp_path / "names.txt").write_text("\n".join(lines))
    (checkpoint,), _ = find_checkpoints(tmp_path)
    assert checkpoint.labels == lines


@pytest.mark.parametrize(
    ("check", "said"),
    [
        ({"class": "cat"}, "has no image."),
        ({"image": "a.png", "class": "cat"}, "a.png is not in the folder."),
        ({"image": "../a.png", "class": "cat"}, "is no plain file name."),
        ({"image": "a.png", "class": 1.5}, "a label or the index of a class"),
        ({"image": "a.png", "class": "cat", "logit": "3"}, "logit is"),
        ({"image": "a.png", "class": "cat", "tolerance": 0}, "a positive number"),
        ({"image": "a.png", "class": "cat", "logits": 3}, "It may have image, class, logit or tolerance."),
    ],
)
def test_a_check_that_can_not_be_made_is_said(
    tmp_path: Path, write_pair: WritePair, check: dict[str, Any], said: str
) -> None:
    write_pair(check=check)
    assert said in refused(tmp_path)
