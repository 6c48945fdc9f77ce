"""Which rows of a summary can be explained, and is each reason true?"""

import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from gradcam_core.errors import ModelError
from gradcam_core.layers.finding import FoundLayers, find_layers
from gradcam_core.layers.reasons import reason_of_no_reach, reason_of_shape
from gradcam_core.models import LoadedModel, describe_model, find_model, inspect_model, list_models, load_model
from gradcam_core.models.architectures import meta_module
from gradcam_core.models.facts import preprocessing_sentences, value_range
from gradcam_core.models.inspection import InspectedRow, inspected_rows
from gradcam_core.models.meta import meta_copy
from gradcam_core.models.summary import summarize
from gradcam_core.preprocessing import InputSpec
from tests.core.test_summary import Odd
from tests.support import mostly_slow

NAMES = (
    *("heatproof/tinynet", "torchvision/resnet18", "torchvision/resnet50", "torchvision/mobilenet_v2"),
    *("torchvision/densenet121", "torchvision/googlenet", "torchvision/inception_v3", "torchvision/vit_b_32"),
    *("torchvision/convnext_tiny", "torchvision/squeezenet1_0", "torchvision/swin_t", "torchvision/shufflenet_v2_x0_5"),
)
SIDES = {"heatproof/tinynet": 128, "torchvision/inception_v3": 299}


@cache
def inspected(name: str) -> tuple[nn.Module, FoundLayers, dict[str, InspectedRow]]:
    side = SIDES.get(name, 224)
    network = meta_copy(meta_module(name, 10)).eval()
    found = find_layers(network, torch.empty(1, 3, side, side, device="meta"))
    rows = inspected_rows(summarize(network, (1, 3, side, side)).rows, found.candidates, found.excluded)
    return network, found, {row.row.name: row for row in rows}


def seen_outputs(network: nn.Module, side: int) -> tuple[dict[str, tuple[int, ...]], Counter[str]]:
    """Each layer's last output shape and how often it was called, by hooks of the test's own."""
    shapes: dict[str, tuple[int, ...]] = {}
    times: Counter[str] = Counter()

    def hook_of(name: str) -> Callable[..., None]:
        def note(_module: nn.Module, _inputs: object, output: object) -> None:
            times[name] += 1
            shapes[name] = tuple(output.shape) if isinstance(output, Tensor) else ()

        return note

    for name, child in network.named_modules():
        child.register_forward_hook(hook_of(name))
    with torch.no_grad():
        network(torch.empty(1, 3, side, side, device="meta"))
    return shapes, times


@pytest.mark.parametrize("name", mostly_slow(NAMES, by_default=3))
def test_every_row_is_a_candidate_or_has_a_reason_that_is_true(name: str) -> None:
    network, found, rows = inspected(name)
    assert {row.layer.name for row in rows.values() if row.layer} == {layer.name for layer in found.candidates}
    assert not found.excluded.keys() & {layer.name for layer in found.candidates}
    shapes, times = seen_outputs(network, SIDES.get(name, 224))
    for row in rows.values():
        assert (row.layer is None) == bool(row.reason)
        if row.layer is None and row.row.name:
            check_reason(row.reason, shapes.get(row.row.name), times[row.row.name])


def check_reason(reason: str, shape: tuple[int, ...] | None, times: int) -> None:
    """The reason's figures and claim against what was seen."""
    if shape is None:
        assert re.search("not called itself|takes no part", reason)
    elif "times in one forward pass" in reason:
        assert int(re.findall(r"\d+", reason)[0]) == times > 1
    elif "not one tensor" in reason:
        assert shape == ()
    elif "classifier head" in reason:
        assert len(shape) == 4
    elif "hands on" in reason or "read after it" in reason:
        assert len(shape) > 2
    else:
        assert times == 1
        (told,) = re.findall(r"\(([\d x,]+)\)", reason)
        assert ("pieces" in reason) == (len(shape) > 2 and shape[0] > 1)
        assert tuple(int(side.replace(",", "")) for side in told.split(" x ")) == shape
        assert ("is flat" in reason) == (len(shape) == 2)
        assert ("one value per channel" in reason) == (len(shape) == 4 and shape[2:] == (1, 1))


