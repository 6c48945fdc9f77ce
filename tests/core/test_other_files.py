"""What is said of a file that is no state dict of floats, and does the step that is advised lead on?"""

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from gradcam_core.checkpoints.weights import read_file
from gradcam_core.errors import ModelError
from gradcam_core.tinynet import TinyNet

BYTES = {
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(600), "is an HDF5 file, as Keras writes them."),
    "TFLite": (b"\x1c\0\0\0TFL3" + bytes(600), "is a TensorFlow Lite network."),
    "ONNX": (b"\x08\x07\x12\x07pytorch\x1a\x052.1.0" + bytes(600), "is an ONNX network."),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\n", "is only Git LFS's pointer to a file"),
    "page": (b"\n<!DOCTYPE html><html>404", "is a web page and no weights."),
    "gzip": (b"\x1f\x8b\x08" + bytes(600), "is a packed archive."),
}


def refusal(path: Path) -> ModelError:
    with pytest.raises(ModelError) as caught:
        read_file(path)
    assert caught.value.hint
    assert caught.value.message.startswith(path.name)
    return caught.value


@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
@pytest.mark.parametrize("kind", BYTES)
def test_other_kind_of_file_is_named_by_its_content(tmp_path: Path, kind: str, suffix: str) -> None:
    content, said = BYTES[kind]
    path = tmp_path / f"net{suffix}"
    path.write_bytes(content)
    assert said in refusal(path).message


def test_weights_under_the_wrong_ending_are_to_be_renamed_and_then_load(tmp_path: Path) -> None:
    state = TinyNet(3).state_dict()
    save_file(state, tmp_path / "a.pth")
    torch.save(state, tmp_path / "b.safetensors")
    torch.save(state, tmp_path / "c.safetensors", _use_new_zipfile_serialization=False)
    assert refusal(tmp_path / "a.pth").hint == "Rename it to a.safetensors."
    assert refusal(tmp_path / "b.safetensors").hint == "Rename it to b.pth."
    assert refusal(tmp_path / "c.safetensors").hint == "Rename it to c.pth."
    assert read_file((tmp_path / "a.pth").rename(tmp_path / "a.safetensors")).tensors.keys() == state.keys()


@pytest.mark.filterwarnings("ignore")
def test_torchscript_is_told_the_line_that_makes_a_state_dict_of_it(tmp_path: Path) -> None:
    path = tmp_path / "net.pt"
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), path)
    error = refusal(path)
    assert "TorchScript" in error.message
    line = error.hint.removeprefix("In Python: ").removesuffix(".").replace("net", str(tmp_path / "net"))
    exec(line, {"torch": torch})  # noqa: S102 (our own hint)
    assert read_file(tmp_path / "net_state.pth").tensors.keys() == {"weight", "bias"}


@pytest.mark.parametrize(
    ("members", "said"),
    [
        (["model.weights.h5", "config.json"], "a Keras network"),
        (["arr_0.npy"], "a NumPy archive"),
        (["net/archive_format", "net/models/model.json"], "a torch.export program"),
        (["best.pth"], "a zip archive with a weights file in it"),
    ],
)
def test_archive_of_another_kind_is_named(tmp_path: Path, members: list[str], said: str) -> None:
    with zipfile.ZipFile(tmp_path / "net.pth", "w") as archive:
        for member in members:
            archive.writestr(member, b"{}")
    assert refusal(tmp_path / "net.pth").message == f"net.pth is {said}."


def test_tar_archive_is_to_be_unpacked(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "net.pth", "w") as archive:
        archive.addfile(tarfile.TarInfo("a.pth"), io.BytesIO())
    assert refusal(tmp_path / "net.pth").message == "net.pth is a tar archive."


PICKLED: dict[str, tuple[Callable[[], object], str, str]] = {
    "quantised": (
        lambda: {"a": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)},
        "holds quantised weights",
        "before quantisation",
    ),
    "float8": (lambda: {"a": torch.ones(2).to(torch.float8_e4m3fn)}, "such as float8", "value.float()"),
    "complex": (lambda: {"a": torch.ones(2, dtype=torch.complex64)}, "holds complex, sparse", "plain float"),
    "sparse": (lambda: {"a": torch.ones(2, 2).to_sparse()}, "holds complex, sparse", "to_dense"),
    "whole": (lambda: TinyNet(2), "holds gradcam_core.tinynet.TinyNet", "torch.save(network.state_dict(), path)"),
    "within": (lambda: {"net": nn.Linear(2, 2)}, "holds torch.nn.modules.linear.Linear", "torch.save(network.state"),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", PICKLED)
def test_what_a_torch_file_holds_instead_of_floats_is_said(tmp_path: Path, kind: str) -> None:
    make, said, advice = PICKLED[kind]
    torch.save(make(), tmp_path / "net.pth")
    error = refusal(tmp_path / "net.pth")
    assert said in error.message
    assert advice in error.hint


def test_float8_in_safetensors_is_said(tmp_path: Path) -> None:
    save_file({"a.weight": torch.ones(2).to(torch.float8_e5m2)}, tmp_path / "net.safetensors")
    assert "numbers of type torch.float8_e5m2, in a.weight" in refusal(tmp_path / "net.safetensors").message


def test_of_several_state_dicts_the_live_one_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    live, average = TinyNet(3).state_dict(), TinyNet(3).state_dict()
    torch.save({"epoch": 3, "state_dict_ema": average, "state_dict": live, "optim": {"m": average}}, tmp_path / "a.pth")
    weights = read_file(tmp_path / "a.pth")
    assert torch.equal(weights.tensors["head.weight"], live["head.weight"])
    assert weights.notes == ("The file also holds state_dict_ema; state_dict was taken.",)
    torch.save({"args": {"lr": 0.1}, "ema": {"module": average}}, tmp_path / "a.pth")
    assert torch.equal(read_file(tmp_path / "a.pth").tensors["head.weight"], average["head.weight"])


def test_numbers_among_the_tensors_are_left_out_and_said(tmp_path: Path) -> None:
    torch.save({**TinyNet(3).state_dict(), "epoch": 3}, tmp_path / "a.pth")
    assert read_file(tmp_path / "a.pth").notes == ("Left out of the file, for they are no tensors: epoch.",)


def test_one_mapping_many_times_over_is_gone_through_once(tmp_path: Path) -> None:
    inner: dict[str, object] = {str(key): torch.zeros(()) for key in range(3)}
    for _ in range(12):
        inner = {str(key): inner for key in range(500)}
    torch.save(inner, tmp_path / "a.pth")
    assert "a.pth" in refusal(tmp_path / "a.pth").message
