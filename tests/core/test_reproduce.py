"""Do the lines that promise the same result give it, whatever the file is called?"""

import io
import os
import shlex
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gradcam_core.cam import Cam, ResultKey
from gradcam_core.cli.look import look_of
from gradcam_core.cli.main import _understood, main
from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.export.bundle import write_explanations
from gradcam_core.export.formats import Explanation, command_of, explanation_zip
from gradcam_core.export.reproduce import command_line, file_source, python_lines
from gradcam_core.images import load_image
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel
from gradcam_core.rendering.render import Look
from tests.support import mostly_slow

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = ["python", "-m", "gradcam_core"]
LOOK = Look("viridis", opacity=1 / 3, threshold=0.1, scale=0.7, contour=0.2, overlay="spotlight", sign="both")
HOSTILE = [
    'it\'s "two" words.png',
    "two\nlines.png",
    "-rf.png",
    "--out",
    "$(touch owned)",
    "`touch owned`; touch owned & #",
    "back\\slash\\n.png",
    "{x!r}%s.png",
    "\x1b[31m猫\u202egnp.exe",
    "*?[a]~.png",
]
KEY = ResultKey("ab" * 32, "tinynet", "blocks.5", "gradcam", 3, "trained")


@dataclass(frozen=True, eq=False)
class Made:
    """An explanation as the report writes it."""

    image: LoadedImage
    forward: ForwardPass
    cam: Cam

    @property
    def explanation(self) -> Explanation:
        return Explanation(image=self.image, cam=self.cam, predictions=self.forward.top(3), look=LOOK)

    def files(self, folder: Path) -> tuple[np.ndarray, np.ndarray]:
        write_explanations(folder, [self.explanation])
        return written(folder)