@pytest.mark.parametrize(
    ("prefix", "reason"),
    [
        (0, "Nothing of its output reaches the class."),
        (1, "Only the class token of its output is read after it: the class does not depend on its cells."),
        (5, "Only the first 5 tokens of its output are read after it: the class does not depend on its cells."),
    ],
)
def test_what_is_read_of_a_layer_that_is_not_reached(prefix: int, reason: str) -> None:
    assert reason_of_no_reach(prefix) == reason


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "layer", "reason"),
    [
        ("resnet18", "layer1.0.relu", "It is called 2 times in one forward pass"),
        ("resnet50", "layer1.0.relu", "It is called 3 times in one forward pass"),
        ("resnet50", "avgpool", "Its output is one value per channel (1 x 2,048 x 1 x 1)"),
        ("resnet50", "fc", "Its output is flat (1 x 10)"),
        ("resnet50", "", "It is the whole network"),
        ("mobilenet_v2", "classifier", "Its output is flat (1 x 10)"),
        ("densenet121", "classifier", "Its output is flat (1 x 10)"),
        ("googlenet", "dropout", "Its output is flat (1 x 1,024)"),
        ("inception_v3", "avgpool", "Its output is one value per channel"),
        ("vit_b_32", "encoder.layers.encoder_layer_3.dropout", "It hands on its input unchanged"),
        ("vit_b_32", "encoder.layers.encoder_layer_11", "Only the class token of its output is read after it"),
        ("vit_b_32", "encoder.ln", "the class does not depend on its cells"),
        ("vit_b_32", "encoder.layers.encoder_layer_3.self_attention", "Its output is not one tensor"),
        ("vit_b_32", "encoder.layers.encoder_layer_3.self_attention.out_proj", "the layer that holds it computes"),
        ("convnext_tiny", "features.1.0.stochastic_depth", "It hands on its input unchanged"),
        ("swin_v2_t", "features.1.0.attn.cpb_mlp", "(1 x 15 x 15 x 3) is the same for every image"),
        ("squeezenet1_0", "classifier.1", "It is part of the classifier head."),
        ("swin_t", "features.1.0.attn.qkv", "the layer that holds it computes with its weights"),
        ("shufflenet_v2_x0_5", "stage2.1.branch1", "It takes no part in the forward pass."),
    ],
)
def test_reasons_of_known_layers(name: str, layer: str, reason: str) -> None:
    _, _, rows = inspected(f"torchvision/{name}")
    assert rows[layer].layer is None
    assert reason in rows[layer].reason


def test_a_candidates_row_has_its_own_map_size() -> None:
    _, _, rows = inspected("torchvision/vit_b_32")
    assert {row.layer.size for row in rows.values() if row.layer} == {(7, 7)}


def test_what_is_held_lent_and_unused_is_told_apart() -> None:
    excluded = find_layers(Odd().eval(), torch.rand(1, 3, 8, 8)).excluded
    assert excluded["listed"] == excluded["steps"] == "It only holds its parts and is not called itself."
    assert "computes with its weights" in excluded["lending"]
    assert excluded["unused"] == excluded["unused.0"] == "It takes no part in the forward pass."


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ((1, 64, 1, 1), "one cell is no map"),
        ((1, 1, 1, 64), "one cell is no map"),
        ((1, 64, 49, 32), "no grid of square cells"),
        ((1, 50, 32), "a sequence of 50 vectors (1 x 50 x 32)"),
        ((64, 49, 32), "64 pieces for one image (64 x 49 x 32)"),
        ((5,), "is flat (5)"),
        ((1, 2, 3, 4, 5), "5 dimensions"),
        (None, "not one tensor"),
    ],
)
def test_a_shape_that_is_no_map_has_a_reason(shape: tuple[int, ...] | None, reason: str) -> None:
    assert reason in reason_of_shape(shape)


def test_inspecting_without_weights_finds_what_loading_finds(tinynet: LoadedModel) -> None:
    inspection = inspect_model("tinynet")
    assert tuple(row.layer for row in inspection.rows if row.layer) != ()
    assert {row.layer for row in inspection.rows if row.layer} == set(tinynet.layers)
    assert inspection.default_layer == tinynet.default_layer
    facts = inspection.facts
    assert (facts.nbytes, facts.weights_sha256) == (tinynet.nbytes, tinynet.weights_sha256)
    assert facts.first_labels == tinynet.labels[:5]
    assert (facts.licence, facts.value_range, facts.input_size) == ("MIT", (-2.0, 2.0), (128, 128))
    assert inspection.summary.input_shape == (1, 3, 128, 128)


