"""Files that a stranger might put into the checkpoint folder, each a function that writes one at a path."""

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from gradcam_core.tinynet import TinyNet

Write = Callable[[Path], object]

MAGIC = bytes.fromhex("80028a0a6cfc9c46f9206aa850192e") + b"\x80\x02M\xe9\x03."
MARKER = "ran"  # a file that appears in the folder if any code of a hostile file's runs


# --- pickles, by hand


def named(module: str, name: str) -> bytes:
    return f"c{module}\n{name}\n".encode()


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value: int) -> bytes:
    if -(2**31) <= value < 2**31:
        return b"J" + struct.pack("<i", value)
    data = pickle.encode_long(value)
    return b"\x8a" + bytes([len(data)]) + data


def row(*items: bytes) -> bytes:
    return b"(" + b"".join(items) + b"t"


def called(function: bytes, *arguments: bytes) -> bytes:
    return function + row(*arguments) + b"R"


ORDERED = named("collections", "OrderedDict")
EMPTY = called(ORDERED)


def storage(kind: str = "FloatStorage", *, key: str = "0", items: int = 4, more: bytes = b"") -> bytes:
    claim = text("storage"), named("torch", kind), text(key), text("cpu"), number(items), more
    return row(*claim) + b"Q"


def tensor(
    of: bytes = b"",
    *,
    offset: int = 0,
    sides: tuple[int, ...] = (4,),
    strides: tuple[int, ...] = (1,),
    hooks: bytes = EMPTY,
) -> bytes:
    shape = row(*map(number, sides)), row(*map(number, strides))
    return called(named("torch._utils", "_rebuild_tensor_v2"), of or storage(), number(offset), *shape, b"\x89", hooks)


def state(value: bytes = b"N", *, key: bytes = b"", before: bytes = b"") -> bytes:
    """A pickle of a mapping with one entry, after whatever is to be built before it."""
    return b"\x80\x02" + before + b"}" + (key or text("weight")) + value + b"s."


def doubled(times: int, opening: bytes = b")") -> bytes:
    """A tuple of twice a tuple of twice a tuple: small to write, endless to hash or to print."""
    return opening + b"".join(b"q\x09h\x09\x86" for _ in range(times))


# --- files round them


def archive(pickled: bytes, changes: dict[str, bytes] | None = None, **how: Any) -> bytes:
    """As torch.save packs them; `changes` adds or replaces records."""
    records = {"a/data.pkl": pickled, "a/byteorder": b"little", "a/data/0": bytes(16), "a/version": b"3\n"}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", **how) as packed:
        for name, data in {**records, **(changes or {})}.items():
            packed.writestr(zipfile.ZipInfo(name), data, compress_type=how.get("compression"))
    return written.getvalue()


def old(
    pickled: bytes, *, keys: bytes | None = None, system: bytes = b"\x80\x02}.", data: bytes | None = None
) -> bytes:
    """The five pickles and the storages of the format before torch 1.6."""
    listed = b"\x80\x02](" + text("0") + b"e." if keys is None else keys
    return MAGIC + system + pickled + listed + (struct.pack("<q", 4) + bytes(16) if data is None else data)


def safe(header: Any, data: bytes = bytes(16)) -> bytes:
    encoded = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(encoded)) + encoded + data


def entry(**changes: Any) -> dict[str, Any]:
    return {"dtype": "F32", "shape": [4], "data_offsets": [0, 16], **changes}


def patched(data: bytes, at: int, new: bytes) -> bytes:
    at %= len(data)
    return data[:at] + new + data[at + len(new) :]


def saved(content: Any) -> bytes:
    written = io.BytesIO()
    torch.save(content, written)
    return written.getvalue()


def network(**changes: torch.Tensor) -> dict[str, torch.Tensor]:
    """A good state dict of three classes with changes; a dot in a key is written as two underscores."""
    return {**TinyNet(3).state_dict(), **{key.replace("__", "."): value for key, value in changes.items()}}


def sparse_file(path: Path, size: int, start: bytes = b"") -> None:
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)


# --- what runs code where it is let


def payloads(marker: Path) -> dict[str, bytes]:
    touch = text(f"touch {marker}")
    run = called(named("posix", "system"), touch)
    python = text(f"open({str(marker)!r}, 'w')")
    by_text = text("posix").replace(b"X", b"\x8c", 1).replace(struct.pack("<I", 5), b"\x05", 1)
    return {
        "system": archive(state(run)),
        "exec": archive(state(called(named("builtins", "exec"), python))),
        "eval of Python 2": archive(state(called(named("__builtin__", "eval"), python))),
        "by a name on the stack": archive(state(by_text + b"\x8c\x06system\x93" + row(touch) + b"R")),
        "INST": archive(state(b"(" + touch + b"iposix\nsystem\n")),
        "OBJ": archive(state(b"(" + named("posix", "system") + touch + b"o")),
        "NEWOBJ": archive(state(named("subprocess", "Popen") + row(touch) + b"\x81")),
        "EXT": archive(state(b"\x82\x01" + row(touch) + b"R")),
        "torch.load": archive(state(called(named("torch.serialization", "load"), text(str(marker))))),
        "as a key": archive(state(b"N", key=run)),
        "as hooks": archive(state(tensor(hooks=run))),
        "as a storage": archive(state(row(text("storage"), run, text("0"), text("cpu"), number(4)) + b"Q")),
        "as a state": archive(state(EMPTY + run + b"b")),
        "after the end": archive(state(tensor()) + b"\x80\x02" + run + b"."),
        "old": old(state(run)),
        "old, about the system": old(state(tensor(storage(more=b"N"))), system=b"\x80\x02" + run + b"."),
        "old, as keys": old(state(tensor(storage(more=b"N"))), keys=b"\x80\x02" + run + b"."),
        "old, as the magic number": b"\x80\x02" + run + b".",
        "bare pickle": state(run),
    }


