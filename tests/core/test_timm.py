"""Are timm's networks built as timm builds them: from its folders, and from a description beside the user's weights?"""

import json
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from gradcam_core.engine import Explainer
from gradcam_core.errors import ModelError
from gradcam_core.images import load_image
from gradcam_core.models import broken_checkpoints, download_model, find_model, inspect_model, list_models, load_model
from gradcam_core.models.registry import SOURCES
from gradcam_core.preprocessing import InputSpec, prepare
from tests.core.library_folders import REASON, wakened

WritePair = Callable[..., Path]
LABELS = ["ant", "bee", "cat"]
SMALL_VIT = {"img_size": 64, "embed_dim": 32, "depth": 2, "num_heads": 2}
SMALL_SWIN = {"img_size": 64, "embed_dim": 16, "depths": [1, 2], "num_heads": [2, 4], "window_size": 4}
NETWORKS: dict[str, dict[str, Any]] = {
    "test_vit": {},
    "swin_tiny_patch4_window7_224": SMALL_SWIN,
    "test_convnext": {},
    "test_resnet": {},
}
OTHERS: dict[str, dict[str, Any]] = {
    "vit_tiny_patch16_224": SMALL_VIT,
    "beit_base_patch16_224": SMALL_VIT,
    "eva02_tiny_patch14_224": {"img_size": 56, "embed_dim": 48, "depth": 2, "num_heads": 2},
    "vit_small_patch14_dinov2": {"img_size": 56, "embed_dim": 32, "depth": 2, "num_heads": 2},
    "swinv2_tiny_window8_256": {**SMALL_SWIN, "img_size": 64},
    "levit_128s": {},
    "test_mambaout": {},
    "test_efficientnet": {},
    "regnetx_002": {},
}


def timm() -> Any:
    return pytest.importorskip("timm", reason=REASON)


def made(name: str, num_classes: int = 3, **options: Any) -> Any:
    torch.manual_seed(0)
    return wakened(timm().create_model(name, num_classes=num_classes, **options))


def saved(folder: Path, name: str, *, model_config: dict[str, Any] | None = None, **options: Any) -> Any:
    """Write timm's folder, and give its network."""
    network = made(name, **options)
    config = {"label_names": LABELS} if model_config is None else model_config
    timm().models.save_for_hf(network, folder, model_config=config, safe_serialization=True)
    return network


def logits(network: nn.Module, spec: InputSpec) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = network.eval()(
            torch.linspace(-2, 2, 2 * int(np.prod(spec.shape))).sin().view(2, *spec.shape)
        )
        return found


def changed(folder: Path, **fields: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


# --- folders


@pytest.mark.parametrize("name", [*NETWORKS, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)])
def test_folder_is_timms_own_network_bit_for_bit_and_its_default_layer_has_a_map(folder: Path, name: str) -> None:
    own = saved(folder / "mine", name, **(NETWORKS | OTHERS)[name])
    model = load_model("mine", device="cpu")
    assert torch.equal(logits(model.module, model.input_spec), logits(own, model.input_spec))
    assert (model.labels, model.notes) == (tuple(LABELS), ())
    heat = Explainer(model).forward(load_image("sample:meadow")).cam(0, "gradcam").values
    assert np.isfinite(heat).all()
    assert np.ptp(heat) > 1e-3 * np.abs(heat).max() > 0
    assert inspect_model("mine").default_layer == model.default_layer


@pytest.mark.parametrize(
    "crop",
    [{"crop_mode": "center"}, {"crop_mode": "squash"}, {"crop_mode": "border", "crop_pct": 1}, {"interpolation": None}],
)
def test_input_is_that_of_timms_own_transform(folder: Path, crop: dict[str, Any]) -> None:
    saved(folder / "mine", "test_resnet")
    config = json.loads((folder / "mine" / "config.json").read_text())
    told = {**config["pretrained_cfg"], **crop, "input_size": [3, 64, 64]}
    changed(folder / "mine", pretrained_cfg=told)
    Image.effect_mandelbrot((150, 100), (-2.0, -1.5, 1.0, 1.5), 50).convert("RGB").save(folder / "image.png")
    spec = SOURCES["library"].describe("mine").input_spec
    data = timm().data
    settings = data.resolve_data_config(pretrained_cfg=told)
    with Image.open(folder / "image.png") as image:
        theirs = data.create_transform(**settings)(image)[None]
    ours = prepare(load_image(folder / "image.png"), spec).tensor
    inside = slice(12, 52)  # the border is the mean colour: 0 here, and to a 255th there
    assert torch.allclose(ours[:, :, inside], theirs[:, :, inside], atol=1e-6)
    assert torch.allclose(ours, theirs, atol=0.02)


