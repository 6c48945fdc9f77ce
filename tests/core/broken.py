"""More files of a stranger: archives, tensors, safetensors and descriptions that are not right."""

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from tests.core.hostile import (
    archive,
    entry,
    network,
    old,
    patched,
    row,
    safe,
    saved,
    sparse_file,
    state,
    storage,
    tensor,
    text,
)

Act = Callable[[Path], object]

MOST = 2_000_000_001  # one byte over the limit for a checkpoint


def archives() -> dict[str, bytes]:
    """Zip files that torch.save never wrote."""
    good, weights = archive(state(tensor())), state(tensor())
    whole = saved({"weight": torch.zeros(1000)})
    name_at = good.index(b"a/byteorder")
    return {
        "empty": b"",
        "text": b"no weights at all",
        "empty archive": b"PK\x05\x06" + bytes(18),
        "deflated": archive(weights, {"a/data/0": bytes(2_000_000)}, compression=8),
        "cut short": whole[:-300],
        "cut in the middle": whole[: len(whole) // 2],
        "with a comment": good[:-2] + b"\x04\0PK\x05\x06",
        "behind another file": b"PK\x03\x04" + bytes(60) + good,
        "before another file": good + bytes(60),
        "without a pickle": archive(weights).replace(b"data.pkl", b"data.pkk"),
        "of two folders": archive(weights, {"b/data.pkl": state()}),
        "two of one name but for case": archive(weights, {"a/DATA.PKL": state()}),
        "name with a NUL": good.replace(b"a/version", b"a/byte\0rd"),
        "name out of the folder": archive(weights, {"../../x": b"x"}),
        "name of the root": archive(weights, {"/etc/x": b"x"}),
        "local name of another": patched(good, name_at, b"a/BYTEORDER"),
        "long byte order": archive(weights, {"a/byteorder": b"little" * 1_000_000}),
        "unknown byte order": archive(weights, {"a/byteorder": b"middle"}),
        "TorchScript": archive(weights, {"a/constants.pkl": state()}),
        "directory that claims 4 GB": patched(good, -10, b"\xff\xff\xff\xff"),
        "64-bit end elsewhere": patched(whole, -34, struct.pack("<Q", 0)),
        "64-bit directory elsewhere": patched(whole, -50, struct.pack("<Q", 2**40)),
        "encrypted": patched(good, good.rindex(b"PK\x01\x02") + 8, b"\x01\0"),
        "size that lies": patched(good, good.index(b"PK\x01\x02") + 20, struct.pack("<II", 10**9, 10**9)),
        "tar and pickles": _tar(old(state(), keys=b"\x80\x02].", system=b"\x80\x02" + text("0" * 600) + b".")),
        "old, cut short": old(state(tensor(storage(more=b"N"))))[:-8],
        "old, without its storage": old(state(tensor(storage(more=b"N"))), keys=b"\x80\x02]."),
        "old, of another size": old(state(tensor(storage(more=b"N"))), data=struct.pack("<q", 9) + bytes(36)),
    }


def _tar(data: bytes) -> bytes:
    """The same with the checksum of a tar header in it, which tells torch to read a tar."""
    block = patched(data[:512], 148, b" " * 8)
    block = patched(block, 100, b"0000644 0000000 0000000 00000000000 00000000000 ")  # mode, owner, size and time
    return patched(block, 148, b"%06o  " % sum(block)) + data[512:]


def tensors() -> dict[str, bytes]:
    """Pickles and state dicts with tensors that are not right."""
    return {
        "storage larger than its record": archive(state(tensor(storage(items=2**20)))),
        "storage smaller than its record": archive(state(tensor(storage(items=2), sides=(2,)))),
        "one storage as two": archive(state(row(storage(), storage("IntStorage")))),
        "storage of no record": archive(state(tensor(storage(key="1")))),
        "storage by a path": archive(state(tensor(storage(key="../data.pkl")))),
        "storage of below nothing": archive(state(tensor(storage(items=-4)))),
        "offset behind the end": archive(state(tensor(offset=2**40))),
        "offset before the start": archive(state(tensor(offset=-1))),
        "stride below nothing": archive(state(tensor(strides=(-1,)))),
        "stride out of the storage": archive(state(tensor(strides=(2**40,)))),
        "view of 4 TB": archive(state(tensor(sides=(10**12,), strides=(0,)))),
        "count that overflows": archive(state(tensor(sides=(2**32, 2**32), strides=(0, 0)))),
        "100,000 sides": archive(state(tensor(sides=(1,) * 100_000, strides=(1,) * 100_000))),
        "key of a megabyte": saved(network(**{"k" * 1_000_000: torch.zeros(1)})),
        "key that controls a terminal": saved(network(**{"\x1b[31m\n\u202e\ud800": torch.zeros(1)})),
        "NaN": saved(network(head__bias=torch.tensor([0, float("nan"), 0]))),
        "infinite in half": saved(network(head__bias=torch.tensor([0, float("inf"), 0]).half())),
        "too large for float32": saved(network(head__bias=torch.tensor([0, 1e300, 0], dtype=torch.float64))),
        "integers": saved(network(head__bias=torch.zeros(3, dtype=torch.int64))),
        "complex": saved(network(head__bias=torch.zeros(3, dtype=torch.complex64))),
        "8 bits": saved(network(head__bias=torch.zeros(3).to(torch.float8_e4m3fn))),
        "other shape": saved(network(head__weight=torch.zeros(128, 3))),
        "its own mapping": archive(b"\x80\x02}q\x01" + text("state_dict") + b"h\x01s."),
        "whole network": saved(torch.nn.Linear(2, 2)),
    }


def safetensors() -> dict[str, bytes]:
    """Files that safetensors or we refuse."""
    return {
        "nothing": b"",
        "HTML": b"<html>not found</html>",
        "header of 2^63": b"\xff" * 8,
        "header of 1 GB": struct.pack("<Q", 10**9) + b"{}",
        "header that is no object": safe([]),
        "header that is nested": safe(b'{"a":' + b"[" * 100_000),
        "header of 5 MB": safe(b"{" + b'"x":{},' * 700_000),
        "shape of another size": safe({"w": entry(shape=[2**40])}),
        "shape that overflows": safe({"w": entry(shape=[2**33, 2**33])}),
        "shape below nothing": safe({"w": entry(shape=[-4])}),
        "offsets out of the file": safe({"w": entry(shape=[2**30], data_offsets=[0, 2**32])}),
        "offsets backwards": safe({"w": entry(data_offsets=[16, 0])}),
        "offsets that overlap": safe({"v": entry(), "w": entry(shape=[2], data_offsets=[8, 16])}),
        "one name twice": safe(b'{"w":%b,"w":%b}' % ((json.dumps(entry()).encode(),) * 2)),
        "unknown kind": safe({"w": entry(dtype="F1024")}),
        "8 bits": save(network(head__bias=torch.zeros(3).to(torch.float8_e4m3fn))),
        "note that is no text": safe({"__metadata__": {"a": [1]}, "w": entry()}),
        "cut short": save(network())[:-1],
        "longer": save(network()) + b"x",
        "NaN": save(network(head__bias=torch.tensor([0, float("nan"), 0]))),
    }


def described(**changes: Any) -> Act:
    """The good description of bad.json with other fields."""

    def write(folder: Path) -> object:
        values = {**json.loads((folder / "bad.json").read_text()), **changes}
        return (folder / "bad.json").write_text(json.dumps(values))

    return write


def _steps(*actions: Act) -> Act:
    def run(folder: Path) -> None:
        for action in actions:
            action(folder)

    return run


def _labels(data: bytes) -> Act:
    return _steps(described(labels="l.txt"), lambda folder: (folder / "l.txt").write_bytes(data))


def _json(data: bytes) -> Act:
    return lambda folder: (folder / "bad.json").write_bytes(data)


def _instead(name: str, make: Act) -> Act:
    return _steps(lambda folder: (folder / name).unlink(), lambda folder: make(folder / name))


def _renamed(folder: Path) -> None:
    (folder / "bad.json").write_text("{")
    (folder / "\x1b[31m\n.json").write_text("{}")
    (folder / os.fsdecode(b"\xff.json")).write_text("{}")


def descriptions() -> dict[str, Act]:
    """What is done to a folder with a good pair called bad."""
    weights, link = "bad.safetensors", described(labels="l.txt")
    return {
        "JSON of 100 MB": lambda folder: sparse_file(folder / "bad.json", 100_000_000, b"{"),
        "JSON nested": _json(b'{"a":' * 500_000),
        "JSON of many lists": _json(b'{"labels":[' + b"[]," * 300_000 + b"[]]}"),
        "JSON with one field twice": _json(b'{"labels": ["a"], "labels": ["b"]}'),
        "JSON with many fields": _json(json.dumps({f"activaton{n}": 0 for n in range(1_000)}).encode()),
        "JSON with a long field": _json(json.dumps({"labels" * 600_000: 0}).encode()),
        "JSON with a long number": _json(b'{"num_classes": %b}' % (b"9" * 1_000_000)),
        "JSON in UTF-16": _json('{"a": 1}'.encode("utf-16")),
        "NaN for a mean": _json(b'{"architecture": "heatproof/tinynet", "num_classes": NaN, "labels": ["a"]}'),
        "100,000 classes of a large head": described(
            architecture="torchvision/vgg16", num_classes=100_000, labels=["a"] * 100_000
        ),
        "network of 600 million parameters": described(architecture="torchvision/vit_h_14"),
        "labels by a path": described(labels="../l.txt"),
        "labels by the root's path": described(labels="/etc/passwd"),
        "architecture by a path": described(architecture="hf-hub:../../etc/passwd"),
        "layer by a path": described(target_layer="../../etc/passwd"),
        "interpolation by a path": described(
            preprocessing={"interpolation": "../x", "resize_size": 36, "crop_size": 32}
        ),
        "name that controls a terminal": _renamed,
        "labels of 4 GB": _steps(link, lambda folder: sparse_file(folder / "l.txt", 4_000_000_000)),
        "labels of 1,900,000 lines": _labels(b"a\n" * 1_900_000),
        "labels in Latin-1": _labels("chêne\nb\nc".encode("latin-1")),
        "labels that are long": _labels(b"a" * 1_000_000 + b"\nb\nc"),
        "labels from a pipe": _steps(link, lambda folder: os.mkfifo(folder / "l.txt")),
        "labels from a device": _steps(link, lambda folder: (folder / "l.txt").symlink_to("/dev/zero")),
        "labels from a folder": _steps(link, lambda folder: (folder / "l.txt").mkdir()),
        "labels behind a link out": _steps(link, lambda folder: (folder / "l.txt").symlink_to("/etc/passwd")),
        "weights of 2 GB": lambda folder: sparse_file(folder / weights, MOST),
        "weights of 8 TB": lambda folder: sparse_file(folder / weights, 8 * 10**12),
        "weights from a pipe": _instead(weights, os.mkfifo),
        "weights from a device": _instead(weights, lambda path: path.symlink_to("/dev/zero")),
        "weights that are a folder": _instead(weights, Path.mkdir),
        "weights behind a link out": _instead(weights, lambda path: path.symlink_to("/proc/self/exe")),
        "weights behind a link to itself": _instead(weights, lambda path: path.symlink_to(path)),
        "description from a pipe": _instead("bad.json", os.mkfifo),
        "description from a device": _instead("bad.json", lambda path: path.symlink_to("/dev/urandom")),
    }
