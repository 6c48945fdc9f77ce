"""Does a disk that refuses leave what was there before, whatever it refuses?"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gradcam_core.cam import Prediction
from gradcam_core.errors import ResourceError
from gradcam_core.export.bundle import write_explanations
from gradcam_core.export.exchange import put_files
from gradcam_core.export.formats import Explanation
from tests.core.made_maps import made_cam, made_image

ROOT = Path(__file__).resolve().parents[2]
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - another disk than the tests' own


def explanation(seed: int, label: str = "dog") -> Explanation:
    image = made_image(60, 40)
    return Explanation(image=image, cam=made_cam([[seed, 1], [0, 2]], image, label=label), predictions=[])


def of_two_classes() -> list[Explanation]:
    one, two = explanation(3), explanation(4)
    object.__setattr__(two.cam, "prediction", Prediction(9, "boat", 1.0, 0.5))
    return [one, two]


def tree(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder below this one."""
    found = sorted(folder.rglob("*"))
    return {str(path.relative_to(folder)): None if path.is_dir() else path.read_bytes() for path in found}


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Within it the system lets nobody write a file beyond this size, as a full disk would."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("several", [False, True])
def test_a_disk_without_room_leaves_an_earlier_explanation_whole(tmp_path: Path, several: bool) -> None:
    write_explanations(tmp_path / "out", [explanation(1)])
    (tmp_path / "out" / "mine.txt").write_text("mine")
    before, new = tree(tmp_path), of_two_classes() if several else [explanation(2)]
    with largest_file(10_000), pytest.raises(ResourceError, match=r"can't be written to .*out: ") as caught:
        write_explanations(tmp_path / "out", new)  # the figure is larger
    assert caught.value.hint == "Choose another folder, or make room."
    assert tree(tmp_path) == before
    write_explanations(tmp_path / "out", new)
    assert tree(tmp_path) != before


@pytest.mark.parametrize("place", range(4))
def test_whichever_file_is_refused_nothing_has_changed(tmp_path: Path, place: int) -> None:
    files = [(f"{name}.txt", bytes(100 if at == place else 10)) for at, name in enumerate("abcd")]
    (tmp_path / "a.txt").write_text("former")
    for folder in (tmp_path, tmp_path / "new" / "one"):
        new = {folder: files[:2], folder / "sub": files[2:]}
        with largest_file(50), pytest.raises(OSError, match="File too large"):
            put_files(folder, new, former=lambda _: [], last="b.txt")
        assert tree(tmp_path) == {"a.txt": b"former"}


def test_an_end_in_the_middle_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("former")

    def interrupted() -> Iterator[tuple[str, bytes]]:
        yield "a.txt", b"new"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        put_files(tmp_path, {tmp_path: interrupted(), tmp_path / "sub": []}, former=lambda _: [], last="a.txt")
    assert tree(tmp_path) == {"a.txt": b"former"}


@pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="there is no second disk")
def test_a_rename_that_fails_takes_the_former_ones_back(tmp_path: Path, other_disk: Path) -> None:
    write_explanations(tmp_path, [explanation(1)])
    (tmp_path / "9-boat").symlink_to(other_disk, target_is_directory=True)
    before = tree(tmp_path)
    with pytest.raises(ResourceError, match="can't be written"):
        write_explanations(tmp_path, of_two_classes())
    assert tree(tmp_path) == before
    assert tree(other_disk) == {}


@pytest.fixture
def other_disk(tmp_path: Path) -> Iterator[Path]:
    """An empty folder on another disk, where the system has one."""
    folder = SHARED_MEMORY / f"heatproof-test-{os.getpid()}"
    if SHARED_MEMORY.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("there is no second disk")
    folder.mkdir()
    yield folder
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def test_a_folder_in_the_place_of_a_file_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "overlay.png").mkdir()
    with pytest.raises(ResourceError, match="Is a directory") as caught:
        write_explanations(tmp_path, [explanation(1)])
    assert caught.value.hint == "Choose another folder."
    assert tree(tmp_path) == {"overlay.png": None}


def test_a_link_is_replaced_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "mine.npy").write_text("mine")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "cam.npy").symlink_to(tmp_path / "mine.npy")
    write_explanations(tmp_path / "out", [explanation(1)])
    assert (tmp_path / "mine.npy").read_text() == "mine"
    assert not (tmp_path / "out" / "cam.npy").is_symlink()


@pytest.mark.slow
def test_a_full_disk_is_one_sentence_and_nothing_is_left(
    tmp_path: Path, small_disk: Callable[[str], list[str]]
) -> None:
    shell = '"$PYTHON" -m gradcam_core explain sample:meadow --json --out "$DISK/out"; echo "$?"; ls -A "$DISK"'
    done = subprocess.run(small_disk(shell), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == "2\n"
    assert "No space left on device" in done.stderr.splitlines()[0]
    assert done.stderr.splitlines()[1:] == ["Choose another folder, or make room."]


@pytest.fixture
def small_disk(tmp_path: Path) -> Callable[[str], list[str]]:
    """Makes the command that runs lines of a shell beside a real disk of 200 KB, for nobody else to see."""
    mount = f'export PYTHON="{sys.executable}" DISK="{tmp_path}"; mount -t tmpfs -o size=200k none "$DISK" &&'
    tried = subprocess.run(
        ["/bin/sh", "-c", f"unshare -rm /bin/sh -c '{mount} true'"], capture_output=True, check=False
    )
    if tried.returncode:
        pytest.skip("this system lets nobody mount a disk of one's own")
    return lambda lines: ["unshare", "-rm", "/bin/sh", "-c", f"{mount} {{ {lines}; }}"]
