"""Which models are there, and what does a loaded one know?"""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torchvision.models import squeezenet1_1

from gradcam_core.errors import LayerError, ModelError
from gradcam_core.models import (
    DEFAULT_MODEL,
    LoadedModel,
    broken_checkpoints,
    download_model,
    embedded,
    find_model,
    inspect_model,
    list_models,
    load_model,
)
from gradcam_core.models.loading import _found_layers
from gradcam_core.models.published import PRETRAINED
from gradcam_core.tinynet import TinyNet

WritePair = Callable[..., Path]


@pytest.fixture
def small(folder: Path, write_pair: WritePair) -> LoadedModel:
    write_pair("small", labels=["ant", "bee, honeybee", "carpenter ant"])
    return load_model("small", device="cpu")


def names_of(source: str) -> list[str]:
    return [spec.name for spec in list_models() if spec.source == source]


# --- the list


def test_list_holds_the_embedded_then_the_folders_then_torchvisions(folder: Path, write_pair: WritePair) -> None:
    write_pair("zebra")
    write_pair("ape")
    assert [spec.name for spec in list_models()] == [DEFAULT_MODEL, "tinyvit", "ape", "zebra", *PRETRAINED]


def test_embedded_network_says_what_it_knows() -> None:
    spec = find_model(DEFAULT_MODEL)
    assert (spec.source, spec.ready, spec.download_bytes) == ("embedded", True, 0)
    assert spec.label_summary == f"{spec.num_classes} drawn things"
    assert spec.label_summary in spec.sentence


def test_embedded_network_loads() -> None:
    model = load_model(DEFAULT_MODEL, device="cpu")
    assert len(model.labels) == model.spec.num_classes >= 10
    assert model.layer().size[0] >= 8


def test_checkpoint_says_what_it_knows(folder: Path, write_pair: WritePair) -> None:
    write_pair("small", title="My insects", source="trained at home", license="MIT")
    spec = find_model("small")
    assert (spec.title, spec.source, spec.ready) == ("My insects", "checkpoint", True)
    assert spec.label_summary == "3 classes: ant, bee, honeybee, cat"
    assert spec.sentence == "From the checkpoint folder: heatproof/tinynet; trained at home; MIT."


def test_long_label_list_is_cut_after_three(folder: Path, write_pair: WritePair) -> None:
    write_pair("birds", num_classes=1200, labels=[f"bird {index}" for index in range(1200)])
    assert find_model("birds").label_summary == "1,200 classes: bird 0, bird 1, bird 2, ..."


def test_imagenet_checkpoint_is_called_so(folder: Path, write_pair: WritePair) -> None:
    write_pair("net", num_classes=1000, labels="imagenet")
    assert find_model("net").label_summary == find_model("resnet18").label_summary


def test_listing_reads_no_weights(folder: Path, write_pair: WritePair) -> None:
    write_pair("small").write_bytes(b"")
    assert names_of("checkpoint") == ["small"]
    with pytest.raises(ModelError, match=r"small\.safetensors can't be read"):
        load_model("small", device="cpu")


def test_broken_pairs_are_reported_beside_the_good_ones(folder: Path, write_pair: WritePair) -> None:
    write_pair("good")
    write_pair("bad", num_classes=4)
    write_pair("odd", architecture="torchvision/resnet19")
    write_pair("evil", architecture="os.system")
    assert names_of("checkpoint") == ["good"]
    broken = dict(broken_checkpoints())
    assert broken["bad"].startswith("bad.json: there are 3 labels for 4 classes.")
    assert broken["odd"].startswith(
        "odd.json: The architecture 'torchvision/resnet19' is not known. Near that name: torchvision"
    )
    assert broken["evil"].startswith("evil.json: The architecture 'os.system' is not known.")


def test_broken_pair_asked_for_by_name_says_why(folder: Path, write_pair: WritePair) -> None:
    write_pair("bad", num_classes=4)
    with pytest.raises(
        ModelError, match=r"^The model bad can't be used\. bad\.json: there are 3 labels for 4 classes\."
    ):
        load_model("bad", device="cpu")