def test_folder_of_transformers_wrapper_is_read_as_well(folder: Path) -> None:
    own = saved(folder / "mine", "test_resnet")
    path = folder / "mine" / "model.safetensors"
    save_file({f"timm_model.{key}": value for key, value in load_file(path).items()}, path)
    changed(folder / "mine", architectures=["TimmWrapperForImageClassification"], model_type="timm_wrapper")
    network = SOURCES["library"].load("mine")
    assert torch.equal(logits(network.module, network.input_spec), logits(own, network.input_spec))


def test_classes_without_names_are_numbered_or_imagenets_and_that_is_said(folder: Path) -> None:
    saved(folder / "few", "test_resnet", model_config={})
    saved(folder / "many", "test_resnet", model_config={}, num_classes=1000)
    few, many = SOURCES["library"].describe("few"), SOURCES["library"].describe("many")
    assert (few.labels, few.notes) == (
        ("class 0", "class 1", "class 2"),
        ("config.json names no classes: they are numbered.",),
    )
    assert (many.labels[0], many.notes) == (
        "tench",
        ("config.json names no classes: its 1,000 are taken for ImageNet's.",),
    )


def test_what_is_said_of_a_class_is_one_line_that_can_be_printed(folder: Path) -> None:
    saved(folder / "mine", "test_resnet")
    changed(folder / "mine", label_descriptions={LABELS[0]: "a\n small\tone\x1b", LABELS[1]: " "})
    first, *others = SOURCES["library"].describe("mine").labels
    assert first.startswith("a small one")
    assert first.isprintable()
    assert others == LABELS[1:]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"num_classes": 0}, "num_classes 0: the network has no head that names classes."),
        ({"label_names": ["ant"]}, "config.json names 1 classes, and num_classes is 3."),
        ({"pretrained_cfg": {"input_size": [1, 64, 64]}}, "input_size is [1, 64, 64]"),
        ({"pretrained_cfg": {"crop_mode": "random"}}, "crop_mode is"),
        ({"pretrained_cfg": {"mean": 123.675}}, "mean or std is 123.675, for pixels that go from 0 to 1."),
    ],
)
def test_folder_that_can_not_be_used_says_why(folder: Path, fields: dict[str, Any], sentence: str) -> None:
    saved(folder / "mine", "test_resnet")
    changed(folder / "mine", **fields)
    assert sentence in dict(broken_checkpoints())["mine"]


def test_folder_of_an_older_timm_is_read_as_well(folder: Path) -> None:
    saved(folder / "mine", "test_resnet")
    new = SOURCES["library"].describe("mine")
    path = folder / "mine" / "config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config.pop("pretrained_cfg"), **config}))
    assert replace(SOURCES["library"].describe("mine"), notes=()) == replace(new, notes=())


# --- descriptions


@pytest.mark.parametrize("name", ["swin_tiny_patch4_window7_224"])
def test_description_names_a_network_of_timms_with_its_options(folder: Path, write_pair: WritePair, name: str) -> None:
    own = made(name, **NETWORKS[name])
    size = {"resize_size": 64, "crop_size": 64, "mean": 0.5, "std": 0.5, "fit": "crop"}
    write_pair("mine", architecture=f"timm/{name}", module=own, options=NETWORKS[name], preprocessing=size)
    model = load_model("mine", device="cpu")
    assert torch.equal(logits(model.module, model.input_spec), logits(own, model.input_spec))
    assert model.notes == ()


def test_timms_own_option_of_channels_is_refused_with_the_field_that_is_read(
    folder: Path, write_pair: WritePair
) -> None:
    grey = made("test_resnet", in_chans=1)
    size = {"resize_size": 64, "crop_size": 64, "mean": 0.5, "std": 0.5, "fit": "crop"}
    pair = {"architecture": "timm/test_resnet", "module": grey}
    write_pair("mine", **pair, options={"in_chans": 1}, preprocessing=size)
    with pytest.raises(ModelError, match=r"in_chans is 1, .* write channels \(1 for grey\) into preprocessing"):
        load_model("mine", device="cpu")
    write_pair("mine", **pair, preprocessing={**size, "channels": 1})
    model = load_model("mine", device="cpu")
    assert torch.equal(logits(model.module, model.input_spec), logits(grey, model.input_spec))


