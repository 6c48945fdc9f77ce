"""Does every way in which people save weights give the logits of the network that was saved?"""

import copyreg
import io
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from gradcam_core.errors import ModelError
from gradcam_core.models import broken_checkpoints, list_models, load_model
from gradcam_core.tinynet import TinyNet

WritePair = Callable[..., Path]


def trained(net: nn.Module) -> dict[str, Any]:
    """What a training script saves along."""
    optimizer = torch.optim.Adam(net.parameters())
    net(torch.rand(2, 3, 32, 32)).sum().backward()
    weights = {key: value.clone() for key, value in net.state_dict().items()}
    optimizer.step()
    net.load_state_dict(weights)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [30, 60])
    more = {
        "optimizer": optimizer.state_dict(),
        "lr_scheduler": schedule.state_dict(),
        "input": torch.Size([3, 32, 32]),
    }
    return {"epoch": 3, "best": 0.93, "arch": "tinynet", **more}


def with_prefix(prefix: str) -> Callable[[nn.Module], Any]:
    return lambda net: {prefix + key: value for key, value in net.state_dict().items()}


def cast(dtype: torch.dtype) -> Callable[[nn.Module], Any]:
    return lambda net: {k: v.to(dtype) if v.is_floating_point() else v for k, v in net.state_dict().items()}


def flat(net: nn.Module) -> dict[str, Tensor]:
    """All weights as views of one storage."""
    whole = torch.cat([value.flatten() for value in net.parameters()])
    pieces = torch.split(whole, [value.numel() for value in net.parameters()])
    views = {key: piece.view_as(value) for piece, (key, value) in zip(pieces, net.named_parameters(), strict=True)}
    return {**net.state_dict(), **views}


GOOD: dict[str, Callable[[nn.Module], Any]] = {
    "plain": lambda net: net.state_dict(),
    "a plain mapping": lambda net: dict(net.state_dict()),
    "parameters": lambda net: net.state_dict(keep_vars=True),
    "DataParallel": lambda net: nn.DataParallel(net).state_dict(),
    "average": lambda net: torch.optim.swa_utils.AveragedModel(net).state_dict(),
    "average in parallel": lambda net: torch.optim.swa_utils.AveragedModel(nn.DataParallel(net)).state_dict(),
    "device and precision": lambda net: {"net": net.state_dict(), "on": torch.device("cuda", 1), "as": torch.float32},
    "Lightning": with_prefix("model."),
    "compiled": with_prefix("_orig_mod."),
    "compiled in parallel": with_prefix("module._orig_mod."),
    "state_dict": lambda net: {**trained(net), "state_dict": net.state_dict()},
    "model_state_dict": lambda net: {**trained(net), "model_state_dict": net.state_dict()},
    "model": lambda net: {**trained(net), "model": with_prefix("module.")(net)},
    "net": lambda net: {"net": nn.DataParallel(net).state_dict(), "acc": 91.5, "epoch": 7},
    "half": cast(torch.float16),
    "bfloat16": cast(torch.bfloat16),
    "double": cast(torch.float64),
    "channels last": lambda net: net.to(memory_format=torch.channels_last).state_dict(),
    "one storage": flat,
}


@pytest.fixture
def net() -> TinyNet:
    """One whose weights float16 and bfloat16 hold exactly."""
    torch.manual_seed(0)
    net = TinyNet(3)
    for value in net.state_dict().values():
        value.copy_(value.bfloat16().half())
    return net.eval()


def check_same(net: nn.Module) -> None:
    noise = torch.rand(2, 3, 32, 32)
    assert torch.equal(load_model("small", device="cpu").module(noise), net(noise))


@pytest.mark.parametrize("is_zip", [True, False], ids=["zip", "old"])
@pytest.mark.parametrize("kind", GOOD)
def test_good_file_gives_the_same_logits(
    folder: Path, write_pair: WritePair, net: TinyNet, kind: str, is_zip: bool
) -> None:
    write_pair("small", suffix=".pth")
    torch.save(GOOD[kind](net), folder / "small.pth", _use_new_zipfile_serialization=is_zip)
    check_same(net)


