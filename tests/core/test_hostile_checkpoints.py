"""Does nothing that a stranger puts into the checkpoint folder run, hang or take the memory?"""

import hashlib
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torchvision.models import SqueezeNet1_0_Weights

from gradcam_core.errors import ModelError
from gradcam_core.models import load_model
from gradcam_core.tinynet import TinyNet
from tests.core import broken, hostile
from tests.core.conftest import DESCRIPTION

WritePair = Callable[..., Path]
ROOT = Path(__file__).resolve().parents[2]
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="pipes, devices and /proc")
MOST_MEGABYTES = 500
MOST_SECONDS = 20

CLAIMS = [
    *("storage larger than its record", "storage of no record", "offset behind the end", "stride out of the storage"),
    *("count that overflows", "100,000 sides"),
]
PACKED = [
    *("deflated", "behind another file", "of two folders", "two of one name but for case", "name with a NUL"),
    *("name out of the folder", "name of the root", "long byte order", "directory that claims 4 GB"),
    *("64-bit end elsewhere", "64-bit directory elsewhere", "size that lies"),
]

TABLES: dict[str, Callable[[Path], Mapping[str, Any]]] = {
    "payloads": lambda folder: hostile.payloads(folder / hostile.MARKER),
    "bombs": lambda _: hostile.bombs(),
    "archives": lambda _: broken.archives(),
    "tensors": lambda _: broken.tensors(),
    "safetensors": lambda _: broken.safetensors(),
    "descriptions": lambda _: broken.descriptions(),
    "heavy": lambda _: hostile.heavy(),
}


def refusal(table: str, content: Any, folder: Path) -> str:
    """What the loader says of one hostile file, in place of the weights of the good pair `bad` that lies there."""
    if callable(content):
        content(folder)
    elif table == "safetensors":
        (folder / "bad.safetensors").write_bytes(content)
    else:
        (folder / "bad.safetensors").unlink()
        (folder / "bad.pth").write_bytes(content)
    try:
        load_model("bad", device="cpu")
    except ModelError as error:
        return f"{error.message} {error.hint}".strip()
    return "it was loaded"


def fault(said: str, folder: Path) -> str:
    """What is wrong with a refusal; nothing if it is in words, says what to do, and gives nothing away."""
    sentences = re.split(r"(?<=\.)\s+(?=[A-Z])", said.removeprefix("The model bad can't be used. "))
    if (folder / hostile.MARKER).exists():
        return "it ran"
    if len(sentences) != 2 or len(said) > 1_000 or not said.isprintable():
        return f"{len(sentences)} sentences: {said[:300]!r}"
    if (
        re.search(r"0x[0-9a-f]|Error|Exception|Traceback|torch\.(load|_(?!utils\._rebuild))", said)
        or str(folder.parent) in said
    ):
        return f"it gives something away: {said[:300]!r}"
    return ""


@LINUX
@pytest.mark.filterwarnings("ignore")
@pytest.mark.slow
@pytest.mark.parametrize("table", [table for table in TABLES if table != "heavy"])
def test_hostile_files_are_refused_in_words_and_the_next_good_one_loads(
    folder: Path, write_pair: WritePair, table: str
) -> None:
    faults = {}
    for name, content in TABLES[table](folder).items():
        emptied(folder)
        write_pair("bad")
        said = refusal(table, content, folder)
        if fault(said, folder):
            faults[name] = fault(said, folder)
    assert faults == {}
    net = TinyNet(3)
    write_pair("good", module=net)
    noise = torch.rand(1, 3, 32, 32)
    assert torch.equal(load_model("good", device="cpu").module(noise), net.eval()(noise))


@pytest.mark.parametrize(("table", "harmless"), [("payloads", ["after the end"]), ("bombs", [])])
def test_torch_is_not_asked_about_payloads_and_bombs(
    folder: Path, write_pair: WritePair, monkeypatch: pytest.MonkeyPatch, table: str, harmless: list[str]
) -> None:
    reached = []
    for name, content in TABLES[table](folder).items():
        write_pair("bad")
        monkeypatch.setattr(torch, "load", lambda *_, name=name, **_more: reached.append(name))
        refusal(table, content, folder)
    assert reached == harmless


