"""Does no name, from a link or a form, lead out of the checkpoint folder?"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gradcam_core.config import torch_cache
from gradcam_core.errors import HeatproofError
from gradcam_core.methods import get_method
from gradcam_core.models import broken_checkpoints, find_model, list_models, load_model
from gradcam_core.models.loading import pick_device
from gradcam_core.preprocessing import get_preprocessing
from gradcam_core.rendering.colormaps import get_colormap

WritePair = Callable[..., Path]
ROOT = Path(__file__).resolve().parents[2]
PATHS = [
    *("../outside", "../outside/secret", "..", ".", "/", "", "~root", "small.json", "small/../../outside/secret"),
    *("a\0b", "../outside\0", "..\\outside", "hf-hub:a/b", "local-dir:../outside", "file:///etc/passwd"),
    *("x" * 10_000, "../" * 3_000, "\ud800", "\x1b[31m", "link", "%2e%2e%2foutside", "//host/share"),
]


@pytest.fixture
def outside(folder: Path, write_pair: WritePair, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A good pair beside the folder, and a link to it in the folder, in which there is one called small."""
    write_pair("secret")
    inner, beside = folder / "inner", folder / "outside"
    inner.mkdir()
    beside.mkdir()
    for path in folder.glob("secret.*"):
        path.rename(beside / path.name)
    write_pair("small")
    for path in folder.glob("small.*"):
        path.rename(inner / path.name)
        (inner / f"link{path.suffix}").symlink_to(beside / f"secret{path.suffix}")
    monkeypatch.setenv("HEATPROOF_CHECKPOINTS", str(inner))
    return beside


@pytest.mark.parametrize("name", PATHS, ids=ascii)
def test_no_name_leads_out_of_the_folder(folder: Path, outside: Path, name: str) -> None:
    given = name.replace("../outside", str(outside)) if name == PATHS[1] else name
    model = load_model("small", device="cpu")
    asked: list[Callable[[], object]] = [
        *(lambda: find_model(given), lambda: load_model(given), lambda: model.class_index(given or "../")),
        *(lambda: get_method(given), lambda: get_preprocessing(given), lambda: get_colormap(given)),
        *(lambda: model.layer(given), lambda: pick_device(given or "../")),
    ]
    with opened() as seen:
        for question in asked:
            with pytest.raises(HeatproofError):
                question()
    roots = (folder / "inner", torch_cache(), ROOT, Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve())
    assert [path for path in seen if not any(path.is_relative_to(root) for root in roots)] == []


def test_no_link_leads_out_of_the_folder(folder: Path, outside: Path) -> None:
    with opened() as seen:
        assert "link" not in [spec.name for spec in list_models()]
        assert "is a link that leaves the folder" in dict(broken_checkpoints())["link"]
    assert [path for path in seen if path.is_relative_to(outside)] == []


@contextmanager
def opened() -> Iterator[list[Path]]:
    """Every file and folder that this process opens or lists, as it really lies on the disk."""
    seen: list[Path] = []
    _watchers.append(seen)
    try:
        yield seen
    finally:
        _watchers.remove(seen)


def _see(event: str, arguments: tuple[object, ...]) -> None:
    if _watchers and event in {"open", "os.listdir", "os.scandir"} and isinstance(arguments[0], str | bytes | Path):
        _watchers[-1].append(Path(os.path.realpath(os.fsdecode(arguments[0]))))


_watchers: list[list[Path]] = []
sys.addaudithook(_see)  # it can't be removed, but it sleeps while nobody looks