@pytest.mark.parametrize("taken", ["tinynet", "tinyvit", "resnet18", "ResNet18"])
def test_checkpoint_may_not_take_the_name_of_another_model(folder: Path, write_pair: WritePair, taken: str) -> None:
    write_pair(taken)
    assert names_of("checkpoint") == []
    assert "Its name is taken" in dict(broken_checkpoints())[taken]
    if taken == "resnet18":
        assert find_model(taken).source == "torchvision"


def test_broken_pair_does_not_hide_the_model_whose_name_it_took(folder: Path, write_pair: WritePair) -> None:
    write_pair("resnet18", version=7)
    assert find_model("resnet18").source == "torchvision"


def test_folder_that_is_named_but_absent_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEATPROOF_CHECKPOINTS", str(tmp_path / "absent"))
    assert broken_checkpoints() == [
        (str(tmp_path / "absent"), "HEATPROOF_CHECKPOINTS names a folder that does not exist.")
    ]


@pytest.mark.parametrize("folder", ["~nobodyxx/a", "x" * 300, "/proc/self/mem/a"])
def test_folder_that_can_not_be_is_said_to_be_absent(monkeypatch: pytest.MonkeyPatch, folder: str) -> None:
    monkeypatch.setenv("HEATPROOF_CHECKPOINTS", folder)
    assert broken_checkpoints() == [(folder, "HEATPROOF_CHECKPOINTS names a folder that does not exist.")]


@pytest.mark.parametrize("home", ["~nobodyxx", "x" * 300])
def test_torch_home_that_can_not_be_holds_no_weights(monkeypatch: pytest.MonkeyPatch, home: str) -> None:
    monkeypatch.setenv("TORCH_HOME", home)
    assert not find_model("resnet18").ready
    with pytest.raises(ModelError, match="not on this machine"):
        load_model("resnet18")


def test_embedded_network_is_only_missing_where_its_files_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with monkeypatch.context() as limited:
        limited.setenv("HEATPROOF_MAX_INPUT_SIDE", "100")
        sentence = dict(broken_checkpoints())["tinynet"]
        assert "crop_size is" in sentence
        assert sentence.endswith("It must be a whole number from 8 to 100.")
    monkeypatch.setattr(embedded, "FOLDER", tmp_path)
    assert "Copy the program anew" in dict(broken_checkpoints())["tinynet"]


def test_unknown_model_is_answered_with_the_nearest() -> None:
    with pytest.raises(ModelError, match="There is no model named 'resnet81'") as caught:
        find_model("resnet81")
    assert "resnet18" in caught.value.hint


@pytest.mark.parametrize("name", ["../small", "hf-hub:someone/net", "/etc/passwd", "a\0b", ""])
def test_name_is_never_a_path(folder: Path, write_pair: WritePair, name: str) -> None:
    write_pair("small")
    with pytest.raises(ModelError, match="There is no model named"):
        load_model(name)


def test_downloading_what_is_never_elsewhere_does_nothing(folder: Path, write_pair: WritePair) -> None:
    write_pair("small")
    assert download_model("small") == find_model("small")


# --- a loaded model


def test_loaded_model_is_frozen_in_eval_and_hooked_once(small: LoadedModel) -> None:
    modules = dict(small.module.named_modules())
    assert not any(module.training for module in modules.values())
    assert not any(parameter.requires_grad for parameter in small.module.parameters())
    hooked = {name for name, module in modules.items() if module._forward_hooks}
    assert hooked == {layer.name for layer in small.layers}
    assert {len(modules[name]._forward_hooks) for name in hooked} == {1}


def test_loaded_model_holds_the_weights_of_the_file(folder: Path, write_pair: WritePair) -> None:
    net = TinyNet(3)
    weights = write_pair("small", module=net)
    model = load_model("small", device="cpu")
    noise = torch.rand(2, 3, 32, 32)
    assert torch.equal(model.module(noise), net.eval()(noise))
    assert model.weights_sha256 == hashlib.sha256(weights.read_bytes()).hexdigest()


