"""What gets from a weights file into a network, and what is refused?"""

import argparse
import pickle
import zipfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from gradcam_core.checkpoints.weights import check_fit, load_into, read_file, read_files
from gradcam_core.errors import ModelError
from gradcam_core.tinynet import TinyNet


class Payload:
    """A pickle that makes a file when it is loaded."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> Any:
        return Path.touch, (self.target,)


@pytest.fixture
def net() -> TinyNet:
    torch.manual_seed(0)
    return TinyNet(3)


def saved(content: Any, path: Path) -> Path:
    torch.save(content, path)
    return path


def equal(left: dict[str, Tensor], right: dict[str, Tensor]) -> bool:
    return left.keys() == right.keys() and all(torch.equal(left[key], right[key]) for key in left)


def test_safetensors_and_torch_files_hold_the_same(tmp_path: Path, net: TinyNet) -> None:
    save_file(net.state_dict(), tmp_path / "a.safetensors")
    saved(net.state_dict(), tmp_path / "a.pth")
    assert equal(read_file(tmp_path / "a.safetensors").tensors, net.state_dict())
    assert equal(read_file(tmp_path / "a.pth").tensors, net.state_dict())


def test_parts_are_refused_if_two_hold_one_tensor_or_all_are_too_large(
    tmp_path: Path, net: TinyNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / "a.safetensors", tmp_path / "b.safetensors"]
    halves = dict(list(net.state_dict().items())[:9]), dict(list(net.state_dict().items())[9:])
    for path, half in zip(paths, halves, strict=True):
        save_file(half, path)
    assert equal(read_files(paths).tensors, net.state_dict())
    monkeypatch.setenv("HEATPROOF_MAX_CHECKPOINT_BYTES", str(sum(path.stat().st_size for path in paths) - 1))
    with pytest.raises(ModelError, match=r"a\.safetensors and the other parts have"):
        read_files(paths)
    monkeypatch.delenv("HEATPROOF_MAX_CHECKPOINT_BYTES")
    save_file({**halves[1], next(iter(halves[0])): torch.zeros(1)}, paths[1])
    with pytest.raises(ModelError, match=r"b\.safetensors holds .*, which another part of the weights holds too"):
        read_files(paths)


@pytest.mark.parametrize("wrapper", ["state_dict", "model"])
def test_training_checkpoint_is_unwrapped(tmp_path: Path, net: TinyNet, wrapper: str) -> None:
    content = {"epoch": 3, "optimizer": {"lr": 0.1}, wrapper: net.state_dict()}
    assert equal(read_file(saved(content, tmp_path / "a.pt")).tensors, net.state_dict())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (argparse.Namespace(lr=0.1), "argparse.Namespace"),
        (np.float64(0.9), "numpy._core.multiarray.scalar"),
        ({1, 2}, "set"),
        (defaultdict(list), "collections.defaultdict"),
        (Path("logs"), f"pathlib.{type(Path()).__name__}"),
    ],
)
def test_what_a_sound_checkpoint_also_holds_is_named(tmp_path: Path, net: TinyNet, content: object, said: str) -> None:
    path = saved({"state_dict": net.state_dict(), "more": content}, tmp_path / "a.pth")
    with pytest.raises(ModelError) as caught:
        read_file(path)
    assert caught.value.message == f"a.pth holds {said}, and nothing but tensors and plain containers is ever read."
    assert "model.state_dict()" in caught.value.hint


@pytest.mark.parametrize("protocol", [4, 5])
def test_newer_pickle_protocol_is_said_to_be_one(tmp_path: Path, net: TinyNet, protocol: int) -> None:
    torch.save(net.state_dict(), tmp_path / "a.pth", pickle_protocol=protocol)
    with pytest.raises(ModelError) as caught:
        read_file(tmp_path / "a.pth")
    assert caught.value.message == f"a.pth was saved with pickle_protocol={protocol}, and at most 3 is read."
    assert "plain torch.save" in caught.value.hint


def test_payload_is_refused_and_never_runs(tmp_path: Path) -> None:
    target = tmp_path / "ran"
    path = saved({"weight": Payload(target)}, tmp_path / "a.pth")
    with pytest.raises(ModelError, match="and nothing but tensors and plain containers is ever read"):
        read_file(path)
    assert not target.exists()
    assert torch.load(path, weights_only=False) is not None
    assert target.exists()  # the payload does run where it is let


def refused(tmp_path: Path) -> dict[str, Callable[[Path], object]]:
    weight = {"weight": torch.zeros(4, 4)}
    return {
        "empty": lambda path: path.write_bytes(b""),
        "text": lambda path: path.write_text("no weights at all"),
        "bare pickle": lambda path: path.write_bytes(pickle.dumps({"weight": [1.0]})),
        "whole network": lambda path: torch.save(TinyNet(2), path),
        "TorchScript": lambda path: torch.jit.save(torch.jit.script(nn.Linear(2, 2)), path),
        "list": lambda path: torch.save([torch.zeros(2)], path),
        "name of a megabyte": lambda path: torch.save({"x" * 10**6: torch.zeros(2)}, path),
        "no name": lambda path: torch.save({1: torch.zeros(2)}, path),
        "nothing": lambda path: torch.save({}, path),
        "too many": lambda path: torch.save({str(index): torch.zeros(()) for index in range(5001)}, path),
        "sparse": lambda path: torch.save({"weight": torch.zeros(4, 4).to_sparse()}, path),
        "complex": lambda path: torch.save({"weight": torch.zeros(4, dtype=torch.complex64)}, path),
        "on no device": lambda path: torch.save({"weight": torch.zeros(4, device="meta")}, path),
        "claims": lambda path: torch.save({"weight": torch.zeros(1).expand(10**12)}, path),
        "cut short": lambda path: path.write_bytes(saved(weight, tmp_path / "whole").read_bytes()[:-300]),
        "zip of else": lambda path: zipfile.ZipFile(path, "w").close(),
    }


@pytest.mark.filterwarnings("ignore")  # torch.jit is old, but people still have its files
@pytest.mark.parametrize("kind", refused(Path()))
def test_file_that_is_no_state_dict_is_refused_with_a_hint(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "strange.pth"
    refused(tmp_path)[kind](path)
    with pytest.raises(ModelError, match=r"^strange\.pth ") as caught:
        read_file(path)
    assert caught.value.hint


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff" * 8, (10**9).to_bytes(8, "little") + b"{}", b"\x02\0\0\0\0\0\0\0[]", b"<html>not found</html>"],
)
def test_malformed_safetensors_are_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "strange.safetensors"
    path.write_bytes(data)
    with pytest.raises(ModelError, match=r"strange\.safetensors"):
        read_file(path)


def test_deflated_archive_is_refused_before_torch_reads_it(tmp_path: Path) -> None:
    path = saved({"weight": torch.zeros(1000)}, tmp_path / "stored.pth")
    with (
        zipfile.ZipFile(path) as stored,
        zipfile.ZipFile(tmp_path / "deflated.pth", "w", zipfile.ZIP_DEFLATED) as deflated,
    ):
        for name in stored.namelist():
            deflated.writestr(name, stored.read(name))
    with pytest.raises(ModelError, match=r"packed in a way that torch\.save never does"):
        read_file(tmp_path / "deflated.pth")


def test_file_over_the_limit_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_MAX_CHECKPOINT_BYTES", "1000")
    for name, is_advised in (("large.pth", True), ("large.safetensors", False)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(3_000_001)
        with pytest.raises(ModelError, match=r"has 3\.0 MB, and at most 1,000 bytes are read") as caught:
            read_file(tmp_path / name)
        assert caught.value.hint.endswith("aise HEATPROOF_MAX_CHECKPOINT_BYTES.")
        assert ("optimizer" in caught.value.hint) == is_advised


def test_file_that_is_gone_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"absent\.pth can't be read"):
        read_file(tmp_path / "absent.pth")


def test_half_precision_becomes_the_networks_own(net: TinyNet) -> None:
    half = {key: value.half() if value.is_floating_point() else value for key, value in TinyNet(3).state_dict().items()}
    load_into(net, half)
    assert net.head.weight.dtype == torch.float32
    assert torch.equal(net.head.weight, half["head.weight"].float())


def test_step_counters_may_be_absent(net: TinyNet) -> None:
    other = TinyNet(3).state_dict()
    load_into(net, {key: value for key, value in other.items() if not key.endswith("num_batches_tracked")})
    assert torch.equal(net.head.weight, other["head.weight"])


def test_mismatch_names_one_of_the_files_tensors_beside_one_of_the_networks(net: TinyNet) -> None:
    state = net.state_dict()
    state["blocks.0.9.weight"] = state.pop("blocks.0.0.weight")
    with pytest.raises(ModelError) as caught:
        check_fit(net, state)
    assert caught.value.message == (
        "The weights do not fit the network: the network needs blocks.0.0.weight (24 x 3 x 4 x 4), and the file has "
        "blocks.0.9.weight (24 x 3 x 4 x 4)."
    )


@pytest.mark.parametrize(
    ("given", "said", "advice"),
    [
        (5, "head.weight gives 5 outputs, and the description says 3", "Set num_classes to 5"),
        (1, "head.weight gives 1 output, and the description says 3", 'Set activation to "binary"'),
    ],
)
def test_number_of_classes_is_advised_where_it_alone_is_wrong(net: TinyNet, given: int, said: str, advice: str) -> None:
    with pytest.raises(ModelError) as caught:
        check_fit(net, TinyNet(given).state_dict())
    assert caught.value.message == f"The weights do not fit the network: {said}."
    assert caught.value.hint.startswith(advice)


def test_missing_and_superfluous_tensors_are_named_to_three(net: TinyNet) -> None:
    state = net.state_dict()
    few = {key: value for key, value in state.items() if not key.startswith("blocks.0.")}
    with pytest.raises(ModelError, match=r"has no blocks\.0\.0\.weight, blocks\.0\.1\.weight, .* and 2 more, which"):
        check_fit(net, few)
    with pytest.raises(ModelError, match=r"has extra\.weight, and the network has no such part, though all"):
        check_fit(net, {**state, "extra.weight": torch.zeros(2, 7)})


def test_strangers_name_is_shown_short_and_printable(net: TinyNet) -> None:
    with pytest.raises(ModelError) as caught:
        check_fit(net, {"\x1b" * 5_000: torch.zeros(1)})
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 600


def test_names_that_also_fit_without_their_beginning_are_the_networks_own() -> None:
    nested = nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.ModuleDict({"a": nn.Linear(2, 2)})})
    check_fit(nested, nested.state_dict())


def test_integers_do_not_become_weights(net: TinyNet) -> None:
    state = {**net.state_dict(), "head.bias": torch.zeros(3, dtype=torch.int8)}
    with pytest.raises(ModelError, match=r"head.bias is torch.int8 in the file and torch.float32 in the network"):
        check_fit(net, state)


@pytest.mark.parametrize("wrong", [float("nan"), float("inf"), float("-inf")])
def test_refused_weights_leave_the_network_as_it_was(net: TinyNet, wrong: float) -> None:
    before = {key: value.clone() for key, value in net.state_dict().items()}
    state = TinyNet(3).state_dict()
    state["head.weight"][1, 7] = wrong
    with pytest.raises(ModelError, match=r"not finite, in head.weight"):
        load_into(net, state)
    assert equal(net.state_dict(), before)
