"""A picture from a path, a URL or bytes."""

import hashlib
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gradcam_core.errors import ImageError
from gradcam_core.images import load_image, read_address
from tests.core.loopback import Server, http, running

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def data() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (6, 4), (10, 20, 30)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as started:
        yield started


def test_path_text_and_bytes_give_the_same_picture(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "thing.txt"  # the name says nothing
    path.write_bytes(data)
    for source in (path, str(path), data):
        image = load_image(source)
        assert image.sha256 == hashlib.sha256(data).hexdigest()
        assert image.size == (6, 4)
        assert np.unique(image.pixels.reshape(-1, 3), axis=0).tolist() == [[10, 20, 30]]


def test_name_is_the_last_part_of_the_path_unless_given(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a cat.png"
    path.write_bytes(data)
    assert load_image(path).name == "a cat.png"
    assert load_image(path, name="The cat").name == "The cat"
    assert load_image(data).name == ""


def test_text_file_named_png_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cat.png").write_text("I am a cat.")
    with pytest.raises(ImageError, match="This is a text file") as refusal:
        load_image(tmp_path / "cat.png")
    assert refusal.value.hint


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"There is no file .*cat\.png") as refusal:
        load_image(tmp_path / "cat.png")
    assert refusal.value.hint


def test_a_sample_that_is_named_as_a_file_is_told_by_its_own_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ImageError) as refusal:
        load_image("Meadow")
    assert refusal.value.hint == "The sample is named sample:meadow."


@pytest.mark.parametrize("blank", ["", "  "])
def test_no_name_is_no_folder(blank: str) -> None:
    with pytest.raises(ImageError, match="No picture is named"):
        load_image(blank)


def test_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="is a folder") as refusal:
        load_image(tmp_path)
    assert refusal.value.hint


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes in the file system here")
def test_pipe_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ImageError, match="is not a file"):
        load_image(tmp_path / "pipe")


@pytest.mark.parametrize("path", ["a\0b.png", "x" * 5000, "data:image/png;base64,iVBORw0KGgo=", "javascript:alert(1)"])
def test_text_that_is_neither_path_nor_url_is_refused(path: str) -> None:
    with pytest.raises(ImageError) as refusal:
        load_image(path)
    assert refusal.value.hint
    assert len(str(refusal.value)) < 120


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the administrator may read everything")
def test_file_without_permission_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(data)
    path.chmod(0)
    with pytest.raises(ImageError, match="can't be read"):
        load_image(path)


def test_size_is_judged_before_the_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.png"
    with path.open("wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.truncate(10**12)  # takes no room on disk; reading it would take all memory
    with pytest.raises(ImageError, match="larger than 10 MB"):
        load_image(path)


def test_file_of_exactly_the_limit_is_opened(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(data + bytes(10_000_000 - len(data)))
    assert load_image(path).size == (6, 4)


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_url_goes_through_the_guard(server: Server, data: bytes, blank: str) -> None:
    server.answers["/cat.png"] = http(data)
    with pytest.raises(ImageError, match=f"Port {server.port}"):
        load_image(blank + server.url("/cat.png") + blank)
    with pytest.raises(ImageError, match="No public web server"):
        load_image("HTTP://127.0.0.1/cat.png")
    assert server.requests == []


@pytest.mark.parametrize("url", ["ftp://img.test/a.png", "file:///etc/passwd", "FILE:///etc/passwd"])
def test_url_of_another_scheme_is_no_path(url: str) -> None:
    with pytest.raises(ImageError, match="http:// or https://"):
        load_image(url)


@pytest.mark.parametrize(
    "form", ["{path}", "{folder}/x://cat.png", "file://{path}", "sample:{path}", "sample:x/../meadow", "://", ""]
)
def test_an_address_is_never_a_path(tmp_path: Path, data: bytes, form: str) -> None:
    path = tmp_path / "x:" / "cat.png"
    path.parent.mkdir()
    path.write_bytes(data)
    with pytest.raises(ImageError, match="is not the address of a picture"):
        read_address(form.format(path=path, folder=tmp_path))


def test_an_address_is_a_sample_or_a_url() -> None:
    file = read_address(" sample:meadow ")
    assert (file.name, file.source) == ("Meadow", "sample:meadow")
    with pytest.raises(ImageError, match="No public web server"):
        read_address(" HTTP://127.0.0.1/cat.png")


def test_importing_it_leaves_torch_unimported() -> None:
    code = "import sys, gradcam_core.images; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
