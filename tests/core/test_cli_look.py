"""Do the pictures that a shell asks for look as it says?"""

import json
from pathlib import Path

import pytest

from gradcam_core.cli.look import look_of
from gradcam_core.cli.main import _understood, main
from gradcam_core.rendering.render import Look


def test_the_looks_defaults_are_those_of_the_core() -> None:
    options = _understood(["explain", "a.png"])
    assert look_of(options) == Look()


def test_explain_draws_as_it_is_told(capsys: pytest.CaptureFixture[str], scene: str, tmp_path: Path) -> None:
    numbers = ["--opacity", "0.75", "--threshold", ".25", "--contour", "1e-1", "--scale", "2"]
    names = ["--colormap", "Jet", "--overlay", "Spotlight", "--sign", "both"]
    assert main(["explain", scene, *numbers, *names, "--out", str(tmp_path)]) == 0
    told = json.loads((tmp_path / "explanation.json").read_text())
    given = {"opacity": 0.75, "threshold": 0.25, "scale": 2.0, "contour": 0.1}
    assert told["look"] == {"colormap": "jet", **given, "overlay": "spotlight", "sign": "both"}


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["--overlay", "hatch"], ["'hatch' is not an overlay.", "Choose one of evidence, spotlight, even."]),
        (["--sign", "-"], ["--sign is '-'.", "Choose one of positive, both."]),
    ],
)
def test_a_name_that_is_none_is_answered_with_those_there_are(
    capsys: pytest.CaptureFixture[str], options: list[str], error: list[str]
) -> None:
    assert main(["explain", "absent.png", *options]) == 2
    assert capsys.readouterr().err.splitlines() == error


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--opacity", "1.5"], "Opacity goes from 0 to 1, not 1.5."),
        (["--opacity", "nan"], "Opacity goes from 0 to 1, not nan."),
        (["--threshold", "-0.5"], "Threshold goes from 0 to 1, not -0.5."),
        (["--threshold", "half"], "--threshold is 'half', which is no number."),
        (["--contour", "20%"], "--contour is '20%', which is no number."),
        (["--contour", ""], "--contour is '', which is no number."),
        (["--scale", "0"], "A scale is above 0 and finite, this one is 0.0."),
        (["--scale", "inf"], "A scale is above 0 and finite, this one is inf."),
    ],
)
def test_a_look_that_can_not_be_is_one_sentence_before_the_work(
    capsys: pytest.CaptureFixture[str], options: list[str], message: str
) -> None:
    assert main(["explain", "absent.png", *options]) == 2
    assert capsys.readouterr().err.splitlines() == [
        message,
        "--opacity, --threshold and --contour take a number from 0 to 1, --scale a raw value above 0.",
    ]


@pytest.mark.parametrize("arguments", [["--", "-x.png"], ["./-x.png"]])
def test_a_file_whose_name_begins_with_a_dash_can_be_named(
    capsys: pytest.CaptureFixture[str],
    scene: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("-x.png").write_bytes(Path(scene).read_bytes())
    assert main(["explain", *arguments]) == 0
    assert "-x.png, 160 x 160" in capsys.readouterr().out
