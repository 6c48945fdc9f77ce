"""What a transformer attends to, from a shell."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import gradcam_core.cli.attention as command
from gradcam_core.attention.blocks import CHANGED
from gradcam_core.attention.flow import Fusion, rollout, rollouts
from gradcam_core.attention.lens import LogitLens
from gradcam_core.attention.maps import followed_weights
from gradcam_core.attention.passes import AttentionPass, attend
from gradcam_core.attention.sinks import outlying_cells
from gradcam_core.attention.statistics import entropies, mean_distances
from gradcam_core.cli.attention_depth import Depth, depth_lines
from gradcam_core.cli.attention_report import NO_EVIDENCE_HERE
from gradcam_core.cli.main import main
from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.images import load_image
from gradcam_core.models import LoadedModel, load_model
from gradcam_core.recording import record
from tests.core.test_attention_uses import heads_mixed, model_of, plainly
from tests.core.transformers import small_swin
from tests.support import loaded

FILES = {"panels.png", "overlay.png", "map.npy", "facts.json"}


@pytest.fixture(scope="module")
def forward(tinyvit: LoadedModel, scene: str) -> ForwardPass:
    return Explainer(tinyvit).forward(load_image(scene))


@pytest.fixture(scope="module")
def attended(tinyvit: LoadedModel, forward: ForwardPass) -> AttentionPass:
    return attend(tinyvit, forward.input_tensor)


@pytest.fixture(autouse=True)
def loads_once(monkeypatch: pytest.MonkeyPatch, tinyvit: LoadedModel) -> None:
    """Most of a command's time is the model's loading."""
    monkeypatch.setattr(
        command, "load_model", lambda name, **kinds: tinyvit if name == "tinyvit" else load_model(name, **kinds)
    )


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert main(["attention", *arguments, "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    return told


def test_it_lists_the_blocks_and_says_what_the_class_token_attends_to(
    capsys: pytest.CaptureFixture[str], scene: str
) -> None:
    assert main(["attention", scene]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["scene.png, 160 x 160", "TinyViT (12 drawn things), preprocessing: trained"]
    assert "257 tokens: 1 other token before 16 x 16 cells of 8 x 8 pixels" in lines
    rows = [line.split() for line in lines if ".attention" in line]
    assert [row[:4] for row in rows] == [
        [str(place + 1), f"blocks.{place}.attention", "3", "257"] for place in range(3)
    ]
    assert all(0 < float(row[4]) < 1 and 0 < float(row[5]) < 128 for row in rows)
    said = lines.index("Block 3 of 3, mean of 3 heads: what the class token looks at.")
    assert lines[said + 1].startswith("Strongest at x ")
    assert lines[-2:] == [NO_EVIDENCE_HERE, "Add --out DIR to write the map."]


def test_json_has_the_numbers_of_every_head(
    capsys: pytest.CaptureFixture[str], scene: str, attended: AttentionPass
) -> None:
    told = answer(capsys, scene)
    assert (told["model"], told["tokens_read"], told["not_followed"]) == ("tinyvit", [0], None)
    assert [block["prefix_tokens"] for block in told["blocks"]] == [1] * 3
    assert len(told["predictions"]) == 5
    for place, block in enumerate(told["blocks"]):
        layout = attended.blocks[place].layout
        assert layout is not None
        assert np.allclose(block["entropies"], entropies(attended.weights(place)), atol=1e-5)
        assert np.allclose(block["distances"], mean_distances(attended.weights(place), layout, (8, 8)), rtol=1e-4)


def test_it_reads_the_network_off_after_each_block_and_names_the_cells_that_stand_out(
    capsys: pytest.CaptureFixture[str], scene: str, vit: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "load_model", lambda *_, **__: vit)
    told = answer(capsys, scene)
    names = [f"encoder.layers.encoder_layer_{block}" for block in range(3)]
    assert [one["name"] for one in told["read_off_after"]] == names
    last, expected = told["read_off_after"][-1]["best"], told["predictions"][:3]
    assert [one["label"] for one in last] == [one["label"] for one in expected]
    shares = [[one["probability"] for one in each] for each in (last, expected)]
    assert np.allclose(shares[0], shares[1], atol=1e-5)
    assert told["read_off_after"][0]["best"][0]["probability"] != pytest.approx(shares[0][0], abs=1e-4)
    forward = Explainer(vit).forward(load_image(scene))
    activation = record(vit, forward.input_tensor, [names[1]]).activation(names[1])
    assert told["outlying_cells"]["layer"] == names[1]
    assert told["outlying_cells"]["cells"] == np.argwhere(outlying_cells(activation)).tolist()
    monkeypatch.setenv("HEATPROOF_SINK_MADS", "1")
    monkeypatch.setenv("HEATPROOF_SINK_TIMES", "1")
    told = answer(capsys, scene)["outlying_cells"]
    assert told["cells"] == np.argwhere(outlying_cells(activation, 1, times=1)).tolist() != []
    assert (told["mads"], told["times"]) == (1, 1)
    assert main(["attention", scene]) == 0
    assert "Cells that stand out in encoder.layers.encoder_layer_1 by the size" in capsys.readouterr().out


def test_where_it_can_be_read_off_once_alone_it_says_so(
    capsys: pytest.CaptureFixture[str], scene: str, late: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "load_model", lambda *_, **__: late)
    told = answer(capsys, scene)
    assert [one["name"] for one in told["read_off_after"]] == ["blocks.1"]
    assert told["not_read_off"].startswith("It can be read off after blocks.1 alone")
    assert told["outlying_cells"]["layer"] == "blocks.0"  # the last block but one, though no answer is read off there


@pytest.mark.parametrize(
    ("count", "said"),
    [(0, "none"), (1, "row 1 column 1"), (9, "row 1 column 8 and 1 other"), (16, "row 1 column 8 and 8 others")],
)
def test_of_many_cells_the_first_are_named(count: int, said: str) -> None:
    outlying = np.arange(16).reshape(1, 16) < count
    nothing = np.zeros((0, 1), dtype=np.float32)
    depth = Depth(LogitLens((), nothing, nothing), outlying, "a")
    line = list(depth_lines(depth, ("cat",)))[-1]
    assert line.startswith("Cells that stand out in a by the size of their features: ")
    assert line.endswith(f"{said}.")


def test_out_writes_the_map_its_pictures_and_its_facts(
    capsys: pytest.CaptureFixture[str], scene: str, tmp_path: Path, attended: AttentionPass, forward: ForwardPass
) -> None:
    told = answer(capsys, scene, "--head", "3", "--out", str(tmp_path / "out"))
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    values = np.load(tmp_path / "out" / "map.npy")
    assert np.allclose(values, attended.weights(2)[2, 0, 1:].reshape(16, 16), atol=1e-6)
    facts = json.loads((tmp_path / "out" / "facts.json").read_text())
    assert told["map"] == {name: facts[name] for name in told["map"] if name in facts} | facts["map"]
    assert told["map"]["head"] == 2
    with Image.open(tmp_path / "out" / "overlay.png") as picture:
        assert picture.size == (160, 160)
        assert np.ptp(np.asarray(picture).astype(int) - load_image(scene).pixels) > 100
    row, column = (int(place) for place in np.unravel_index(values.argmax(), values.shape))
    x, y = forward.geometry.centre_of(row, column, (16, 16))
    assert told["map"]["peak"] == [int(x), int(y)]
    assert told["map"]["elsewhere"] == pytest.approx(float(attended.weights(2)[2, 0, 0]), abs=1e-6)


@pytest.mark.parametrize(
    ("options", "shows"),
    [
        (["--block", "1"], "Block 1 of 3, mean of 3 heads: what the class token looks at."),
        (["--block", "1", "--head", "3"], "Block 1 of 3, head 3 of 3: what the class token looks at."),
        (["--of", "4,13"], "Block 3 of 3, mean of 3 heads: what the patch in row 4, column 13 looks at."),
        (
            ["--of", " 16, 1", "--received"],
            "Block 3 of 3, mean of 3 heads: who looks at the patch in row 16, column 1.",
        ),
        (["--received"], "Block 3 of 3, mean of 3 heads: what all tokens look at, on average."),
        (["--rollout"], "Rollout up to block 3 of 3: what the class token looks at."),
        (
            ["--rollout", "--fusion", "Max", "--discard", ".29"],
            "Rollout up to block 3 of 3, heads fused by their maximum, the smallest 29 % of each block's weights left "
            "out: what the class token looks at.",
        ),
        (
            ["--rollout", "--block", "1", "--of", "1,1"],
            "Rollout up to block 1 of 3: what the patch in row 1, column 1 looks at.",
        ),
    ],
)
def test_it_says_what_the_map_shows(
    capsys: pytest.CaptureFixture[str], scene: str, options: list[str], shows: str
) -> None:
    assert answer(capsys, scene, *options)["map"]["sentence"] == shows


def test_maps_are_what_they_say(
    capsys: pytest.CaptureFixture[str], scene: str, tmp_path: Path, attended: AttentionPass
) -> None:
    mean, through = attended.weights(2).mean(axis=0), rollouts(followed_weights(attended))[2]
    for options, row in (
        (["--of", "4,13"], mean[1 + 60, 1:]),
        (["--of", "4,13", "--received"], mean[1:, 1 + 60]),
        (["--received"], mean.mean(axis=0)[1:]),
        (["--rollout"], through[0, 1:]),
    ):
        answer(capsys, scene, *options, "--out", str(tmp_path))
        assert np.allclose(np.load(tmp_path / "map.npy"), row.reshape(16, 16), atol=1e-6)


def test_a_rollout_of_the_heads_and_weights_asked_for_is_that_of_the_core(
    capsys: pytest.CaptureFixture[str], scene: str, tmp_path: Path, attended: AttentionPass
) -> None:
    given = ["--rollout", "--fusion", "max", "--discard", "0.9"]
    told = answer(capsys, scene, *given, "--of", "4,13", "--out", str(tmp_path))["map"]
    assert told["rollout"] == {"fusion": "max", "discard": 0.9}
    row = rollout(followed_weights(attended), fusion=Fusion.MAX, discard=0.9)[1 + 60, 1:]
    assert np.array_equal(np.load(tmp_path / "map.npy"), row.reshape(16, 16).astype(np.float32))
    assert answer(capsys, scene)["map"]["rollout"] is None


def test_before_a_class_token_joins_a_rollout_is_that_of_all_cells(
    capsys: pytest.CaptureFixture[str],
    scene: str,
    tmp_path: Path,
    late: LoadedModel,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(command, "load_model", lambda *_, **__: late)
    told = answer(capsys, scene, "--rollout", "--block", "1", "--out", str(tmp_path))
    assert told["map"]["sentence"] == "Rollout up to block 1 of 2: what the mean of all patches looks at."
    attended = attend(late, Explainer(late).forward(load_image(scene)).input_tensor)
    row = rollouts([attended.weights(0)])[0].mean(axis=0)
    assert np.allclose(np.load(tmp_path / "map.npy"), row.reshape(8, 8), atol=1e-6)
    assert main(["attention", scene, "--block", "1", "--of", "token:1"]) == 2
    assert "Block 1 has cells alone." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--of", "3"], ["--of is '3'.", "Give a row and a column of cells, such as --of 3,12."]),
        (["--of", "a,b"], ["--of is 'a,b'.", "Give a row and a column of cells, such as --of 3,12."]),
        (["--of=-1,2"], ["--of is '-1,2'.", "Give a row and a column of cells, such as --of 3,12."]),
        (["--rollout", "--head", "1"], ["A rollout goes through all heads.", "Leave out --head or --rollout."]),
        (
            ["--fusion", "mean"],
            ["--fusion is about a rollout, and none is asked for.", "Add --rollout, or leave out --fusion."],
        ),
        (
            ["--discard", "0"],
            ["--discard is about a rollout, and none is asked for.", "Add --rollout, or leave out --discard."],
        ),
        (["--rollout", "--fusion", "median"], ["--fusion is 'median'.", "Choose one of mean, max, min."]),
        *(
            (
                ["--rollout", f"--discard={share}"],
                [f"--discard is '{share}'.", "Give a share from 0 to below 1, such as --discard 0.9."],
            )
            for share in ("1", "-0.1", "90%", "nan")
        ),
        (["--out", " "], ["--out names no folder.", "Give it a name, such as --out explanation."]),
    ],
)
def test_what_can_not_be_meant_is_refused_before_the_work(
    capsys: pytest.CaptureFixture[str], options: list[str], error: list[str]
) -> None:
    assert main(["attention", "absent.png", *options]) == 2
    assert capsys.readouterr().err.splitlines() == error


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--block", "4"], ["--block is 4, and tinyvit has 3 blocks.", "Give 1 to 3."]),
        (["--block", "0"], ["--block is 0, and tinyvit has 3 blocks.", "Give 1 to 3."]),
        (["--head", "4"], ["--head is 4, and block 3 has 3 heads.", "Give 1 to 3."]),
        (["--of", "17,1"], ["The row of --of is 17, and the grid has 16 of them.", "Give 1 to 16."]),
        (["--of", "1,100"], ["The column of --of is 100, and the grid has 16 of them.", "Give 1 to 16."]),
    ],
)
def test_what_is_not_there_is_one_sentence_and_a_hint(
    capsys: pytest.CaptureFixture[str], scene: str, options: list[str], error: list[str]
) -> None:
    assert main(["attention", scene, *options]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines() == error


def test_a_cnn_is_one_sentence_and_what_helps(capsys: pytest.CaptureFixture[str], scene: str) -> None:
    assert main(["attention", scene, "--model", "tinynet"]) == 2
    message, hint = capsys.readouterr().err.splitlines()
    assert "No attention of cells to each other was seen in this network: it has none, or" in message
    assert "`explain`" in hint
    assert "tinyvit" in hint


@pytest.fixture
def windowed(monkeypatch: pytest.MonkeyPatch) -> LoadedModel:
    model = loaded(small_swin(), side=64)
    monkeypatch.setattr(command, "load_model", lambda *_, **__: model)
    return model


@pytest.mark.usefixtures("windowed")
def test_windows_have_entropies_and_a_sentence_why_they_are_not_followed(
    capsys: pytest.CaptureFixture[str], scene: str
) -> None:
    assert main(["attention", scene]) == 0
    lines = capsys.readouterr().out.splitlines()
    row = next(line.split() for line in lines if "features.3.1.attn" in line)
    assert row[:6] == ["4", "features.3.1.attn", "2", "16", "x", "4"]
    assert row[-1] == "-"
    assert any(line.endswith("It attends in 16 windows of 16 tokens each, and not across them.") for line in lines)
    assert lines[-1] == NO_EVIDENCE_HERE
    told = answer(capsys, scene)
    assert told["map"] is None
    assert [len(block["entropies"]) for block in told["blocks"]] == [2, 2, 2, 2]


@pytest.mark.usefixtures("windowed")
@pytest.mark.parametrize("options", [["--out", "out"], ["--block", "4"], ["--of", "1,1"], ["--rollout"]])
def test_a_map_of_windows_that_is_asked_for_is_one_sentence(
    capsys: pytest.CaptureFixture[str], scene: str, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["attention", scene, *options]) == 2
    message, hint = capsys.readouterr().err.splitlines()
    assert message.startswith("Block 4 can't be shown. ")
    assert "windows of 16 tokens each" in message
    assert "`explain`" in hint
    assert list(tmp_path.iterdir()) == []


def test_too_little_memory_is_one_sentence(
    capsys: pytest.CaptureFixture[str], scene: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> np.ndarray:
        raise MemoryError

    monkeypatch.setattr(command, "facts_of", full)  # where numpy takes it, outside of any forward pass
    assert main(["attention", scene]) == 2
    assert capsys.readouterr().err.startswith("There is not enough memory for this model and image.")


def test_a_disk_that_refuses_is_one_sentence(capsys: pytest.CaptureFixture[str], scene: str, tmp_path: Path) -> None:
    (tmp_path / "overlay.png").mkdir()
    assert main(["attention", scene, "--out", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"The map can't be written to {tmp_path}: ")
    assert [path.name for path in tmp_path.iterdir()] == ["overlay.png"]


def test_weights_that_the_network_changes_are_shown_with_a_doubt(
    capsys: pytest.CaptureFixture[str], scene: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "load_model", lambda *_, **__: model_of(heads_mixed))
    assert answer(capsys, scene)["map"]["doubts"] == [CHANGED]
    assert main(["attention", scene]) == 0
    assert CHANGED in capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("options", [[], ["--of", "1,1"], ["--received"]])
def test_a_rollout_of_blocks_beside_each_other_is_refused(
    capsys: pytest.CaptureFixture[str], scene: str, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.setattr(command, "load_model", lambda *_, **__: model_of(plainly, is_beside=True))
    assert answer(capsys, scene, *options)["map"]["doubts"] == []
    assert main(["attention", scene, "--rollout", *options]) == 2
    assert "they lie beside each other" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["attention", "features"])
def test_the_options_promise_no_evidence_where_a_map_is_none(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([name, "--help"])
    assert capsys.readouterr().out.count("evidence") == 1  # the overlay of that name
