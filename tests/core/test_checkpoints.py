"""Which pairs of a folder can be used, and what is said of the others?"""

import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gradcam_core.checkpoints.pairs import Checkpoint, find_checkpoints, read_checkpoint, read_weights
from gradcam_core.errors import ModelError
from gradcam_core.preprocessing import InputSpec

WritePair = Callable[..., Path]
SHA = "a" * 64


def only_good(folder: Path) -> Checkpoint:
    (checkpoint,), bad = find_checkpoints(folder)
    assert bad == []
    return checkpoint


def only_sentence(folder: Path) -> str:
    good, (bad,) = find_checkpoints(folder)
    assert good == []
    return bad.sentence


def preprocessing(**changes: Any) -> dict[str, Any]:
    described = {"resize_size": 36, "crop_size": 32, "mean": [0, 0, 0], "std": [1, 1, 1], **changes}
    return {key: value for key, value in described.items() if value is not None}


def test_required_fields_suffice_and_the_rest_has_defaults(tmp_path: Path, write_pair: WritePair) -> None:
    weights = write_pair("small")
    assert only_good(tmp_path) == Checkpoint(
        name="small",
        title="small",
        architecture="heatproof/tinynet",
        num_classes=3,
        labels=("ant", "bee, honeybee", "cat"),
        input_spec=InputSpec(36, 32, (0.5, 0.4, 0.3), (0.2, 0.2, 0.2), "bicubic"),
        activation="softmax",
        target_layer="",
        weights=weights,
        source="",
        license="",
        sha256="",
    )


def test_every_field_is_read(tmp_path: Path, write_pair: WritePair) -> None:
    given = {"title": "My net", "activation": "sigmoid", "target_layer": "blocks.4", "source": "me", "license": "MIT"}
    write_pair(version=1, sha256=SHA.upper(), **given)
    checkpoint = only_good(tmp_path)
    assert {key: getattr(checkpoint, key) for key in given} == given
    assert checkpoint.sha256 == SHA


def test_labels_of_a_file_are_its_lines(tmp_path: Path, write_pair: WritePair) -> None:
    (tmp_path / "names.txt").write_bytes("\ufeffrouge-gorge\r\n mésange \r\nAra, perroquet\r\n\r\n".encode())
    write_pair(labels="names.txt")
    assert only_good(tmp_path).labels == ("rouge-gorge", "mésange", "Ara, perroquet")


def test_imagenet_labels_are_torchvisions(tmp_path: Path, write_pair: WritePair) -> None:
    write_pair(labels="imagenet", num_classes=1000)
    checkpoint = only_good(tmp_path)
    assert (checkpoint.labels[243], len(checkpoint.labels)) == ("bull mastiff", 1000)
    assert checkpoint.knows_imagenet


@pytest.mark.parametrize(
    ("labels", "expected"), [(["no tumour", "tumour"], ("no tumour", "tumour")), (["tumour"], ("not tumour", "tumour"))]
)
def test_binary_has_two_labels_and_one_output(
    tmp_path: Path, write_pair: WritePair, labels: list[str], expected: tuple[str, str]
) -> None:
    write_pair(activation="binary", num_classes=len(labels), labels=labels)
    checkpoint = only_good(tmp_path)
    assert (checkpoint.labels, checkpoint.num_classes, checkpoint.num_outputs) == (expected, 2, 1)


def test_the_readmes_binary_network_is_read_as_it_says(tmp_path: Path, write_pair: WritePair) -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    example = next(json.loads(text) for text in re.findall(r"```json\n(.*?)```", readme, re.DOTALL) if "binary" in text)
    write_pair(**example)
    checkpoint = only_good(tmp_path)
    assert (checkpoint.labels, checkpoint.num_classes, checkpoint.num_outputs) == (("sound", "defect"), 2, 1)


