"""A model's summary from a shell."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from gradcam_core.cli.main import main
from gradcam_core.cli.summary import summary_lines
from gradcam_core.layers.finding import find_layers
from gradcam_core.models import inspect_model
from gradcam_core.models.inspection import inspected_rows
from gradcam_core.models.summary import summarize
from gradcam_core.text import readable_count
from tests.core.test_summary import Odd


def test_summary_prints_the_tutorials_figures(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))  # the weights need not be here
    assert main(["summary", "resnet50", "--input-size", "28"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Input: 1 x 3 x 28 x 28" in lines
    assert "Parameters: 25,557,032" in lines
    assert "Mult-adds: 81.26 M" in lines
    assert "Forward/backward pass size: 3.21 MB" in lines
    assert "Estimated total size: 105.44 MB" in lines
    assert "132 of 183 rows can be explained; --json says why the others can't." in lines


def test_summary_is_a_table_with_the_target_layers_marked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "tinynet"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["depth", "layer", "kind", "output", "parameters", "mult-adds"]
    rows = [line.split() for line in lines[: lines.index("")]]
    assert len(rows) == 27
    assert " ".join(rows[4]) == "3 blocks.0.1 BatchNorm2d 1 x 24 x 64 x 64 48 48 target"
    assert [row[1] for row in rows if row[-1] == "default"] == ["blocks.5"]
    assert " ".join(rows[-1]) == "1 head Linear 1 x 12 1,548 1,548"
    assert len({line.index("x ") - line.index("1 x") for line in lines[:27]}) == 1


def test_parameters_of_a_layer_that_is_called_again_are_said_once() -> None:
    network, shape = Odd().eval(), (1, 3, 8, 8)
    found, summary = find_layers(network, torch.rand(shape)), summarize(network, shape)
    rows = inspected_rows(summary.rows, found.candidates, found.excluded)
    lines = list(summary_lines(replace(inspect_model("tinynet"), summary=summary, rows=rows)))
    first, second = (line.split() for line in lines if " twice " in line)
    assert (first[-2:], second[-3:]) == (["84", "5,376"], ["(see", "above)", "5,376"])
    (unused,) = (line.split() for line in lines if " unused.0 " in line)
    assert unused[-3:] == ["-", "56", "-"]  # no output, no mult-adds


def test_summary_json_is_one_object_with_reasons_and_facts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["summary", "tinynet", "--input-size", "2x3x96x64", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["model"], answer["default_layer"]) == ("tinynet", "blocks.5")
    assert answer["totals"]["input_shape"] == [2, 3, 96, 64]
    assert answer["totals"]["total_parameters"] == 244_636
    assert answer["facts"]["licence"] == "MIT"
    rows = {row["name"]: row for row in answer["rows"]}
    assert rows["blocks.5"]["output_shape"] == [2, 128, 12, 8]
    assert (rows["blocks.5"]["map_size"], rows["blocks.5"]["reason"]) == ([16, 16], None)
    assert rows["head"]["map_size"] is None
    assert rows["head"]["reason"] == "Its output is flat (1 x 12): it has no map."


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["tinynett"], "There is no model named 'tinynett'.", "tinynet"),
        (["tinynet", "--input-size", "big"], "--input-size is 'big'.", "1x3x28x28"),
        (["tinynet", "--input-size", "3x28"], "--input-size is '3x28'.", "1x3x28x28"),
        (["tinynet", "--input-size", "-1"], "--input-size is '-1'.", "1x3x28x28"),
        (["tinynet", "--input-size", ""], "--input-size is ''.", "1x3x28x28"),
        (["tinynet", "--input-size", "0"], "An input can't be 1 x 3 x 0 x 0.", "from 1 to 10,000"),
        (["tinynet", "--input-size", "99999999"], "An input can't be 1 x 3 x", "from 1 to 10,000"),
        (
            ["tinynet", "--input-size", "1x1x64x64"],
            "can't take an input of 1 x 1 x 64 x 64.",
            "Invalid channel dimensions",
        ),
        (["vgg16", "--input-size", "8"], "VGG-16 can't take an input of 1 x 3 x 8 x 8.", "Give another size."),
    ],
)
def test_what_can_not_be_summarised_is_one_sentence_and_a_hint(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str, hint: str
) -> None:
    assert main(["summary", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    first, *rest = shown.err.splitlines()
    assert message in first
    assert hint in "".join(rest)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0.00 M"), (81_262_184, "81.26 M"), (4_089_184_256, "4.09 G"), (2_500_000_000_000, "2.50 T")],
)
def test_mult_adds_are_read_in_torchinfos_units(count: int, text: str) -> None:
    assert readable_count(count) == text