def test_loaded_model_counts_its_bytes(small: LoadedModel) -> None:
    state = small.module.state_dict().values()
    assert small.nbytes == sum(value.numel() * value.element_size() for value in state)


def test_pth_in_half_precision_with_prefix_loads(folder: Path, write_pair: WritePair) -> None:
    net = TinyNet(3)
    write_pair("small", suffix=".pth")
    state = {f"module.{key}": value.half() for key, value in net.state_dict().items()}
    torch.save({"state_dict": state, "epoch": 2}, folder / "small.pth")
    model = load_model("small", device="cpu")
    assert torch.equal(model.module.get_parameter("head.weight"), net.head.weight.half().float())


def test_layer_is_the_default_or_the_one_named(small: LoadedModel) -> None:
    assert small.layer().name == small.layer(None).name == small.default_layer == "blocks.5"
    assert small.layer("blocks.2.0").channels == 48


def test_default_layer_is_the_one_the_description_names(folder: Path, write_pair: WritePair) -> None:
    write_pair("small", target_layer="blocks.3")
    assert load_model("small", device="cpu").layer().name == "blocks.3"


def test_a_default_layer_that_is_no_block_is_offered_with_them(folder: Path, write_pair: WritePair) -> None:
    write_pair("small", target_layer="blocks.3.1")
    model = load_model("small", device="cpu")
    assert model.layer().is_block
    assert not model.layer("blocks.2.1").is_block
    inspected = {row.layer.name: row.layer for row in inspect_model("small").rows if row.layer}
    assert inspected["blocks.3.1"].is_block


@pytest.mark.parametrize("layer", ["head", "layer4.2", "blocks.9"])
def test_description_may_not_name_a_layer_without_a_map(folder: Path, write_pair: WritePair, layer: str) -> None:
    write_pair("small", target_layer=layer)
    with pytest.raises(ModelError, match=f"small has no layer '{layer}' with a spatial map") as caught:
        load_model("small", device="cpu")
    assert "blocks.5" in caught.value.hint


@pytest.mark.parametrize(
    ("layer", "said", "hint"),
    [
        ("layer4.2", "'layer4.2' is not a layer of small.", "The usual one is blocks.5."),
        ("block.2", "'block.2' is not a layer of small.", "blocks.2"),
        ("blocks.55", "'blocks.55' is not a layer of small.", "Near that name: blocks.5"),
        (
            "head",
            "head of small can't be explained. Its output is flat (1 x 3): it has no map.",
            "The usual layer is blocks.5.",
        ),
        ("", "'' is not a layer of small.", "blocks.5"),
    ],
)
def test_unknown_layer_is_answered_with_the_usual_one(small: LoadedModel, layer: str, said: str, hint: str) -> None:
    with pytest.raises(LayerError) as caught:
        small.layer(layer)
    assert caught.value.message == said
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (2, 2),
        ("2", 2),
        (" 0 ", 0),
        ("ant", 0),
        ("ANT", 0),
        ("bee, honeybee", 1),
        ("honeybee", 1),
        ("Bee", 1),
        ("carp", 2),
    ],
)
def test_class_is_found_by_index_label_synonym_or_part(small: LoadedModel, wanted: str | int, index: int) -> None:
    assert small.class_index(wanted) == index


@pytest.mark.parametrize(
    ("wanted", "said", "hint"),
    [
        (3, "small has no class 3.", "Its 3 classes count from 0 to 2."),
        ("-1", "small has no class -1.", "count from 0 to 2"),
        ("9" * 400, f"small has no class {'9' * 20}.", "count from 0 to 2"),
        ("²", "small has no class '²'.", "It knows, for example: ant"),
        ("", "small has no class ''.", "It knows, for example: ant"),
        ("carpentr ant", "small has no class 'carpentr ant'.", "Near that name: carpenter ant"),
        ("index:3", "small has no class 3.", "Its 3 classes count from 0 to 2."),
        ("index:ant", "small has no class ant.", "Its 3 classes count from 0 to 2."),
        ("label:2", "small has no class '2'.", "It knows, for example: ant"),
        (
            "n",
            "'n' can mean 3 classes of small.",
            "Give the index: index:0 (ant), index:1 (bee, honeybee), index:2 (carpenter ant).",
        ),
    ],
)
def test_class_that_is_none_is_answered_in_words(small: LoadedModel, wanted: str | int, said: str, hint: str) -> None:
    with pytest.raises(ModelError) as caught:
        small.class_index(wanted)
    assert caught.value.message == said
    assert hint in caught.value.hint


