"""Where does a model go, and what is said where the machine does not suffice?"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from gradcam_core.errors import ModelError, ResourceError
from gradcam_core.models import DEFAULT_MODEL, load_model, pick_device
from gradcam_core.models.registry import SOURCES

WritePair = Callable[..., Path]


def test_device_is_the_setting_where_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_DEVICE", "cpu")
    assert pick_device() == torch.device("cpu")


def test_device_auto_is_the_best_there_is() -> None:
    best = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert pick_device("auto").type == best


@pytest.mark.parametrize("device", ["gpu", "cuda:99", "meta", "xpu", "cpu:x"])
def test_device_that_is_not_there_is_one_sentence(device: str) -> None:
    with pytest.raises(ModelError, match=f"^This machine has no device '{device}'\\.$"):
        load_model(DEFAULT_MODEL, device=device)


def test_device_may_be_torchs_own() -> None:
    assert pick_device(torch.device("cpu")) == torch.device("cpu")
    with pytest.raises(ModelError, match=r"^This machine has no device 'cuda:99'\.$"):
        pick_device(torch.device("cuda", 99))


@pytest.mark.parametrize("name", [None, 3, Path("tinynet")])
def test_name_that_is_no_text_is_a_programmers_mistake(name: Any) -> None:
    with pytest.raises(TypeError, match=f"not {type(name).__name__}"):
        load_model(name)


def test_memory_that_runs_out_is_a_resource_error(
    folder: Path, write_pair: WritePair, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(_name: str) -> None:
        torch.empty(2**60)

    write_pair("small")
    monkeypatch.setattr(SOURCES["checkpoint"], "load", greedy)
    with pytest.raises(ResourceError, match="not enough memory to load small"):
        load_model("small", device="cpu")


def test_network_over_the_parameter_limit_is_not_built(
    folder: Path, write_pair: WritePair, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pair("small")
    monkeypatch.setenv("HEATPROOF_MAX_PARAMETERS", "100000")
    with pytest.raises(ModelError, match=r"heatproof/tinynet has 0\.2 million parameters, and at most 0\.1 million"):
        load_model("small", device="cpu")


def test_huge_architecture_is_refused_before_memory_is_taken(folder: Path, write_pair: WritePair) -> None:
    write_pair("small")
    description = json.loads((folder / "small.json").read_text())
    huge = {"architecture": "torchvision/vit_h_14", "image_size": 224}
    (folder / "small.json").write_text(json.dumps(description | huge))
    with pytest.raises(ModelError, match=r"torchvision/vit_h_14 has 630\.8 million parameters"):
        load_model("small", device="cpu")