@pytest.mark.parametrize("name", CLAIMS)
def test_torch_is_not_asked_about_false_claims(
    folder: Path, write_pair: WritePair, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write_pair("bad")
    monkeypatch.setattr(torch, "load", lambda *_, **_more: pytest.fail("torch read it"))
    assert "is damaged, or it holds more than weights" in refusal("tensors", broken.tensors()[name], folder)


@pytest.mark.parametrize("made", ["size", "device"])
def test_torch_is_not_asked_about_shapes_that_the_file_has_made(
    folder: Path, write_pair: WritePair, monkeypatch: pytest.MonkeyPatch, made: str
) -> None:
    """In the old format a view of 2**36 numbers makes its storage as large."""
    size, number = hostile.named("torch", "Size"), hostile.number
    shapes = {
        "size": [hostile.called(size, hostile.row(number(items))) for items in (2**36, 1)],
        "device": [hostile.called(hostile.named("torch", "device"), hostile.text("cpu"))] * 2,
    }
    of, view = hostile.storage(more=b"N"), hostile.named("torch._utils", "_rebuild_tensor_v2")
    tensor = hostile.called(view, of, number(0), *shapes[made], b"\x89", hostile.EMPTY)
    write_pair("bad")
    monkeypatch.setattr(torch, "load", lambda *_, **_more: pytest.fail("torch read it"))
    assert "is damaged, or it holds more than weights" in refusal("tensors", hostile.old(hostile.state(tensor)), folder)


@pytest.mark.parametrize(
    ("module", "name"),
    [("x" * 90_000, "y"), ("a\x1b[31m", "b\u202ec"), ("An end. A start", "z"), ("<b>", "`c`")],
)
def test_name_that_a_file_gives_is_shown_short_and_printable(
    folder: Path, write_pair: WritePair, module: str, name: str
) -> None:
    write_pair("bad")
    said = refusal("payloads", hostile.archive(hostile.state(hostile.named(module, name))), folder)
    assert not fault(said, folder)
    assert len(said) < 300


@pytest.mark.parametrize("name", PACKED)
def test_archive_that_two_readers_could_read_in_two_ways_is_refused(
    folder: Path, write_pair: WritePair, name: str
) -> None:
    write_pair("bad")
    assert "was packed in a way that torch.save never does" in refusal("archives", broken.archives()[name], folder)


def test_old_file_that_torch_would_read_as_a_tar_is_not_read(folder: Path, write_pair: WritePair) -> None:
    write_pair("bad")
    assert "can't be read as a weights file" in refusal("archives", broken.archives()["tar and pickles"], folder)


@LINUX
@pytest.mark.slow
def test_no_hostile_file_takes_the_memory_or_the_time(folder: Path, write_pair: WritePair) -> None:
    """In a process of its own, whose peak starts anew before each file."""
    script = "from tests.core.test_hostile_checkpoints import measure; measure()"
    environ = {**os.environ, "HEATPROOF_CHECKPOINTS": str(folder), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-W", "ignore", "-c", script]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-2_000:]
    measured = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(measured) >= 120
    assert [file for file in measured if file["fault"]] == []
    assert [file for file in measured if file["seconds"] > MOST_SECONDS or file["megabytes"] > MOST_MEGABYTES] == []


def measure() -> None:
    """Print what each hostile file takes, one JSON object a line."""
    folder = Path(os.environ["HEATPROOF_CHECKPOINTS"])
    load_model("tinynet", device="cpu")
    for table, contents in TABLES.items():
        for name, content in contents(folder).items():
            emptied(folder)
            (folder / "bad.json").write_text(json.dumps(DESCRIPTION))
            save_file(TinyNet(3).state_dict(), folder / "bad.safetensors")
            Path("/proc/self/clear_refs").write_text("5")  # the peak is the present from here on
            before, started = _memory("VmRSS"), time.monotonic()
            said = refusal(table, content, folder)
            figures = {"seconds": time.monotonic() - started, "megabytes": _memory("VmHWM") - before}
            print(json.dumps({"name": f"{table}: {name}", **figures, "fault": fault(said, folder)}))


def emptied(folder: Path) -> None:
    """Remove what lies in it."""
    for path in folder.iterdir():
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def _memory(what: str) -> float:
    """Megabytes, as /proc says."""
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(what))
    return int(line.split()[1]) / 1024


def test_file_of_torchvisions_name_and_hash_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "hub" / "checkpoints"
    cache.mkdir(parents=True)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    content = hostile.payloads(tmp_path / hostile.MARKER)["system"]
    file = (
        cache / f"squeezenet1_0-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    )  # 32 bits, which can be found by trying
    file.write_bytes(content)
    monkeypatch.setattr(SqueezeNet1_0_Weights.IMAGENET1K_V1.value, "url", f"https://example.invalid/{file.name}")
    with pytest.raises(ModelError, match="does not hold the weights of this network"):
        load_model("squeezenet1_0", device="cpu")
    assert not (tmp_path / hostile.MARKER).exists()