def test_label_that_two_classes_share_needs_the_index(folder: Path, write_pair: WritePair) -> None:
    write_pair("twins", labels=["crane", "owl", "crane"])
    with pytest.raises(ModelError, match="'crane' can mean 2 classes"):
        load_model("twins", device="cpu").class_index("crane")


def test_binary_network_has_one_output_and_two_labels(folder: Path, write_pair: WritePair) -> None:
    write_pair("tumour", activation="binary", num_classes=1, labels=["tumour"])
    model = load_model("tumour", device="cpu")
    assert (model.labels, model.spec.num_classes, model.activation) == (("not tumour", "tumour"), 2, "binary")
    assert model.module(torch.rand(1, 3, 32, 32)).shape == (1, 1)


def test_binary_network_with_two_outputs_does_not_fit(folder: Path, write_pair: WritePair) -> None:
    write_pair("two", activation="binary", num_classes=2, labels=["no", "yes"])
    with pytest.raises(ModelError, match=r"head\.weight gives 2 outputs, and the description says 1") as caught:
        load_model("two", device="cpu")
    assert "set activation to softmax" in caught.value.hint


def test_head_of_another_size_does_not_fit(folder: Path, write_pair: WritePair) -> None:
    write_pair("small", module=TinyNet(5))
    with pytest.raises(ModelError, match=r"head\.weight gives 5 outputs, and the description says 3") as caught:
        load_model("small", device="cpu")
    assert caught.value.hint.startswith("Set num_classes to 5 and give as many labels")


def test_network_with_outputs_that_are_not_finite_is_refused(folder: Path, write_pair: WritePair) -> None:
    net = TinyNet(3)
    for key in ("blocks.4.1.weight", "blocks.5.1.weight"):
        nn.init.constant_(net.get_parameter(key), 1e30)  # finite, but their product is not
    write_pair("small", module=net)
    with pytest.raises(ModelError, match="small gives outputs that are not finite"):
        load_model("small", device="cpu")


def test_input_that_the_network_can_not_take_is_said_to_be(folder: Path, write_pair: WritePair) -> None:
    spec = {"resize_size": 8, "crop_size": 8, "mean": [0, 0, 0], "std": [1, 1, 1]}
    net = squeezenet1_1(num_classes=3)
    write_pair("squeeze", module=net, architecture="torchvision/squeezenet1_1", preprocessing=spec)
    with pytest.raises(ModelError, match="squeeze can't take an input of 8 x 8 pixels"):
        load_model("squeeze", device="cpu")


def test_network_without_spatial_maps_is_refused(small: LoadedModel) -> None:
    flat = nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 3))
    with pytest.raises(ModelError, match="small can't be explained: No layer of this network gives a map"):
        _found_layers(small.spec, flat, torch.rand(1, 3, 8, 8))


def test_file_that_changed_since_the_list_is_read_anew(folder: Path, write_pair: WritePair) -> None:
    weights = write_pair("small")
    first = load_model("small", device="cpu")
    save_file(TinyNet(3).state_dict(), weights)
    assert load_model("small", device="cpu").weights_sha256 != first.weights_sha256


def test_label_text_stays_text(folder: Path, write_pair: WritePair) -> None:
    label = "![x](http://example.org/b.png) <b>ant</b>"
    write_pair("odd", labels=[label, "b", "c"])
    assert load_model("odd", device="cpu").labels[0] == label
