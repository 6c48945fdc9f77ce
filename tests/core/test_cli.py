"""The program from a shell: what it prints, where, and with which exit code."""

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gradcam_core.cli.commands import COMMANDS
from gradcam_core.cli.formatting import columns, layers_lines
from gradcam_core.cli.main import _ended_in_order, _progress_bar, main
from gradcam_core.engine import Explainer
from gradcam_core.images import load_image
from gradcam_core.methods import DEFAULT_METHOD, METHODS
from gradcam_core.models import DEFAULT_MODEL, LoadedModel
from gradcam_core.preprocessing import PREPROCESSINGS
from gradcam_core.rendering.colormaps import DEFAULT_COLORMAP
from gradcam_core.version import __version__
from tests.core.loopback import http, running, together
from tests.support import png

ROOT = Path(__file__).resolve().parents[2]
FILES = {"original.png", "input.png", "heatmap.png", "overlay.png", "panels.png", "cam.npy", "explanation.json"}


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "gradcam_core", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )


def test_the_defaults_in_the_help_are_those_of_the_registries(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["explain", "--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    for value in (DEFAULT_MODEL, DEFAULT_METHOD, DEFAULT_COLORMAP, *PREPROCESSINGS):
        assert value in shown


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"Heatproof {__version__}\n"


def test_models_lists_what_is_here_what_can_come_and_what_is_broken(
    capsys: pytest.CaptureFixture[str], write_pair: Callable[..., Path], folder: Path
) -> None:
    write_pair("mine", title="Three things")
    (folder / "torn.json").write_text("{")
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows = {line.split("  ")[0]: line for line in lines if line}
    assert "ready" in rows["tinynet"]
    assert "ready" in rows["mine"]
    assert "Three things" in rows["mine"]
    assert any(line.startswith("torn can't be used: ") for line in lines)


def test_models_says_what_a_download_weighs(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert main(["models", "--all"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (row,) = [line for line in lines if line.startswith("resnet18 ")]
    for said in ("47 MB to download", "11.7 M parameters", "69.8 % on ImageNet-1K", "ResNet-18"):
        assert said in row
    assert any(line.startswith("vit_h_14 ") and "too large here" in line for line in lines)
    assert any(line.startswith("vit_h_14: ") and "HEATPROOF_MAX_PARAMETERS" in line for line in lines)


def test_models_that_are_not_here_are_named_family_by_family(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("  DenseNet: densenet121, densenet169") for line in lines)
    assert lines[-1] == "Sizes, accuracies and 34 other sets of weights with --all."
    assert len(lines) < 40
    assert max(map(len, lines)) <= 110


def test_layers_marks_the_default_and_keeps_the_small_ones_back(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers", "tinynet"]) == 0
    brief = capsys.readouterr().out
    (default,) = [line for line in brief.splitlines() if line.endswith("default")]
    assert default.split()[0] == "blocks.5"
    assert "128 channels" in default
    assert "16 x 16" in default
    assert "more with --all" in brief
    assert main(["layers", "tinynet", "--all"]) == 0
    full = capsys.readouterr().out
    assert len(full.splitlines()) > len(brief.splitlines())
    assert "blocks.5.2" in full


def test_layers_are_all_listed_once(tinynet: LoadedModel) -> None:
    names = [line.split()[0] for line in layers_lines(tinynet, everything=True) if line]
    assert sorted(names) == sorted(layer.name for layer in tinynet.layers)


def test_methods_are_listed_with_their_cost_at_the_layer_or_the_reason_where_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = replace(METHODS["gradcam"], slug="slow", cost=lambda layer: layer.channels)
    coarse = replace(slow, slug="fine", unsupported_because=lambda layer: f"{layer.size[0]} cells a row are few.")
    monkeypatch.setitem(METHODS, "slow", slow)
    monkeypatch.setitem(METHODS, "fine", coarse)
    assert main(["methods", "--layer", "blocks.3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    rows, (*unfit, _, _, _) = lines[: len(METHODS)], lines[len(METHODS) + 1 :]
    said = lines[-3:]
    assert lines[len(METHODS)] == ""
    assert [row.split()[0] for row in rows] == list(METHODS)
    told = {row.split()[0]: row for row in rows}
    assert "gradient   1 forward pass " in told["gradcam"]
    assert "65 forward passes " in told["slow"]
    assert "16 cells a row are few." in told["fine"]
    assert "attention  not this model" in told["chefer"]
    assert unfit[0].startswith("Attention rollout, Gradient rollout and Chefer relevance can't explain TinyNet")
    assert unfit[1].startswith("LeGrad can't explain TinyNet")
    assert said[:-1] == [f"{method.title}: {method.sign_rule}" for method in METHODS.values() if method.sign_rule]
    assert "blocks.3 of tinynet" in said[-1]


def test_predict_lists_the_best_classes(capsys: pytest.CaptureFixture[str], scene: str) -> None:
    assert main(["predict", scene, "--top-k", "3", "--preprocessing", "squash"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "scene.png, 160 x 160"
    assert "preprocessing: squash" in lines[1]
    rows = lines[3:]
    assert len(rows) == 3
    assert len({row.index(" %") for row in rows}) == 1  # aligned
    assert {"cat", "boat"} == {row.split()[1] for row in rows[:2]}


def test_predict_json_is_one_object(
    capsys: pytest.CaptureFixture[str], scene: str, tinynet: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEATPROOF_DEVICE", "cpu")
    assert main(["predict", scene, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["model"] == "tinynet"
    assert answer["preprocessing"] == "trained"
    assert len(answer["predictions"]) == 10
    expected = Explainer(tinynet).forward(load_image(scene)).top(10)
    assert [prediction["label"] for prediction in answer["predictions"]] == [each.label for each in expected]
    told = [(prediction["logit"], prediction["probability"]) for prediction in answer["predictions"]]
    assert np.allclose(told, [(each.logit, each.probability) for each in expected], rtol=1e-4)
    assert "notes" not in answer["image"]


def test_predict_json_tells_what_was_done_to_the_picture(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    half_clear = Image.new("RGBA", (64, 64), (9, 9, 9, 100))
    half_clear.paste((200, 0, 0, 255), (0, 0, 32, 64))
    (tmp_path / "clear.png").write_bytes(png(half_clear))
    assert main(["predict", str(tmp_path / "clear.png"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["image"]["notes"] == ["Transparent parts are shown over white."]


def test_explain_without_a_folder_says_where_the_best_class_is(capsys: pytest.CaptureFixture[str], scene: str) -> None:
    assert main(["explain", scene]) == 0
    out = capsys.readouterr().out
    assert "Grad-CAM at layer blocks.5, 16 x 16 cells" in out
    assert "strongest at x " in out
    assert "--out DIR" in out


def test_explain_writes_a_folder_for_each_class_asked_for(
    capsys: pytest.CaptureFixture[str], scene: str, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    asked = ["--class", "boat", "--class", "0", "--class", "CAT"]
    options = ["--method", "HiResCAM", "--layer", "blocks.4", "--colormap", "viridis", "--top-k", "1"]
    assert main(["explain", scene, *asked, *options, "--out", str(out), "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert (answer["method"], answer["layer"]) == ("hirescam", "blocks.4")
    assert [explanation["label"] for explanation in answer["explanations"]] == ["boat", "cat"]
    assert len(answer["predictions"]) == 1
    assert {path.name for path in out.iterdir()} == {"9-boat", "0-cat"}
    for explanation in answer["explanations"]:
        target = out / f"{explanation['class_index']}-{explanation['label']}"
        assert {path.name for path in target.iterdir()} == FILES
        assert json.loads((target / "explanation.json").read_text())["explanations"] == [explanation]
        assert np.load(target / "cam.npy").max() == pytest.approx(explanation["cam_max"])


def test_explain_of_one_class_writes_straight_into_the_folder(
    capsys: pytest.CaptureFixture[str], scene: str, tmp_path: Path
) -> None:
    assert main(["explain", scene, "--class", "cat", "--out", str(tmp_path / "out")]) == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == FILES
    assert f"Written to {tmp_path / 'out'}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "message", "hint"),
    [
        (["--class", "zeppelin"], "zeppelin", "cat"),
        (["--class", "12"], "12", "0 to 11"),
        (["--class", "-1"], "-1", "0 to 11"),
        (["--class", ""], "tinynet has no class ''", "It knows, for example: cat"),
        (["--layer", "layer4.1"], "layer4.1", "blocks.5"),
        (["--method", "smoothgrad"], "smoothgrad", "gradcam++"),
        (["--model", "tinynett"], "tinynett", "tinynet"),
        (["--preprocessing", "stretch"], "stretch", "squash"),
        (["--colormap", "rainbow"], "rainbow", "viridis"),
        (["--top-k", "0"], "--top-k is 0", "1 to 12"),
        (["--top-k", "-1"], "--top-k is -1", "1 to 12"),
        (["--top-k", "10000"], "--top-k is 10000", "1 to 12"),
        (["--out", " "], "--out names no folder", "explanation"),
        (["--out", __file__], f"--out goes through {__file__}, which is no folder.", "another folder"),
        (["--out", f"{__file__}/a/b"], f"--out goes through {__file__}, which is no folder.", "another folder"),
        (["--device", "abacus"], "abacus", "cpu"),
    ],
)
def test_what_does_not_exist_is_one_sentence_and_a_hint(
    capsys: pytest.CaptureFixture[str], scene: str, options: list[str], message: str, hint: str
) -> None:
    assert main(["explain", scene, *options]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    first, *rest = shown.err.splitlines()
    assert message in first
    assert hint in "".join(rest)
    assert rest


def test_out_is_examined_before_the_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "absent.png", "--out", __file__]) == 2
    assert "--out goes through" in capsys.readouterr().err


def test_an_image_that_is_not_there_or_is_none_is_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "text.png").write_text("hello")
    for path in (tmp_path / "absent.png", tmp_path / "text.png", tmp_path):
        assert main(["predict", str(path)]) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert len(shown.err.splitlines()) == 2


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["explode"],
        ["explain"],
        ["predict", "a.png", "--mod", "tinynet"],
        ["explain", "a.png", "--top-k", "many"],
        ["models", "extra"],
        ["explain", "a.png", "--class=--"],
        ["predict", "a.png", "--model=--"],
    ],
)
def test_arguments_that_mean_nothing_end_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m gradcam_core" in capsys.readouterr().err


def test_a_download_of_what_is_here_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["download", "tinynet"]) == 0
    assert capsys.readouterr().out == "tinynet is here already.\n"


def test_ctrl_c_ends_with_130_and_no_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> list[str]:
        raise KeyboardInterrupt

    monkeypatch.setitem(COMMANDS, "models", interrupted)
    assert main(["models"]) == 130
    assert capsys.readouterr().err == ""


@pytest.mark.skipif(os.name == "nt", reason="nobody sends these there")
@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_request_to_end_leaves_nothing_half_written(tmp_path: Path, name: str, code: int) -> None:
    asked = f"signal.raise_signal(signal.{name})"
    download = f"download_file(sys.argv[1], Path(sys.argv[2]) / 'a', progress=lambda *_: {asked})"
    imports = "import signal, sys; from pathlib import Path; from gradcam_core.download import download_file"
    usual = f"signal.signal(signal.{name}, signal.SIG_DFL)"  # whoever started the tests may have it ignored
    inside = f"{usual}\nwith cli._ended_in_order(): {download}"
    with running() as server:
        server.answers["/a"] = http(bytes(500_000))
        command = [sys.executable, "-c", f"{imports}\nfrom gradcam_core.cli import main as cli\n{inside}"]
        done = subprocess.run([*command, server.url("/a"), str(tmp_path)], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (code, b"")
    assert list(tmp_path.iterdir()) == []


def test_a_command_that_is_asked_to_end_exits_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: object) -> list[str]:
        assert signal.getsignal(signal.SIGTERM) != signal.SIG_DFL  # or it would end the tests
        signal.raise_signal(signal.SIGTERM)
        return []

    monkeypatch.setitem(COMMANDS, "models", asked)
    with pytest.raises(SystemExit) as caught:
        main(["models"])
    assert caught.value.code == 143


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGHUP there")
def test_a_request_that_is_ignored_stays_so_and_the_others_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    ignored = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with _ended_in_order():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
            assert signal.getsignal(signal.SIGTERM) not in {before, signal.SIG_DFL}
        assert signal.getsignal(signal.SIGTERM) == before
    finally:
        signal.signal(signal.SIGHUP, ignored)


def test_another_thread_runs_commands_without_signals(capsys: pytest.CaptureFixture[str]) -> None:
    codes: list[int] = []
    together(1, lambda: codes.append(main(["download", "tinynet"])))
    assert codes == [0]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
@pytest.mark.parametrize(
    ("arguments", "output", "said"),
    [
        ("models", "/dev/full", b"The output can't be written: No space left on device.\n"),
        ("--help", "/dev/full", b"The output can't be written: No space left on device.\n"),
        ("models", "&-", b"The output is closed.\n"),
    ],
)
def test_an_output_that_can_not_be_written_is_one_sentence(arguments: str, output: str, said: bytes) -> None:
    shell = f'"$0" -m gradcam_core {arguments} >{output}'
    environment = os.environ | {"PYTHONUNBUFFERED": ""}  # unbuffered, argparse itself would swallow the error
    command = ["/bin/sh", "-c", shell, sys.executable]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.skipif(os.name == "nt", reason="no file has such a name there")
def test_the_name_of_a_file_can_not_control_the_terminal(
    capsys: pytest.CaptureFixture[str], write_pair: Callable[..., Path], folder: Path
) -> None:
    write_pair("\x1b[31mred")
    (folder / "\x1b[2Jtorn.json").write_text("{")
    assert main(["models"]) == 0
    assert main(["layers", "tinynett"]) == 2
    shown = capsys.readouterr()
    assert "\x1b" not in shown.out + shown.err
    assert "\ufffd[31mred" in shown.out


def test_the_bar_fills_on_a_terminal_and_leaves_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stderr", terminal)
    with _progress_bar() as progress:
        progress(0, 4_000_000)
        progress(4_000_000, 4_000_000)
    assert terminal.getvalue().split("\r")[-1] == f"[{'#' * 30}] 4.0 of 4.0 MB\n"


def test_the_bar_keeps_silent_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with _progress_bar() as progress:
        progress(1, 2)
    assert capsys.readouterr().err == ""


def test_columns_are_aligned_left_or_right() -> None:
    assert list(columns([("a", "1", "x"), ("bcd", "22", "")], right=(1,))) == ["a     1  x", "bcd  22"]
    assert list(columns([])) == []


@pytest.mark.slow
def test_a_label_that_the_terminal_can_not_print_is_no_error(
    write_pair: Callable[..., Path], folder: Path, scene: str
) -> None:
    write_pair("mine", labels=["猫", "\x1b[31mred", "c"])
    done = run("predict", scene, "--model", "mine", HEATPROOF_CHECKPOINTS=str(folder), PYTHONIOENCODING="cp1252")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\x1b" not in done.stdout
    assert b"?" in done.stdout


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="a closed pipe is another error there")
def test_a_reader_that_goes_away_is_no_error() -> None:
    command = [sys.executable, "-m", "gradcam_core", "models"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


def test_explain_lays_the_cells_where_it_is_told(scene: str, capsys: pytest.CaptureFixture[str]) -> None:
    for options, place in (((), "network"), (("--place", "Grid"), "grid")):
        assert main(["explain", scene, "--layer", "blocks.4", "--json", *options]) == 0
        told = json.loads(capsys.readouterr().out)["place"]
        assert told["cells"] == place
        assert told["shift"] == (told["network_shift"] if place == "network" else [0.0, 0.0])
        assert told["network_shift"] != [0.0, 0.0]
    assert main(["explain", scene, "--place", "moon"]) == 2
    assert "'moon' is not a place." in capsys.readouterr().err
