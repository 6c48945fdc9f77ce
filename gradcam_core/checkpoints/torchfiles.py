"""Did torch.save write this file, and does it claim no more memory than it has bytes?

A weights file of torch's is a zip archive: a pickle, and beside it one record for each storage. Before torch 1.6 it was
five pickles in a row with the storages behind them. Both are judged here before torch reads a byte of them.
"""

import struct
import tarfile
import zipfile
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from gradcam_core.checkpoints.formats import HEAD, OtherKind, kind_of_archive, kind_of_bytes
from gradcam_core.checkpoints.pickles import MOST_BYTES, Reader
from gradcam_core.errors import ModelError

_ZIP = b"PK\x03\x04"
_OLD = (
    b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03."  # the first two pickles: magic number and version
)
_END = 98  # the last bytes of an archive: the 64-bit end (56), where that is (20) and the end (22)
_MOST_DIRECTORY = 4_000_000  # 20,000 storages take 1.5 MB
_MOST_NOTE = 1_000  # the archive's other records are the byte order, a version and the like


def check_torch_file(file: BinaryIO, name: str) -> None:
    """Refuse what torch.save did not write, and what names or claims more than weights do.

    Raises:
        ModelError: if it is no such file.
        Exception: any other, if its pickle is damaged or is not that of weights.
    """
    size = file.seek(0, 2)
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(_ZIP):
        _check_archive(file, size, name)
    elif head.startswith(_OLD):
        _check_old(file, size, name)
    else:
        raise refusal(name, kind_of_bytes(head, name))


def unreadable(name: str) -> ModelError:
    """The refusal of a file that is none of weights, as far as anybody can tell."""
    hint = "It may be cut short or of another kind: save model.state_dict() anew with torch.save or safetensors."
    return ModelError(f"{name} can't be read as a weights file.", hint=hint)


def refusal(name: str, kind: OtherKind | None) -> ModelError:
    """The refusal of a file that is of this other kind, if it is of a known one."""
    return unreadable(name) if kind is None else ModelError(f"{name} is {kind.said}.", hint=kind.hint)


def kind_of_file(path: Path) -> OtherKind | None:
    """The kind of a file by its first bytes, or by what a sound archive holds; None if it can't be told."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD)
            if not head.startswith(_ZIP):
                return kind_of_bytes(head, path.name)
            _check_directory(file, file.seek(0, 2), path.name)  # it is small: zipfile reads all of it
            with zipfile.ZipFile(file) as archive:
                return kind_of_archive(archive.namelist(), path.name)
    except (OSError, ValueError, zipfile.BadZipFile, ModelError):
        return None


def _check_archive(file: BinaryIO, size: int, name: str) -> None:
    _check_directory(file, size, name)
    with zipfile.ZipFile(file) as archive:
        records = archive.infolist()
        kind = kind_of_archive([record.filename for record in records], name)
        if kind is not None:
            raise refusal(name, kind)
        root = records[0].filename.partition("/")[0] + "/"
        if not all(_is_torchs(record, root) for record in records) or _are_larger(records, size):
            raise _packed(name)
        pickled = archive.read(f"{root}data.pkl")
    reader = Reader()
    reader.read(BytesIO(pickled))
    sizes = {record.filename: record.file_size for record in records}
    if not all(sizes[f"{root}data/{key}"] == storage.nbytes for key, storage in reader.storages.items()):
        raise ValueError("a storage is not as large as its record")


def _check_directory(file: BinaryIO, size: int, name: str) -> None:
    """The directory is small, and lies where Python's reader and torch's both look for it: just before the end."""
    file.seek(max(0, size - _END))
    end = file.read(_END).rjust(_END, b"\0")
    if end[-22:-18] != b"PK\x05\x06":
        raise unreadable(name)
    length, start = struct.unpack("<II", end[-10:-2])
    behind, is_sound = size - 22, end[-2:] == b"\0\0"
    if end[-42:-38] == b"PK\x06\x07":
        behind = size - _END
        length, start = struct.unpack("<QQ", end[40:56])
        is_sound = is_sound and end[:4] == b"PK\x06\x06" and struct.unpack("<Q", end[-34:-26]) == (behind,)
    if not is_sound or start + length != behind or length > _MOST_DIRECTORY:
        raise _packed(name)


def _is_torchs(record: zipfile.ZipInfo, root: str) -> bool:
    """torch.save stores records as they are; a deflated one of 2 MB would take 2 GB before torch refuses it."""
    is_named = record.filename == record.orig_filename and record.filename.isascii()
    is_stored = record.compress_type == zipfile.ZIP_STORED and record.compress_size == record.file_size
    within = record.filename.removeprefix(root)
    most = MOST_BYTES if within == "data.pkl" else None if within.startswith("data/") else _MOST_NOTE
    return is_named and is_stored and record.filename != within and (most is None or record.file_size <= most)


def _are_larger(records: list[zipfile.ZipInfo], size: int) -> bool:
    """Whether two records share a name (in torch's reader case does not count) or bytes."""
    names = {record.filename.lower() for record in records}
    return len(names) < len(records) or sum(record.file_size for record in records) > size


def _packed(name: str) -> ModelError:
    return ModelError(f"{name} was packed in a way that torch.save never does.", hint="Save it anew with torch.save.")


def _check_old(file: BinaryIO, size: int, name: str) -> None:
    file.seek(0)
    head = file.read(MOST_BYTES)
    if _is_tar(head):
        raise unreadable(name)
    stream, reader = BytesIO(head), Reader()
    keys = [reader.read(stream) for _ in range(5)][-1]
    if type(keys) is not list or not all(type(key) is str for key in keys) or set(keys) != set(reader.storages):
        raise ValueError("not every storage is there")
    if sum(storage.nbytes + 8 for storage in reader.storages.values()) > size - stream.tell():
        raise ValueError("its storages are larger than the file")


def _is_tar(head: bytes) -> bool:
    """Whether torch would take it for a file of its very first format, which it then reads at any length."""
    try:
        tarfile.TarInfo.frombuf(head[:512], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True
