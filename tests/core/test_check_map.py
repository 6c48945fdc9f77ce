"""Judging a real network's maps: from Python and from a shell."""

import io
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gradcam_core import Cancelled, Explainer, LoadedModel, Verdict, check_map, judge, load_image, provisional, sweep_of
from gradcam_core.cli.main import _progress_bar, main
from gradcam_core.engine import ForwardPass
from gradcam_core.scenes.scene import draw_scene
from gradcam_core.scoring.function import score_function
from gradcam_core.trust.check import PICTURES, least_likely_cam
from gradcam_core.trust.judgement import fifth_hidden
from tests.support import methods_for, png


@pytest.fixture(scope="module")
def forward(tinynet: LoadedModel, scene: str) -> ForwardPass:
    return Explainer(tinynet).forward(load_image(scene))


def test_a_real_map_is_supported_and_another_thing_s_map_is_not(forward: ForwardPass) -> None:
    swept, score = sweep_of(forward), score_function(forward.model)
    cat, boat = (forward.cam(forward.model.class_index(name)) for name in ("cat", "boat"))
    for cam, other in ((cat, boat), (boat, cat)):
        assert judge(score, swept, cam, least_likely_cam(forward, cam)).verdict is Verdict.SUPPORTED
        elsewhere = provisional(swept, forward.cam(cam.key.class_index, "layercam"))
        assert elsewhere.agreement.lower > 0.3
        mixed_up = type(cam)(other.values, cam.prediction, cam.key, cam.geometry, "Grad-CAM", "TinyNet")
        assert judge(score, swept, mixed_up).verdict is Verdict.NOT_SUPPORTED


@pytest.mark.slow
def test_the_number_of_threads_changes_no_number_that_is_judged(forward: ForwardPass) -> None:
    cam, found = forward.cam(forward.top(1)[0].class_index), []
    before = torch.get_num_threads()
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            swept = sweep_of(forward)
            numbers = provisional(swept, cam)
            fifth = fifth_hidden(score_function(forward.model), swept, cam)
            found.append((numbers.agreement, numbers.placement, numbers.baselines, fifth.rank))
    finally:
        torch.set_num_threads(before)
    assert found[0] == found[1]


def test_the_least_likely_other_class_is_asked_only_where_the_class_matters(forward: ForwardPass) -> None:
    least = int(np.argmin(forward.logits))
    beside = least_likely_cam(forward, forward.cam(forward.top(1)[0].class_index))
    assert beside is not None
    assert beside.key.class_index == least
    of_itself = least_likely_cam(forward, forward.cam(least))
    assert of_itself is not None
    assert of_itself.key.class_index == np.argsort(forward.logits)[1]
    for method in methods_for(forward.model).values():
        if not method.depends_on_class:
            assert least_likely_cam(forward, forward.cam(0, method.slug)) is None


def test_progress_counts_the_pictures_and_can_stop_the_work(forward: ForwardPass) -> None:
    reports: list[tuple[int, int]] = []

    def stop(done: int, total: int) -> None:
        reports.append((done, total))
        if done >= 40:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        check_map(forward, forward.cam(0), progress=stop)
    assert [done for done, _ in reports] == sorted({done for done, _ in reports})
    assert {total for _, total in reports} == {PICTURES} == {133}
    assert 40 <= reports[-1][0] <= 44  # within a batch


def test_a_map_of_another_pass_is_refused(forward: ForwardPass) -> None:
    cam = forward.cam(0)
    keys = (
        replace(cam.key, image="another"),
        replace(cam.key, model="another"),
        replace(cam.key, preprocessing="pad"),
        replace(cam.key, place="grid"),
    )
    for key in keys:
        with pytest.raises(ValueError, match="is not of this forward pass"):
            check_map(forward, replace(cam, key=key))


def test_a_shell_gets_the_card_of_one_image(capsys: pytest.CaptureFixture[str], scene: str) -> None:
    assert main(["check-map", scene, "--class", "boat"]) == 0
    shown, errors = capsys.readouterr()
    assert "SUPPORTED  The evidence supports this heatmap" in shown
    assert "Hiding the marked fifth drops boat from" in shown
    assert "How this was judged\nCannot tell: " in shown
    assert errors == ""


