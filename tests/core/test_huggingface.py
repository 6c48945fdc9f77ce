"""Is the network of a Hugging Face folder the library's own, and is the folder trusted with nothing?"""

import json
import os
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import nn

from gradcam_core.checkpoints.fields import Fields
from gradcam_core.engine import Explainer
from gradcam_core.errors import ModelError
from gradcam_core.images import load_image
from gradcam_core.models import broken_checkpoints, find_model, inspect_model, list_models, load_model
from gradcam_core.models.huggingface.families import FAMILIES, family_of
from gradcam_core.models.huggingface.processor import read_input_spec
from gradcam_core.models.registry import SOURCES, model_skeleton
from gradcam_core.models.spec import Network
from gradcam_core.preprocessing import InputSpec, prepare
from tests.core.library_folders import COMMON, EXAMPLES, OTHERS, saved, transformers

VIT = family_of("ViTForImageClassification")
IMAGES = torch.linspace(-2, 2, 2 * 3 * 64 * 64).sin().view(2, 3, 64, 64)


def loaded(name: str = "vit") -> Network:
    return SOURCES["library"].load(name)


def logits(network: nn.Module) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = network.eval()(IMAGES)
        return found


def changed(folder: Path, **fields: Any) -> None:
    """Write other fields into the folder's config.json; one that is None is left out."""
    path = folder / "config.json"
    values = {**json.loads(path.read_text()), **fields}
    path.write_text(json.dumps({key: value for key, value in values.items() if value is not None}))


def why_broken(name: str = "vit") -> str:
    return dict(broken_checkpoints())[name]


# --- the network


@pytest.mark.parametrize("name", [*COMMON, *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS)])
def test_network_is_the_librarys_own_to_a_millionth_and_its_default_layer_has_a_map(folder: Path, name: str) -> None:
    own: Any = saved(folder / "mine", name)
    model = load_model("mine", device="cpu")
    with torch.no_grad():
        assert torch.allclose(logits(model.module), own(pixel_values=IMAGES).logits, atol=1e-6, rtol=0)
    assert [part for part, _ in model.module.named_modules()] == [part for part, _ in own.named_modules()]
    heat = Explainer(model).forward(load_image("sample:meadow")).cam(0, "gradcam").values
    assert np.isfinite(heat).all()
    assert np.ptp(heat) > 1e-3 * np.abs(heat).max() > 0
    assert inspect_model("mine").default_layer == model.default_layer


def test_every_family_of_the_table_has_an_example() -> None:
    assert {found for family in FAMILIES for found in family.architectures} == {
        example.architecture for example in EXAMPLES.values()
    }


def test_weights_may_be_in_several_files_or_in_one_of_torchs(folder: Path) -> None:
    own: Any = saved(folder / "parts", max_shard_size="40KB")
    assert len(list((folder / "parts").glob("*.safetensors"))) > 1
    saved(folder / "pickled")
    torch.save(load_file(folder / "pickled" / "model.safetensors"), folder / "pickled" / "pytorch_model.bin")
    (folder / "pickled" / "model.safetensors").unlink()
    with torch.no_grad():
        expected = own(pixel_values=IMAGES).logits
    assert torch.equal(logits(loaded("parts").module), expected)
    assert torch.equal(logits(loaded("pickled").module), expected)


def test_classes_and_their_activation_are_those_of_the_file(folder: Path) -> None:
    saved(folder / "vit", labels={0: "zebra", 1: "ape", 2: "ox"}, problem_type="multi_label_classification")
    network = loaded()
    assert (network.labels, network.activation, network.notes) == (("zebra", "ape", "ox"), "sigmoid", ())


def test_one_output_is_a_yes_or_no_and_that_is_said(folder: Path) -> None:
    saved(folder / "vit", labels={0: "rust"})
    network = loaded()
    assert (network.labels, network.activation) == (("not rust", "rust"), "binary")
    assert network.notes == ("The network has one output, whose sigmoid is taken for the probability of rust.",)