def test_whoever_counts_the_outputs_of_a_binary_network_is_told_to_count_the_labels(
    tmp_path: Path, write_pair: WritePair
) -> None:
    write_pair(activation="binary", num_classes=1, labels=["no", "yes"])
    assert "there are 2 labels for 1 class. A binary network has num_classes 2" in only_sentence(tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": 2}, "version is 2. It must be 1."),
        ({"version": True}, "version is true."),
        ({"architecture": None}, "small.json has no architecture."),
        ({"num_classes": None}, "has no num_classes."),
        ({"labels": None}, "has no labels."),
        ({"preprocessing": None}, "has no preprocessing."),
        ({"architecture": 7}, "architecture is 7. It must be a text"),
        ({"num_classes": 4}, "there are 3 labels for 4 classes."),
        ({"num_classes": "3"}, 'num_classes is "3". It must be a whole number from 1 to 100,000.'),
        ({"num_classes": True}, "num_classes is true."),
        ({"num_classes": 0, "labels": []}, "num_classes is 0."),
        ({"labels": 7}, '"imagenet", a file name, a list or a mapping'),
        ({"labels": {"0": "ant"}}, "there is 1 label for 3 classes."),
        ({"labels": {"0": "ant", "1": "bee", "3": "cat"}}, "has no label for class 2."),
        ({"labels": {"ant": "a", "bee": "b", "cat": "c"}}, "is a mapping with other keys than indices."),
        ({"labels": ["ant", " ", "cat"]}, "label 2 is empty or no text"),
        ({"labels": ["ant", "bee", 3]}, "label 3 is empty or no text"),
        ({"labels": "absent.txt"}, "absent.txt is not in the folder."),
        ({"labels": "../names.txt"}, "'../names.txt' is no plain file name."),
        ({"labels": ".."}, "'..' is no plain file name."),
        ({"labels": "."}, "'.' is no plain file name."),
        ({"labels": "/etc/passwd"}, "'/etc/passwd' is no plain file name."),
        ({"labels": "a\0b"}, "is no plain file name."),
        ({"labels": "..\\names.txt"}, "is no plain file name."),
        ({"labels": "cat, dog, " * 60}, "with one label a line, or give a list."),
        ({"labels": "imagenet"}, "there are 1,000 labels for 3 classes."),
        ({"activation": "relu"}, 'activation is "relu". It must be softmax, sigmoid or binary.'),
        ({"activation": ["softmax"]}, "activation is"),
        ({"activation": "binary"}, "num_classes is 3. It must be a whole number from 1 to 2."),
        ({"activaton": "sigmoid"}, "has a field 'activaton'. Is activation meant?"),
        ({"title": 5}, "title is 5."),
        ({"target_layer": []}, "target_layer is []."),
        ({"sha256": "abc"}, "64 hexadecimal digits"),
        ({"preprocessing": [1]}, "preprocessing is [1]. It must be an object"),
        ({"preprocessing": preprocessing(crop_size=641, resize_size=700)}, "a whole number from 8 to 640"),
        ({"preprocessing": preprocessing(crop_size=None)}, "small.json, preprocessing has no crop_size"),
        ({"preprocessing": preprocessing(resize_size=31)}, "resize_size is 31. It must be a whole number from 32"),
        ({"preprocessing": preprocessing(resize_size=36.5)}, "resize_size is 36.5."),
        ({"preprocessing": preprocessing(mean=[0, 0])}, "three numbers"),
        ({"preprocessing": preprocessing(mean=[0, 0, float("nan")])}, "three numbers"),
        ({"preprocessing": preprocessing(mean="0.5")}, "three numbers"),
        ({"preprocessing": preprocessing(std=[1, 1, 0])}, "three positive numbers"),
        ({"preprocessing": preprocessing(std=[1, 1, "1"])}, "three positive numbers"),
        ({"preprocessing": preprocessing(interpolation="lanczos")}, "bilinear, bicubic or nearest"),
        ({"preprocessing": preprocessing(interpolaton="nearest")}, "Is interpolation meant?"),
    ],
)
def test_wrong_field_is_said_in_words(
    tmp_path: Path, write_pair: WritePair, changes: dict[str, Any], said: str
) -> None:
    write_pair()
    description = json.loads((tmp_path / "small.json").read_text())
    description = {key: value for key, value in {**description, **changes}.items() if value is not None}
    (tmp_path / "small.json").write_text(json.dumps(description))
    assert said in only_sentence(tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "small.json is no valid JSON."),
        (b'{"version": 1', "small.json is no valid JSON."),
        (b"[" * 100_000, "small.json is no valid JSON."),
        (b"[]", "small.json holds no JSON object."),
        (b"\xff\xfe{", "small.json is no text in UTF-8."),
        (b" " * 4_000_001, "small.json has more than 4 MB."),
    ],
)
def test_description_that_is_none_is_said_in_words(
    tmp_path: Path, write_pair: WritePair, text: bytes, said: str
) -> None:
    write_pair()
    (tmp_path / "small.json").write_bytes(text)
    assert said in only_sentence(tmp_path)


def test_other_fields_are_somebodys_notes(tmp_path: Path, write_pair: WritePair) -> None:
    write_pair(trained_by="Ada", epochs=90)
    assert only_good(tmp_path).name == "small"


def test_broken_pairs_do_not_hide_the_good_ones(tmp_path: Path, write_pair: WritePair) -> None:
    for name in ("b", "d"):
        write_pair(name)
    write_pair("a", num_classes=5)
    write_pair("c", version=9)
    good, bad = find_checkpoints(tmp_path)
    assert ([pair.name for pair in good], [pair.name for pair in bad]) == (["b", "d"], ["a", "c"])