def written(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """The raw map and the overlay that lie in a folder."""
    with Image.open(folder / "overlay.png") as picture:
        return np.load(folder / "cam.npy", allow_pickle=False), np.array(picture)


@pytest.fixture
def made(tmp_path: Path, scene: str, monkeypatch: pytest.MonkeyPatch, tinynet: LoadedModel) -> Callable[[str], Made]:
    """Puts the scene under another name into the folder that the test then runs in, and explains it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HEATPROOF_DEVICE", "cpu")

    def make(name: str) -> Made:
        Path(name).write_bytes(Path(scene).read_bytes())
        image = load_image(Path(name))
        forward = Explainer(tinynet, "blocks.4").forward(image, preprocessing="pad")
        return Made(image, forward, forward.cam(9, "hirescam"))

    return make


def same(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> bool:
    return all(np.array_equal(a, b) and a.dtype == b.dtype for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("name", mostly_slow(HOSTILE, by_default=3))
def test_the_command_writes_the_same_files(
    made: Callable[[str], Made], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    it = made(name)
    words = shlex.split(command_line(name, it.cam.key, LOOK))
    assert words[:3] == PROGRAM
    assert main(words[3:]) == 0
    assert same(written(Path("explanation")), it.files(Path("directly")))
    assert {path.name for path in Path().iterdir()} == {name, "explanation", "directly"}


@pytest.mark.parametrize("name", mostly_slow(HOSTILE, by_default=3))
def test_the_lines_of_python_write_the_same_files(made: Callable[[str], Made], name: str) -> None:
    it = made(name)
    exec(python_lines(name, it.cam.key, LOOK), {})  # noqa: S102 - running it is the test
    assert same(written(Path()), it.files(Path("directly")))
    assert {path.name for path in Path().iterdir()} == {name, "cam.npy", "overlay.png", "explanation.json", "directly"}


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no POSIX shell")
def test_an_unpacked_archive_makes_itself_again(made: Callable[[str], Made], tmp_path: Path) -> None:
    it = made("scene.png")
    data = explanation_zip(it.explanation)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        archive.extractall(tmp_path)
    expected, told = written(tmp_path), (tmp_path / "reproduce.txt").read_text()
    shell, python = told.partition("From a shell:\n\n")[2].split("\n\nFrom Python:\n\n")
    (tmp_path / "overlay.png").unlink()
    run("/bin/sh", "-c", shell)
    run(sys.executable, "-c", python)
    assert same(written(tmp_path / "explanation"), expected)
    assert same(written(tmp_path), expected)


def test_lines_of_an_image_that_is_larger_than_its_copy_take_its_file(
    made: Callable[[str], Made], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEATPROOF_KEPT_SIDE", "100")
    it = made("my 'large' scene.png")
    assert it.image.file
    assert main(shlex.split(command_of(it.explanation))[3:]) == 0
    assert same(written(Path("explanation")), it.files(Path("directly")))
    with zipfile.ZipFile(io.BytesIO(explanation_zip(it.explanation))) as archive:
        assert b"original.png is the copy that is shown, and gives another map" in archive.read("reproduce.txt")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there is no POSIX shell")
def test_a_real_shell_takes_a_hostile_name_as_a_name(made: Callable[[str], Made]) -> None:
    name = "-\n'$(touch owned)' `touch owned` \";touch owned"
    it = made(name)
    run("/bin/sh", "-c", command_line(name, it.cam.key, LOOK))
    assert same(written(Path("explanation")), it.files(Path("directly")))
    assert not Path("owned").exists()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["sample:meadow", " sample:meadow", " ", "x" * 120 + ".png", "a\tb.png"])
def test_a_files_name_that_looks_like_something_else_is_still_the_file(
    made: Callable[[str], Made], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    it = made(name)
    assert main(shlex.split(command_line(file_source(name), it.cam.key, LOOK))[3:]) == 0
    assert same(written(Path("explanation")), it.files(Path("directly")))
    assert load_image(file_source(name)).sha256 == it.image.sha256


def test_the_name_of_a_file_is_its_source_where_nothing_can_be_mistaken() -> None:
    assert file_source("cat.jpg") == "cat.jpg"
    assert file_source("http://a.test/x.png") == "./http://a.test/x.png"
    assert file_source("\ud800" * 300) == "?" * 255


def test_a_sample_is_found_by_its_name(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    words = shlex.split(command_line("sample:meadow", KEY, Look()))[3:]
    assert main([*words[:-1], str(tmp_path)]) == 0
    assert (np.load(tmp_path / "cam.npy") != 0).any()


def test_the_command_is_as_short_as_the_defaults_allow() -> None:
    told = "python -m gradcam_core explain cat.jpg --model tinynet --layer blocks.5 --method gradcam --class index:3"
    assert command_line("cat.jpg", KEY, Look()) == f"{told} --out explanation"
    padded = replace(KEY, preprocessing="pad")
    every = "--preprocessing pad --colormap viridis --opacity 0.25 --threshold 0.5 --scale 2.0 --contour 0.125"
    look = Look("viridis", 0.25, 0.5, 2.0, 0.125, "even", "both")
    assert command_line("cat.jpg", padded, look) == f"{told} {every} --overlay even --sign both --out explanation"


@pytest.mark.parametrize("value", [0.1 + 0.2, 1 / 3, 1e-7, 5e-324, 1.0, 0.0])
def test_a_number_survives_the_command_to_the_last_bit(value: float) -> None:
    look = Look("jet", value, value, max(value, 1e-40), value)
    assert look_of(_understood(shlex.split(command_line("a.png", KEY, look))[3:])) == look


def test_a_name_that_looks_like_an_option_stays_a_value() -> None:
    key = replace(KEY, model="--out", layer="-1", method="-x")
    options = _understood(shlex.split(command_line("--", key, Look()))[3:])
    assert (options.image, options.model, options.layer, options.method) == ("./--", "--out", "-1", "-x")


def run(*command: str) -> None:
    """In the folder of the test, with this interpreter as `python`."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_only_an_unusual_place_of_the_cells_is_named() -> None:
    grid = replace(KEY, place="grid")
    assert "place" not in command_line("a.png", KEY, LOOK) + python_lines("a.png", KEY, LOOK)
    assert " --place grid " in command_line("a.png", grid, LOOK)
    assert "preprocessing='trained', place='grid')" in python_lines("a.png", grid, LOOK)