def test_json_has_every_number_and_the_verdict(capsys: pytest.CaptureFixture[str], scene: str) -> None:
    assert main(["check-map", scene, "--class", "index:0", "--method", "eigencam", "--seed", "3", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] in [verdict.value for verdict in Verdict]
    assert (answer["method"], answer["seed"], answer["class_index"], answer["label"]) == ("eigencam", 3, 0, "cat")
    assert answer["numbers"]["least_likely"] is None
    assert answer["numbers"]["agreement"].keys() == {"blur", "mean"}
    assert len(answer["lines"]) == 3
    assert answer["place"]["cells"] == "network"


@pytest.mark.slow
def test_several_images_end_with_a_table_a_row_each(
    capsys: pytest.CaptureFixture[str], scene: str, tmp_path: Path
) -> None:
    grey = tmp_path / "grey.png"
    grey.write_bytes(png(Image.new("RGB", (64, 64), (128, 128, 128))))
    assert main(["check-map", scene, str(grey)]) == 0
    rows = capsys.readouterr().out.splitlines()[-2:]
    assert [row.split()[0] for row in rows] == ["scene.png", "grey.png"]
    assert "supported" in rows[0]
    assert main(["check-map", scene, str(grey), "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)["judgements"]
    assert [answer["label"] for answer in answers] == [row.split("  ")[1].strip() for row in rows]


def test_of_several_images_the_one_that_is_broken_is_named(
    capsys: pytest.CaptureFixture[str], scene: str, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    assert main(["check-map", scene, str(broken), "--json"]) == 2
    assert capsys.readouterr().err.startswith(f"{broken}: This PNG file is broken")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere.png"], "nowhere.png"),
        (["sample:meadow", "--class", "unicorn"], "unicorn"),
        (["sample:meadow", "--method", "guess"], "guess"),
        (["sample:meadow", "--layer", "blocks.9"], "blocks.9"),
        (["sample:meadow", "--model", "none"], "none"),
        (["sample:meadow", "--preprocessing", "none"], "none"),
        (["sample:meadow", "--seed", "-1"], "--seed is -1."),
    ],
)
def test_what_can_not_be_checked_is_an_error_of_two_sentences(
    capsys: pytest.CaptureFixture[str], arguments: list[str], told: str
) -> None:
    assert main(["check-map", *arguments]) == 2
    shown, errors = capsys.readouterr()
    assert shown == ""
    assert told in errors


def test_the_bar_counts_pictures_in_one_go_over_all_images(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    with _progress_bar("pictures") as progress:
        progress(133, 266)
        progress(266, 266)
    assert terminal.getvalue().split("\r")[-1] == f"[{'#' * 30}] 266 of 266 pictures\n"


def test_the_help_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["check-map", "--help"])
    assert caught.value.code == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "supported, mixed, not supported or cannot tell" in shown
    for option in ("--class", "--layer", "--method", "--model", "--preprocessing", "--seed", "--json"):
        assert option in shown


@pytest.mark.slow
@pytest.mark.parametrize("activation", ["sigmoid", "binary"])
def test_checkpoints_of_other_kinds_are_judged(
    write_pair: Callable[..., Path], folder: Path, capsys: pytest.CaptureFixture[str], scene: str, activation: str
) -> None:
    from gradcam_core.tinynet import TinyNet

    labels = ["no", "yes"] if activation == "binary" else ["ant", "bee", "cat"]
    module = TinyNet(1 if activation == "binary" else 3)
    write_pair("mine", module=module, labels=labels, num_classes=len(labels), activation=activation)
    assert main(["check-map", scene, "--model", "mine", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["verdict"] == "cannot tell"  # its weights are random
    assert answer["numbers"]["probability"] == pytest.approx(answer["predictions"][0]["probability"], abs=1e-5)


def test_a_drawn_scene_s_own_mask_says_whether_the_evidence_lies_on_the_thing(forward: ForwardPass) -> None:
    cam = forward.cam(forward.model.class_index("cat"))
    things = {thing.label: thing.mask for thing in draw_scene(3, size=160, things=["cat", "boat"]).things}
    on, beside = (check_map(forward, cam, thing_mask=things[name]) for name in ("cat", "boat"))
    assert on.thing is not None
    assert beside.thing is not None
    assert (on.thing.is_on_it, beside.thing.is_on_it) == (True, False)
    assert on.verdict is beside.verdict is Verdict.SUPPORTED