@pytest.mark.parametrize(
    ("absent", "said"),
    [
        (".safetensors", "small.json has no weights beside it. Add small.safetensors or small.pth."),
        (".json", "small.safetensors has no description beside it. Add small.json."),
    ],
)
def test_half_a_pair_is_said_to_be_one(tmp_path: Path, write_pair: WritePair, absent: str, said: str) -> None:
    write_pair()
    (tmp_path / f"small{absent}").unlink()
    assert only_sentence(tmp_path) == said


@pytest.mark.parametrize("suffix", [".ckpt", ".pth.tar", ".bin"])
def test_weights_of_another_ending_are_to_be_renamed(tmp_path: Path, write_pair: WritePair, suffix: str) -> None:
    write_pair().rename(tmp_path / f"small{suffix}")
    assert only_sentence(tmp_path) == f"small.json has no weights beside it. Rename small{suffix} to small.pth."


@pytest.mark.skipif(os.name == "nt", reason="a path is shorter there")
@pytest.mark.parametrize("letters", [246, 250])
def test_name_that_is_too_long_for_its_weights_hides_no_other_pair(
    tmp_path: Path, write_pair: WritePair, letters: int
) -> None:
    write_pair("small")
    (tmp_path / f"{'x' * letters}.json").write_text("{}")
    (good,), (bad,) = find_checkpoints(tmp_path)
    assert good.name == "small"
    assert "has no weights beside it" in bad.sentence


def test_what_controls_a_terminal_is_not_let_in(tmp_path: Path, write_pair: WritePair) -> None:
    red, flipped = "\x1b[31mred\x07", "\u202etac"
    write_pair("small", title=red, source=flipped, labels=["ant\x9b2J", red, "猫"])
    checkpoint = only_good(tmp_path)
    assert (checkpoint.title, checkpoint.source) == ("\ufffd[31mred\ufffd", "\ufffdtac")
    assert checkpoint.labels == ("ant\ufffd2J", "\ufffd[31mred\ufffd", "猫")


def test_name_with_dots_is_one_name(tmp_path: Path, write_pair: WritePair) -> None:
    write_pair("net.v1.2")
    assert only_good(tmp_path).name == "net.v1.2"


def test_safetensors_are_taken_before_pth(tmp_path: Path, write_pair: WritePair) -> None:
    write_pair(suffix=".pth")
    write_pair(suffix=".safetensors")
    assert only_good(tmp_path).weights.suffix == ".safetensors"


def test_hidden_and_other_files_are_left_alone(tmp_path: Path) -> None:
    for name in ("._small.json", ".hidden.pth", "README.md", "names.txt"):
        (tmp_path / name).write_text("x")
    assert find_checkpoints(tmp_path) == ([], [])


def test_folder_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert find_checkpoints(tmp_path / "absent") == ([], [])


def test_folder_that_is_a_file_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "can't be read" in only_sentence(tmp_path / "file")


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
@pytest.mark.parametrize("file", ["small.json", "small.safetensors", "names.txt"])
def test_link_that_leaves_the_folder_is_refused(tmp_path: Path, write_pair: WritePair, file: str) -> None:
    write_pair(labels="names.txt")
    (tmp_path / "names.txt").write_text("ant\nbee\ncat\n")
    pairs = tmp_path / "pairs"
    pairs.mkdir()
    for name in ("small.json", "small.safetensors", "names.txt"):
        (tmp_path / name).rename(pairs / name)
    assert only_good(pairs).labels == ("ant", "bee", "cat")
    (pairs / file).rename(tmp_path / file)
    (pairs / file).symlink_to(tmp_path / file)
    assert only_sentence(pairs) == f"{file} is a link that leaves the folder. Copy the file itself there."


def test_input_side_is_bounded_by_the_setting(
    tmp_path: Path, write_pair: WritePair, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pair(preprocessing=preprocessing(crop_size=700, resize_size=700))
    monkeypatch.setenv("HEATPROOF_MAX_INPUT_SIDE", "700")
    assert only_good(tmp_path).input_spec.crop_size == 700


def test_weights_are_verified_by_their_hash(tmp_path: Path, write_pair: WritePair) -> None:
    digest = hashlib.sha256(write_pair().read_bytes()).hexdigest()
    write_pair("good", sha256=digest)
    (tmp_path / "small.safetensors").replace(tmp_path / "good.safetensors")
    weights, found = read_weights(read_checkpoint(tmp_path, "good"))
    assert found == digest
    assert weights.tensors["head.weight"].shape == (3, 128)


def test_weights_of_another_hash_are_refused(tmp_path: Path, write_pair: WritePair) -> None:
    write_pair(sha256=SHA)
    with pytest.raises(ModelError, match=r"but its description says aaaaaaaaaaaa\.\.\."):
        read_weights(read_checkpoint(tmp_path, "small"))