def test_folder_that_was_chosen_itself_is_a_model_and_its_files_are_no_broken_pairs(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(folder / "mine")
    monkeypatch.setenv("HEATPROOF_CHECKPOINTS", str(folder / "mine"))
    assert find_model("mine").sentence == "A Hugging Face folder of the checkpoint folder: ViT."
    assert broken_checkpoints() == []


def test_skeleton_has_the_networks_layers_and_no_memory(folder: Path) -> None:
    own = saved(folder / "vit")
    skeleton = model_skeleton(find_model("vit"))
    assert {name: value.shape for name, value in skeleton.state_dict().items()} == {
        name: value.shape for name, value in own.state_dict().items()
    }
    assert {parameter.device.type for parameter in skeleton.parameters()} == {"meta"}
    assert type(skeleton).__name__ == type(own).__name__ == "ViTForImageClassification"


# --- how an image is prepared


def spec_of(folder: Path, **fields: Any) -> tuple[InputSpec, tuple[str, ...]]:
    (folder / "preprocessor_config.json").write_text(json.dumps(fields))
    return read_input_spec(folder, VIT, 64)


@pytest.mark.parametrize("name", EXAMPLES)
def test_input_is_that_of_the_librarys_own_processor(tmp_path: Path, name: str) -> None:
    example = EXAMPLES[name]
    processor = getattr(transformers(), f"{example.processor}Pil")(**example.processor_options)
    processor.save_pretrained(tmp_path)
    Image.effect_mandelbrot((160, 110), (-2.0, -1.5, 1.0, 1.5), 50).convert("RGB").save(tmp_path / "image.png")
    spec, notes = read_input_spec(tmp_path, family_of(example.architecture), 64)
    ours = prepare(load_image(tmp_path / "image.png"), spec).tensor
    with Image.open(tmp_path / "image.png") as image:
        theirs = processor(image, return_tensors="pt").pixel_values
    assert notes == ()
    assert torch.allclose(ours, theirs, atol=1e-6)


@pytest.mark.parametrize(
    ("processor", "fit", "resize_size"),
    [("ViTFeatureExtractor", "squash", 64), ("ConvNextFeatureExtractor", "crop", 80)],
)
def test_size_of_one_number_means_what_that_processor_means(
    tmp_path: Path, processor: str, fit: str, resize_size: int
) -> None:
    spec, _ = spec_of(tmp_path, feature_extractor_type=processor, size=64, crop_pct=0.8, resample=2)
    assert (spec.fit, spec.resize_size, spec.size, spec.interpolation) == (fit, resize_size, (64, 64), "bilinear")


def test_height_and_width_may_differ(tmp_path: Path) -> None:
    spec, _ = spec_of(tmp_path, image_processor_type="ViTImageProcessor", size={"height": 48, "width": 96})
    assert (spec.size, spec.resized_size) == ((96, 48), (96, 48))


def test_what_is_assumed_without_a_processor_is_said(folder: Path) -> None:
    saved(folder / "vit")
    (folder / "vit" / "preprocessor_config.json").unlink()
    assert loaded().notes == (
        "There is no preprocessor_config.json: images are squashed to 64 px and normalised as usual for ViT "
        "(mean 0.5; deviation 0.5).",
    )


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"size": {"longest_edge": 64}}, "size is"),
        ({"size": 4}, "height is 4"),
        ({"image_mean": [0.5]}, "image_mean is"),
        ({"resample": 9}, "resample is 9"),
        ({"rescale_factor": 0}, "rescale_factor is 0"),
        ({"size": 64, "do_center_crop": True, "crop_size": {"height": 32, "width": 64}}, "crop_size is"),
        ({"size": 1000}, "1000 px a side"),
        ({"image_mean": [123.675, 116.28, 103.53], "image_std": 58}, "mean or std is 123.675, for pixels"),
    ],
)
def test_wrong_field_of_the_processor_is_named(tmp_path: Path, fields: dict[str, Any], named: str) -> None:
    with pytest.raises(ModelError, match=named):
        spec_of(tmp_path, image_processor_type="ViTImageProcessor", **fields)


# --- what is refused


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"architectures": ["ViTModel"]}, "config.json names ViTModel, which does not name the class of an image."),
        ({"architectures": ["VitForImageClassification"]}, "Near that name: ViTForImageClassification"),
        ({"problem_type": "regression"}, "config.json describes a regression, and only classes are explained."),
        ({"quantization_config": {"load_in_8bit": True}}, "says that the weights are quantised"),
        ({"num_hidden_layers": 100_000}, "It must be at most 1,000 layers."),
        ({"id2label": {"0": "ant", "2": "cat"}}, "an object whose keys run from 0 to 1"),
        ({"image_size": 100_000}, "It must be a whole number from 8 to 640."),
    ],
)
def test_folder_that_can_not_be_used_is_listed_with_the_reason(
    folder: Path, fields: dict[str, Any], sentence: str
) -> None:
    saved(folder / "vit")
    changed(folder / "vit", **fields)
    assert [spec.name for spec in list_models() if spec.source == "library"] == []
    assert sentence in why_broken()