# --- what takes memory or time


def bombs() -> dict[str, bytes]:
    utils = "torch._utils"
    wide = tensor(sides=(10**6, 10**4), strides=(0, 0))
    numbers = row(*map(number, (10**5, 10**5)))
    many = b"(" + b"K\x01" * 200_000 + b"t"
    pairs = b"](" + b"".join(number(n) + b"N\x86" for n in range(50_000)) + b"e"
    collide = b"}(" + b"".join(number(n * (2**61 - 1)) + b"N" for n in range(30_000)) + b"u"
    attributes = b"}(" + b"".join(text(str(n)) + b"N" for n in range(50_000))
    kind = named("torch", "FloatStorage")
    tall = row(text("storage"), kind, doubled(60), text("cpu"), number(4), b"N") + b"Q"
    copies = (ORDERED + b"h\x08\x85R") * 400
    return {
        "bytearray": archive(state(called(named("builtins", "bytearray"), number(10**10)))),
        "materialised view": archive(
            state(called(named(utils, "_rebuild_device_tensor_from_cpu_tensor"), wide, b"N", text("cpu"), b"\x89"))
        ),
        "quantised": archive(
            state(
                called(
                    named(utils, "_rebuild_qtensor"),
                    storage("QInt8Storage"),
                    number(0),
                    numbers,
                    numbers,
                    row(named("torch", "per_tensor_affine"), b"G" + bytes(8), number(0)),
                    b"\x89",
                    EMPTY,
                )
            )
        ),
        "sparse": saved({"weight": torch.zeros(4, 4).to_sparse()}),
        "no storage at all": saved({"weight": torch.zeros(4, device="meta")}),
        "tensor of the old kind": archive(state(called(named("torch", "FloatTensor"), numbers))),
        "Parameter of a number": archive(
            state(named("torch.nn.parameter", "Parameter") + number(10**10) + b"\x85\x81")
        ),
        "copies of a list": archive(state(before=pairs + b"q\x08(" + copies + b"t")),
        "copies of a dict as attributes": archive(state(before=attributes + b"uq\x08(" + (EMPTY + b"h\x08b") * 400)),
        "copies of a size": archive(state(before=many + b"q\x08(" + (named("torch", "Size") + b"h\x08\x85R") * 2_000)),
        "endless hash": archive(state(key=doubled(60))),
        "endless hash of a storage's key": archive(state(tensor(tall))),
        "endless words about a call": archive(state(doubled(60, b"]q\x09") + b")R")),
        "endless words about a class": archive(state(doubled(60, b"]q\x09") + b")\x81")),
        "endless comparison of keys": old(
            state(tensor(storage(more=b"N"))), keys=b"\x80\x02](" + doubled(60) + doubled(60) + b"e."
        ),
        "numbers that collide": archive(state(collide)),
        "many sets": archive(state(before=b"(" + b"\x8f" * 3_000_000)),
        "long pickle": archive(state(text("x" * 9_000_000))),
        "text that claims 4 GB": archive(state(b"X\xff\xff\xff\xff")),
        "text that claims 4 EB": archive(state(b"\x8d" + b"\xff" * 7 + b"\x3f")),
        "number that claims 2 GB": archive(state(b"\x8b\xff\xff\xff\x7f")),
        "old, 1 TB": old(state(tensor(storage(items=2**38, more=b"N")))),
        "old, many of 10 MB": old(
            state(b"](" + b"".join(storage(key=str(n), items=2_500_000, more=b"N") for n in range(2_000)) + b"e")
        ),
        "old, view that makes its storage larger": old(state(tensor(storage(more=b"N"), sides=(2**36,)))),
        "old, text that claims 4 GB": old(b"\x80\x02X\xff\xff\xff\xff"),
        "old, sparse": old(state(tensor(storage(items=2**27, more=b"N"))), data=struct.pack("<q", 2**27)),
    }


def heavy() -> dict[str, bytes]:
    """Those that take a second to make or to refuse."""
    views = {str(n): torch.zeros(1).expand(10_000) for n in range(5_000)}
    return {
        "nested": archive(state(b"]" * 500_000 + b"a" * 499_999)),
        "many steps": archive(state(b"]" + b"N" * 3_000_000 + b"e")),
        "20,001 tensors": archive(state(b"](" + tensor() * 20_001 + b"e")),
        "100,000 records": archive(state(tensor()), {f"a/data/{n}": b"" for n in range(1, 100_000)}),
        "5,001 keys": saved({str(n): torch.zeros(()) for n in range(5_001)}),
        "views of 10,000 numbers": saved(views),
    }
