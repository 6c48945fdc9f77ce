"""Put files into a folder, all or none: written beside their places first, then renamed."""

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

Files = Iterable[tuple[str, bytes]]
_PREFIX = ".explanation-"


def put_files(
    folder: Path, new: Mapping[Path, Files], *, former: Callable[[Path], Collection[Path]], last: str
) -> None:
    """Write files into folders; where that fails, everything is as it was before.

    What has one of the new names is replaced, a link and not what it leads to.

    Args:
        folder: made if it is not there; it holds what is not finished yet, so that a rename stays on one disk.
        new: names and contents by the folder they belong into: `folder` or one in it.
        former: what goes away at the same time, by the folder it is asked about.
        last: the name of the file that goes away first and comes last: where it lies, the rest is whole.

    Raises:
        OSError: if the disk refuses.
    """
    with _folders_made([folder]), _unfinished(folder) as (fresh, old):
        written = {target: _written(fresh / str(place), files) for place, (target, files) in enumerate(new.items())}
        with _folders_made(list(written)):
            leaving = dict.fromkeys(path for target, paths in written.items() for path in _replaced(target, paths))
            leaving |= dict.fromkeys(path for target in (folder, *written) for path in former(target))
            away = [
                (path, old / str(place))
                for place, path in enumerate(sorted(leaving, key=lambda path: path.name != last))
            ]
            coming = [(path, target / path.name) for target, paths in written.items() for path in paths]
            _rename([*away, *sorted(coming, key=lambda move: move[0].name == last)])


def _written(folder: Path, files: Files) -> list[Path]:
    """Whole and on the disk: some disks say only then that they are full."""
    folder.mkdir()
    written = []
    for name, content in files:
        with open(folder / name, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        written.append(folder / name)
    return written


def _replaced(target: Path, paths: Sequence[Path]) -> Iterator[Path]:
    """What lies in the places of new files."""
    for path in paths:
        place = target / path.name
        if place.is_dir() and not place.is_symlink():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(place))
        if os.path.lexists(place):
            yield place


def _rename(moves: Sequence[tuple[Path, Path]]) -> None:
    """All of these, one after the other, or none."""
    begun: list[tuple[Path, Path]] = []
    try:
        for source, target in moves:
            begun.append((source, target))
            os.rename(source, target)
    except BaseException:
        for source, target in reversed(begun):
            with suppress(OSError):  # the one that failed
                os.rename(target, source)
        raise


@contextmanager
def _unfinished(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Two empty folders in a hidden one, for new files and former ones; both are gone afterwards."""
    hidden = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=folder))
    try:
        fresh, old = hidden / "new", hidden / "former"
        fresh.mkdir()
        old.mkdir()
        yield fresh, old
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


@contextmanager
def _folders_made(folders: Sequence[Path]) -> Iterator[None]:
    """These are there within it; after a failure those that were not there are gone again."""
    absent = {path for folder in folders for path in (folder, *folder.parents) if not os.path.lexists(path)}
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for path in sorted(absent, key=lambda path: len(path.parts), reverse=True):
            with suppress(OSError):
                path.rmdir()
        raise