def test_timms_own_preprocessing_is_taken_where_none_is_told_and_that_is_said(
    folder: Path, write_pair: WritePair
) -> None:
    write_pair("mine", architecture="timm/test_resnet", module=made("test_resnet"), preprocessing=None)
    model = load_model("mine", device="cpu")
    assert (model.input_spec.resize_size, model.input_spec.size, model.input_spec.interpolation) == (
        168,
        (160, 160),
        "bilinear",
    )
    assert model.notes == (
        "Its description has no preprocessing: timm's own for test_resnet was taken (160 x 160 px).",
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"architecture": "timm/resnett18"}, "timm has no network 'resnett18'. Near that name: "),
        ({"architecture": "timm/hf-hub:somebody/network"}, "timm has no network 'hf-hub:somebody/network'"),
        ({"options": {"checkpoint_path": "/etc/passwd"}}, "The option 'checkpoint_path' is not given to timm."),
        ({"options": {"pretrained": True}}, "The option 'pretrained' is not given to timm."),
        ({"options": {"img_sise": 64}}, "timm can't build test_resnet with img_sise 64: TypeError."),
        ({"options": {"depths": [100_000]}}, "The option depths is too large. At most 10,000."),
    ],
)
def test_what_timm_does_not_have_or_would_load_is_refused(
    folder: Path, write_pair: WritePair, changes: dict[str, Any], sentence: str
) -> None:
    timm()
    write_pair("mine", **{"architecture": "timm/test_resnet", **changes})
    with pytest.raises(ModelError) as refusal:
        load_model("mine")
    assert sentence in f"{refusal.value.message} {refusal.value.hint}"


def test_too_many_parameters_are_refused(folder: Path, write_pair: WritePair, monkeypatch: pytest.MonkeyPatch) -> None:
    timm()
    write_pair("mine", architecture="timm/test_resnet")
    monkeypatch.setenv("HEATPROOF_MAX_PARAMETERS", "100000")
    with pytest.raises(ModelError, match=r"timm/test_resnet has 0\.4 million parameters"):
        load_model("mine")


def test_without_timm_the_command_that_installs_it_is_said(
    folder: Path, write_pair: WritePair, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_pair("mine", architecture="timm/test_resnet")
    monkeypatch.setattr("gradcam_core.models.extra.is_installed", lambda _: False)
    assert [spec.name for spec in list_models() if spec.source == "checkpoint"] == []
    assert "needs the package timm, which is not installed. Run: pip install" in dict(broken_checkpoints())["mine"]


@pytest.mark.slow
def test_neither_library_is_imported_until_one_of_its_networks_is_built(folder: Path, write_pair: WritePair) -> None:
    saved(folder / "folder", "test_resnet")
    write_pair("pair", architecture="timm/test_resnet")
    assert find_model("pair").architecture == "timm/test_resnet"
    code = (
        "import sys; from gradcam_core.models import list_models; "
        "print(len([s for s in list_models() if s.name in ('folder', 'pair')]), "
        "sorted({'timm', 'transformers', 'huggingface_hub'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "2 []\n"


# --- timm's own weights


@pytest.fixture
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, which is allowed and out of reach."""
    constants = pytest.importorskip("huggingface_hub.constants", reason=REASON)

    def refuse(*_: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setenv("HEATPROOF_TIMM_HUB", "on")
    return tmp_path


def test_timms_weights_are_known_by_name_and_loaded_from_the_hubs_cache(hub_cache: Path) -> None:
    own = made("test_vit", num_classes=1000)
    kept = hub_cache / "models--timm--test_vit.r160_in1k"
    (kept / "snapshots" / "a").mkdir(parents=True)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text("a")
    save_file(own.state_dict(), kept / "snapshots" / "a" / "model.safetensors")
    assert find_model("timm/test_vit").ready
    model = load_model("timm/test_vit", device="cpu")
    assert torch.equal(logits(model.module, model.input_spec), logits(own, model.input_spec))
    assert (model.labels[0], model.input_spec.size) == ("tench", (160, 160))
    assert "timm/test_vit" not in [spec.name for spec in list_models()]


def test_timms_weights_that_can_not_be_fetched_are_one_sentence(hub_cache: Path) -> None:
    timm()
    assert not find_model("timm/test_vit").ready
    with pytest.raises(ModelError, match="are not on this machine"):
        load_model("timm/test_vit")
    with pytest.raises(ModelError, match=r"The weights of timm/test_vit could not be fetched from timm's hub\."):
        download_model("timm/test_vit")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("timm/vit_small_patch14_dinov2", "have no head that names classes"),
        ("timm/vit_smal_patch14_dinov2", "Near that name: vit_small_patch14_dinov2"),
    ],
)
def test_name_without_classes_or_unknown_to_timm_is_refused(hub_cache: Path, name: str, sentence: str) -> None:
    timm()
    with pytest.raises(ModelError) as refusal:
        find_model(name)
    assert sentence in f"{refusal.value.message} {refusal.value.hint}"


def test_timms_hub_is_not_asked_where_nobody_has_allowed_it() -> None:
    with pytest.raises(ModelError, match="whoever runs this has not allowed timm's hub"):
        find_model("timm/test_vit")