def test_parameters_of_the_oldest_torch_load(
    folder: Path, write_pair: WritePair, net: TinyNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reduced(value: nn.Parameter) -> tuple[Any, ...]:
        return copyreg.__newobj__, (nn.Parameter,), (value.data, None, OrderedDict(), True, False)  # type: ignore[attr-defined]

    write_pair("small", suffix=".pth")
    monkeypatch.setitem(copyreg.dispatch_table, nn.Parameter, reduced)
    torch.save(net.state_dict(keep_vars=True), folder / "small.pth", _use_new_zipfile_serialization=False)
    assert b"nn.parameter\nParameter\nq\x03)\x81" in (folder / "small.pth").read_bytes()
    check_same(net)


def test_protocol_3_loads(folder: Path, write_pair: WritePair, net: TinyNet) -> None:
    write_pair("small", suffix=".pth")
    torch.save(net.state_dict(), folder / "small.pth", pickle_protocol=3)
    with pytest.warns(UserWarning, match="pickle protocol 3"):
        check_same(net)


def test_file_of_a_big_endian_machine_loads(folder: Path, write_pair: WritePair, net: TinyNet) -> None:
    write_pair("small", suffix=".pth")
    for value in net.state_dict().values():
        value.untyped_storage().byteswap(value.dtype)
    written = io.BytesIO()
    torch.save(net.state_dict(), written)
    for value in net.state_dict().values():
        value.untyped_storage().byteswap(value.dtype)
    with zipfile.ZipFile(written) as little, zipfile.ZipFile(folder / "small.pth", "w") as big:
        for name in little.namelist():
            big.writestr(name, b"big" if name.endswith("/byteorder") else little.read(name))
    check_same(net)


def test_weights_in_several_files_load_as_one(folder: Path, write_pair: WritePair, net: TinyNet) -> None:
    write_pair("small").unlink()
    names = list(net.state_dict())
    for number, part in enumerate((names[:9], names[9:]), start=1):
        state = {name: net.state_dict()[name] for name in part}
        save_file(state, folder / f"small-{number:05}-of-00002.safetensors")
    (folder / "small.safetensors.index.json").write_text("{}")
    assert [spec.name for spec in list_models() if spec.source == "checkpoint"] == ["small"]
    assert broken_checkpoints() == []
    check_same(net)
    (folder / "small-00002-of-00002.safetensors").unlink()
    with pytest.raises(ModelError, match=r"small-00002-of-00002\.safetensors is not in the folder"):
        load_model("small", device="cpu")


@pytest.mark.parametrize("stem", ["model", "small"])
def test_pair_in_a_folder_of_its_own_has_the_folders_name(
    folder: Path, write_pair: WritePair, net: TinyNet, stem: str
) -> None:
    write_pair(stem, module=net)
    (folder / "small").mkdir()
    for suffix in (".json", ".safetensors"):
        (folder / f"{stem}{suffix}").rename(folder / "small" / f"{stem}{suffix}")
    assert [spec.name for spec in list_models() if spec.source == "checkpoint"] == ["small"]
    check_same(net)


def test_file_of_another_kind_beside_a_description_is_named(folder: Path, write_pair: WritePair) -> None:
    write_pair("small").unlink()
    (folder / "small.onnx").write_bytes(b"\x08\x07\x12\x07pytorch")
    ((_, sentence),) = broken_checkpoints()
    assert "small.onnx is an ONNX network: Save the state dict of the PyTorch network" in sentence


def test_described_head_loads(folder: Path, write_pair: WritePair, net: TinyNet) -> None:
    head = nn.Sequential(nn.Linear(128, 8), nn.GELU(), nn.Linear(8, 3)).requires_grad_(False)
    net.set_submodule("head", head)
    write_pair("small", module=net, head={"head": ["linear 8", "gelu", "linear"]})
    check_same(net)
    write_pair("small", module=net, head=["linear 8", "gelu", "linear"])
    with pytest.raises(ModelError, match=r"head is \["):
        load_model("small", device="cpu")


def test_what_was_left_out_of_a_file_is_among_the_models_notes(
    folder: Path, write_pair: WritePair, net: TinyNet
) -> None:
    write_pair("small", suffix=".pth")
    torch.save({"net": {**net.state_dict(), "criterion.weight": torch.ones(3)}}, folder / "small.pth")
    check_same(net)
    assert "Left out of the file: criterion.weight." in load_model("small", device="cpu").notes


@pytest.mark.parametrize(
    ("own", "is_said"),
    [
        ((0.485, 0.456, 0.406, 0.2), True),
        ((0.5, 0.4, 0.3, 51), True),
        ((0.5, 0.4, 0.3, 0.2), False),
        ((127.5, 102, 76.5, 51), False),
    ],
)
def test_numbers_of_a_network_that_normalises_its_own_input_are_said_where_others_count(
    folder: Path, write_pair: WritePair, net: TinyNet, own: tuple[float, ...], is_said: bool
) -> None:
    write_pair("small", suffix=".pth")
    numbers = {"mean": torch.tensor(own[:3]), "std": torch.full((3,), own[3])}
    torch.save(net.state_dict() | numbers, folder / "small.pth")
    check_same(net)
    notes = " ".join(load_model("small", device="cpu").notes)
    mean, std = (", ".join(f"{number:.4g}" for number in numbers) for numbers in (own[:3], own[3:] * 3))
    assert (f"mean {mean} and std {std}, as that of" in notes) == is_said
    assert "Left out of the file: mean and std." in notes


@pytest.mark.parametrize("note", [None, {"format": "pt"}, {"format": "tf"}, {"\x1b": "\0", "x": "y" * 100_000}])
def test_notes_in_safetensors_do_not_matter(
    folder: Path, write_pair: WritePair, net: TinyNet, note: dict[str, str] | None
) -> None:
    save_file(cast(torch.bfloat16)(net), write_pair("small"), metadata=note)
    check_same(net)