def test_a_network_that_was_never_downloaded_is_inspected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    assert not find_model("resnet50").ready
    inspection = inspect_model("resnet50", (1, 3, 28, 28))
    assert (inspection.summary.total_parameters, inspection.summary.mult_adds) == (25_557_032, 81_262_184)
    assert (inspection.default_layer, inspection.facts.input_size) == ("layer4.2", (224, 224))
    (row,) = [row for row in inspection.rows if row.row.name == "layer4.2"]
    assert row.row.output_shape == (1, 2048, 1, 1)  # at 28 px a single cell
    assert row.layer is not None
    assert row.layer.size == (7, 7)  # it is explained at the model's own size
    assert inspection.facts.origin == "ResNet50_Weights.IMAGENET1K_V2"
    assert "BSD 3-Clause" in inspection.facts.licence
    assert inspection.facts.weights_sha256 == "11ad3fa6"


@pytest.mark.slow
def test_a_listed_model_of_each_family_is_inspected() -> None:
    for spec in {spec.family: spec for spec in reversed(list_models())}.values():
        inspection = inspect_model(spec.name)
        assert inspection.facts.num_classes == spec.num_classes
        assert inspection.default_layer in {row.layer.name for row in inspection.rows if row.layer}


def test_a_checkpoint_says_what_its_description_says(write_pair: Callable[..., Path], folder: Path) -> None:
    write_pair("plain", target_layer="blocks.4", activation="sigmoid")
    write_pair("told", source="a course of ours", license="CC BY 4.0")
    plain, told = inspect_model("plain"), inspect_model("told").facts
    assert (plain.facts.origin, plain.facts.licence, plain.facts.weights_sha256) == ("not stated", "not stated", "")
    assert plain.default_layer == "blocks.4"
    assert plain.facts.activation.startswith("sigmoid")
    assert plain.facts.source == "the checkpoint folder"
    assert (told.origin, told.licence) == ("a course of ours", "CC BY 4.0")
    model = load_model("plain", device="cpu")
    assert plain.facts.nbytes == model.nbytes


def test_a_binary_network_has_one_output_and_two_labels(write_pair: Callable[..., Path], folder: Path) -> None:
    write_pair("yes_no", activation="binary", num_classes=1, labels=["cat"])
    inspection = inspect_model("yes_no")
    assert inspection.summary.rows[0].output_shape == (1, 1)
    assert (inspection.facts.num_classes, inspection.facts.first_labels) == (2, ("not cat", "cat"))


def test_a_crop_that_the_network_does_not_take_is_refused(write_pair: Callable[..., Path], folder: Path) -> None:
    preprocessing = {"resize_size": 8, "crop_size": 8, "mean": [0, 0, 0], "std": [1, 1, 1]}
    write_pair("narrow", architecture="torchvision/vgg16", preprocessing=preprocessing)
    with pytest.raises(ModelError, match="narrow can't take an input of 8 x 8 pixels"):
        inspect_model("narrow")


def test_there_is_no_description_of_a_model_that_is_none() -> None:
    with pytest.raises(ModelError, match="There is no model named 'tinynett'"):
        inspect_model("tinynett")


def test_what_is_described_is_what_is_loaded(tinynet: LoadedModel) -> None:
    description = describe_model(find_model("tinynet"))
    assert description.labels == tinynet.labels
    assert description.input_spec == tinynet.input_spec
    assert description.activation == tinynet.activation


def test_preprocessing_in_words_and_the_range_of_what_goes_in() -> None:
    spec = InputSpec(256, 224, (0.5, 0.4, 0.3), (0.5, 0.2, 0.25), "bicubic")
    assert value_range(spec) == pytest.approx((-2.0, 3.0))  # green black, green white
    assert preprocessing_sentences(spec) == (
        "The short side is resized to 256 px (bicubic).",
        "The centre of 224 x 224 px is cropped.",
        "Each colour, from 0 to 1, is normalised: mean 0.5, 0.4, 0.3; deviation 0.5, 0.2, 0.25.",
        "What goes in lies between -2.00 and 3.00.",
    )
