"""Which other kind of file is it, when it is no file of weights that can be read?

Told by its first bytes, or by the names in a zip archive: what it is called says little.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass

HEAD = 600  # bytes that tell a kind

_STATE_FROM_SCRIPT = 'In Python: torch.save(torch.jit.load("{name}").state_dict(), "{stem}_state.pth").'
_STATE_FROM_EXPORT = 'In Python: torch.save(torch.export.load("{name}").state_dict, "{stem}_state.pth").'
_FROM_TRAINING = "Save the state dict of the PyTorch network from which it was exported."
_KERAS = "Only PyTorch's networks are read: convert the weights to a state dict first."
_UNPACK = "Unpack it, and put the weights file from within beside the description."


@dataclass(frozen=True)
class OtherKind:
    """What a file is, as the end of a sentence, and what helps."""

    said: str
    hint: str


def kind_of_bytes(head: bytes, name: str) -> OtherKind | None:
    """The kind of a file that begins so; None if it is none of the known ones."""
    for pattern, said, hint in _BYTES:
        if pattern.match(head):
            return _kind(said, hint, name)
    return None


def kind_of_archive(members: Collection[str], name: str) -> OtherKind | None:
    """The kind of a zip archive that holds these files; None if it is none of the known ones."""
    for pattern, said, hint in _MEMBERS:
        if any(pattern.search(member[:HEAD]) for member in members):
            return _kind(said, hint, name)
    return None


def _kind(said: str, hint: str, name: str) -> OtherKind:
    return OtherKind(said, hint.replace("{name}", name).replace("{stem}", name.rpartition(".")[0]))


_BYTES: tuple[tuple[re.Pattern[bytes], str, str], ...] = tuple(
    (re.compile(pattern, re.DOTALL | re.IGNORECASE), said, hint)
    for pattern, said, hint in (
        (rb"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras writes them", _KERAS),
        (rb".{4}TFL3", "a TensorFlow Lite network", _KERAS),
        (rb"\x08[\x01-\x20]\x12[\x01-\x40][ -~]", "an ONNX network", _FROM_TRAINING),
        (rb"GGUF", "a GGUF file", _FROM_TRAINING),
        (rb"<\?xml.{0,200}<net ", "an OpenVINO network", _FROM_TRAINING),
        (rb"version https://git-lfs", "only Git LFS's pointer to a file, not the file", "Fetch it: git lfs pull."),
        (rb"\s*<(!doctype|html)", "a web page and no weights", "Download the file itself, not the page about it."),
        (rb"\x93NUMPY", "a NumPy array", "Save a state dict: torch.save of a mapping of names to tensors."),
        (rb"(\x1f\x8b|7z\xbc\xaf|Rar!|\xfd7zXZ|BZh)", "a packed archive", _UNPACK),
        (rb"..{1,256}ustar", "a tar archive", _UNPACK),
        (rb".{7}\x00\{\"", "a safetensors file under another ending", "Rename it to {stem}.safetensors."),
        (rb"\x80\x02\x8a\x0al\xfc\x9cF", "a file of torch.save under another ending", "Rename it to {stem}.pth."),
        (rb"PK\x03\x04", "a zip archive, as torch.save writes them, under another ending", "Rename it to {stem}.pth."),
    )
)
_MEMBERS: tuple[tuple[re.Pattern[str], str, str], ...] = tuple(
    (re.compile(pattern), said, hint)
    for pattern, said, hint in (
        (r"(^|/)constants\.pkl$|(^|/)code/", "a TorchScript archive, which holds code", _STATE_FROM_SCRIPT),
        (
            r"(^|/)archive_format$|serialized_exported_program|(^|/)models/\w+\.json$",
            "a torch.export program",
            _STATE_FROM_EXPORT,
        ),
        (r"(^|/)model\.weights\.h5$", "a Keras network", _KERAS),
        (r"(^|/)saved_model\.pb$", "a TensorFlow network", _KERAS),
        (r"\.npy$", "a NumPy archive", "Save a state dict: torch.save of a mapping of names to tensors."),
        (r"\.(pth|pt|safetensors|ckpt|bin)$", "a zip archive with a weights file in it", _UNPACK),
    )
)