def test_folder_without_weights_or_with_a_damaged_description_says_so(folder: Path) -> None:
    saved(folder / "vit")
    shutil.copytree(folder / "vit", folder / "damaged")
    (folder / "damaged" / "config.json").write_text("{")
    (folder / "vit" / "model.safetensors").unlink()
    assert why_broken() == "vit: The folder holds no weights. Copy model.safetensors or pytorch_model.bin there."
    assert why_broken("damaged").startswith("damaged: config.json is no valid JSON.")


def test_processor_of_another_size_than_the_network_takes_is_refused(folder: Path) -> None:
    saved(folder / "vit")
    changed(folder / "vit", image_size=96)
    assert "makes inputs of 64 px, and the network of config.json takes 96 px." in why_broken()


def test_tensors_that_are_missing_or_of_another_shape_are_named_and_others_left_out(folder: Path) -> None:
    saved(folder / "vit")
    path = folder / "vit" / "model.safetensors"
    state = load_file(path)
    save_file({**state, "pooler.weight": torch.zeros(2)}, path)
    assert loaded().notes == ("Left out of the weights: pooler.weight.",)
    del state["vit.layernorm.bias"]
    save_file({**state, "classifier.weight": torch.zeros(5, 32)}, path)
    with pytest.raises(ModelError) as refusal:
        loaded()
    assert "vit.layernorm.bias is missing" in refusal.value.message
    assert "classifier.weight is 5 x 32 in the file and 3 x 32 in the network" in refusal.value.message


def test_weights_of_more_classes_than_are_named_ask_for_their_names(folder: Path) -> None:
    saved(folder / "vit")
    changed(folder / "vit", id2label={"0": "ant", "1": "bee"})
    with pytest.raises(ModelError) as refusal:
        loaded()
    assert refusal.value.hint == "Name 3 classes in id2label of config.json, in the order of the outputs."


def test_values_that_transformers_can_not_build_from_are_one_sentence(folder: Path) -> None:
    saved(folder / "vit")
    changed(folder / "vit", hidden_act="no such function")
    with pytest.raises(ModelError, match="transformers can't build ViTForImageClassification"):
        loaded()


def test_too_many_parameters_are_refused_before_the_weights_are_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(folder / "vit")
    (folder / "vit" / "model.safetensors").write_bytes(b"not read")
    monkeypatch.setenv("HEATPROOF_MAX_PARAMETERS", "1000")
    with pytest.raises(ModelError, match="million parameters"):
        loaded()


def test_values_that_are_not_finite_are_refused(folder: Path) -> None:
    saved(folder / "vit")
    path = folder / "vit" / "model.safetensors"
    save_file({**load_file(path), "classifier.bias": torch.tensor([1.0, torch.nan, 0.0])}, path)
    with pytest.raises(ModelError, match=r"not finite, in classifier\.bias"):
        loaded()


# --- what is trusted


def test_no_code_of_the_folder_runs_and_no_network_is_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(folder / "vit")
    (folder / "vit" / "own.py").write_text(f"open({str(folder / 'ran')!r}, 'w')\nclass Own: pass\n")
    changed(folder / "vit", auto_map={"AutoModelForImageClassification": "own.Own"}, attn_implementation="them/kernel")

    def refuse(*_: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    network = loaded()
    assert network.notes == ("config.json names code of its own (auto_map), which was not run.",)
    assert not (folder / "ran").exists()


def test_files_beyond_the_folder_are_not_read(folder: Path) -> None:
    saved(folder / "vit")
    outside = folder / "outside.bin"
    (folder / "vit" / "model.safetensors").rename(outside)
    os.symlink(outside, folder / "vit" / "model.safetensors")
    assert "is a link that leaves the folder" in why_broken()
    (folder / "vit" / "model.safetensors").unlink()
    index = {"weight_map": {"classifier.bias": "../outside.bin"}}
    (folder / "vit" / "model.safetensors.index.json").write_text(json.dumps(index))
    assert "'../outside.bin' is no plain file name." in why_broken()


def test_without_the_library_the_command_that_installs_it_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(folder / "vit")
    monkeypatch.setattr("gradcam_core.models.extra.is_installed", lambda _: False)
    expected = "vit: This model needs the package transformers, which is not installed. "
    assert why_broken() == expected + "Run: pip install -r requirements-extra.txt"


def test_description_of_a_folder_names_its_family_without_the_library(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"")
    fields = Fields({"architectures": ["SwinForImageClassification"], "id2label": {"0": "a", "1": "b"}}, where="c")
    model = next(library for library in _libraries() if library.wrote(fields.values)).describe(folder, fields)
    assert (model.family, model.labels) == ("Swin", ("a", "b"))


def _libraries() -> tuple[Any, ...]:
    from gradcam_core.models.library_folders import LIBRARIES

    return LIBRARIES
