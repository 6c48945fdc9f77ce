"""Does a file give the right logits, whatever its tensors are called and however its head was replaced?"""

import copy
import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune, spectral_norm, weight_norm
from torchvision import models

from gradcam_core.checkpoints.head_parts import ConcatPool, Head
from gradcam_core.errors import ModelError
from gradcam_core.models.architectures import Built, build, meta_module

NAME = "torchvision/shufflenet_v2_x0_5"
State = dict[str, Tensor]


@pytest.fixture(scope="module")
def trained() -> models.ShuffleNetV2:
    """A network whose normalisations have seen noise, so that its scores differ."""
    torch.manual_seed(1)
    network = models.shufflenet_v2_x0_5(weights=None, num_classes=3).train()
    with torch.no_grad():
        for _ in range(3):
            network(torch.randn(4, 3, 64, 64))
    return network.eval()


@pytest.fixture
def net(trained: models.ShuffleNetV2) -> models.ShuffleNetV2:
    return copy.deepcopy(trained)


def check_same(net: nn.Module, state: dict[str, Any], **how: Any) -> Built:
    built = build(NAME, 3, state, **how)
    noise = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(built.module.eval()(noise), net.eval()(noise), atol=1e-5)
    return built


def refusal(state: State) -> ModelError:
    with pytest.raises(ModelError) as caught:
        build(NAME, 3, state)
    return caught.value


def under(prefix: str, state: State) -> State:
    return {prefix + key: value for key, value in state.items()}


NAMES: dict[str, Callable[[State], State]] = {
    "before": lambda state: under("module.model._orig_mod.net.", state),
    "backbone": lambda state: under("backbone.", state),
    "between": lambda state: {key.replace(".0.", ".0._orig_mod.", 1): value for key, value in state.items()},
    "FSDP": lambda state: {
        "_fsdp_wrapped_module." + key.replace("branch2.", "branch2._checkpoint_wrapped_module.module."): value
        for key, value in state.items()
    },
    "offloaded": lambda state: {
        key.replace("stage4.", "stage4._offload_wrapped_module."): value for key, value in state.items()
    },
    "counted": lambda state: {
        f"body.{['conv1', 'maxpool', 'stage2', 'stage3', 'stage4', 'conv5', 'fc'].index(key.partition('.')[0])}."
        + key.partition(".")[2]: value
        for key, value in state.items()
    },
    "in order": lambda state: {f"part{place}." + key.rpartition(".")[2]: state[key] for place, key in enumerate(state)},
}


@pytest.mark.parametrize("kind", NAMES)
def test_other_names_for_the_same_tensors_give_the_same_logits(net: models.ShuffleNetV2, kind: str) -> None:
    check_same(net, NAMES[kind](net.state_dict()))


HEADS: dict[str, Callable[[], nn.Module]] = {
    "dropout": lambda: nn.Sequential(nn.Dropout(0.4), nn.Linear(1024, 3)),
    "nested": lambda: nn.Sequential(nn.Sequential(nn.Dropout(), nn.Linear(1024, 3))),
    "parametric": lambda: nn.Sequential(nn.Linear(1024, 8), nn.PReLU(), nn.Linear(8, 3)),
    "normalised": lambda: nn.Sequential(nn.BatchNorm1d(1024), nn.Linear(1024, 3)),
}


@pytest.mark.parametrize("kind", HEADS)
def test_head_that_can_only_be_one_is_read_as_that(net: models.ShuffleNetV2, kind: str) -> None:
    net.set_submodule("fc", HEADS[kind]())
    built = check_same(net, net.state_dict())
    assert "read as fc" in " ".join(built.notes)


def test_head_without_bias_has_none(net: models.ShuffleNetV2) -> None:
    net.fc = nn.Linear(1024, 3, bias=False)
    assert check_same(net, net.state_dict()).module.get_submodule("fc").bias is None


def test_head_that_ends_in_probabilities_gives_the_scores_before_them(net: models.ShuffleNetV2) -> None:
    state = {key.replace("fc.", "fc.0."): value for key, value in net.state_dict().items()}  # (0) Linear, (1) Softmax
    check_same(net, state)


def test_head_beside_a_headless_backbone_is_found(net: models.ShuffleNetV2) -> None:
    state = under("backbone.", net.state_dict())
    state = {key.replace("backbone.fc.", "classifier.1."): value for key, value in state.items()}
    check_same(net, {**state, "criterion.weight": torch.ones(3)})


@pytest.mark.parametrize("name", ["hidden", "projector"])
def test_layers_that_may_feed_a_head_beside_its_backbone_are_part_of_it(net: models.ShuffleNetV2, name: str) -> None:
    state = {key: value for key, value in net.state_dict().items() if not key.startswith("fc.")}
    layers = {name: nn.Linear(1024, 1024), "out": nn.Linear(1024, 3)}
    beside = {f"{top}.{key}": value for top, layer in layers.items() for key, value in layer.state_dict().items()}
    error = refusal({**under("backbone.", state), **beside})
    assert f"{name} (1024 x 1024), out (3 x 1024)" in error.message
    net.set_submodule("fc", nn.Sequential(layers[name], nn.ReLU(), layers["out"]))
    check_same(net, {**under("backbone.", state), **beside}, head=Head({"fc": ("linear 1024", "relu", "linear")}))


BESIDE: dict[str, Callable[[], nn.Module]] = {
    "adapt": lambda: nn.Conv2d(5, 3, 1),
    "norm": lambda: nn.BatchNorm2d(3),
    "calibration": lambda: nn.Linear(3, 7),
}


@pytest.mark.parametrize("prefix", ["", "model."])
@pytest.mark.parametrize("name", BESIDE)
def test_layer_that_may_stand_before_or_behind_the_network_is_not_left_out(
    net: models.ShuffleNetV2, name: str, prefix: str
) -> None:
    error = refusal({**under(prefix, net.state_dict()), **under(f"{name}.", BESIDE[name]().state_dict())})
    assert name in error.message
    assert error.hint.endswith("else remove it from the file.")


def test_head_whose_activation_is_not_in_the_file_is_said_with_the_line_that_helps(net: models.ShuffleNetV2) -> None:
    net.set_submodule("fc", nn.Sequential(nn.Linear(1024, 8), nn.Tanh(), nn.Dropout(), nn.Linear(8, 3)))
    error = refusal(net.state_dict())
    assert "fc.0 (8 x 1024), fc.3 (3 x 8)" in error.message
    assert error.hint.endswith('"head": {"fc": ["linear 8", "relu", "dropout", "linear"]}.')


def test_layers_of_parts_of_a_head_are_not_taken_for_neighbours(net: models.ShuffleNetV2) -> None:
    first = nn.Sequential(nn.Linear(1024, 8), nn.ReLU())
    net.set_submodule("fc", nn.Sequential(first, nn.Sequential(nn.Dropout(), nn.Linear(8, 3))))
    assert refusal(net.state_dict()).hint.endswith('"head": {"fc": ["linear 8", "relu", "linear"]}.')


NO_CHAINS: dict[str, Callable[[], nn.Module]] = {
    "kernels": lambda: nn.Sequential(nn.Unflatten(1, (1024, 1, 1)), nn.Conv2d(1024, 3, 1), nn.Flatten()),
    "two heads": lambda: nn.ModuleDict({"colour": nn.Linear(1024, 3), "shape": nn.Linear(1024, 3)}),
}


@pytest.mark.parametrize("kind", NO_CHAINS)
def test_head_that_no_description_can_say_is_sent_to_python(net: models.ShuffleNetV2, kind: str) -> None:
    net.set_submodule("fc", NO_CHAINS[kind]())
    assert "wrap_model" in refusal(net.state_dict()).hint


def test_described_head_of_another_shape_than_the_files_is_refused_with_the_files(net: models.ShuffleNetV2) -> None:
    net.set_submodule("fc", nn.Sequential(nn.Linear(1024, 8), nn.ReLU(), nn.Linear(8, 3)))
    with pytest.raises(ModelError, match="another one than the file's: fc") as caught:
        build(NAME, 3, net.state_dict(), head=Head({"fc": ("linear 9", "relu", "linear")}))
    assert '"linear 8", "relu", "linear"' in caught.value.hint


def test_other_size_of_input_is_told_although_the_classes_are_others_too() -> None:
    with torch.device("meta"):
        state = models.vit_b_16(num_classes=4, image_size=96).state_dict()
    with pytest.raises(ModelError, match="of an input of 96 x 96 px"):
        build("torchvision/vit_b_16", 3, state)


LAYERS: dict[str, Callable[[], nn.Module]] = {
    "linear 8": lambda: nn.Linear(1024, 8),
    "tanh": nn.Tanh,
    "dropout": nn.Dropout,
    "linear": lambda: nn.Linear(8, 3),
}


@pytest.mark.parametrize("name", ["fc.0", "fc.1.0", "classifier.0"])
def test_head_that_the_description_says_gives_the_same_logits(net: models.ShuffleNetV2, name: str) -> None:
    net.set_submodule("fc", nn.Sequential(*(make() for make in LAYERS.values())))
    state = {
        key.replace("fc.0", name).replace("fc.3", name[:-1] + "3"): net.state_dict()[key] for key in net.state_dict()
    }
    check_same(net, state, head=Head({"fc": tuple(LAYERS)}))


def test_head_of_an_unknown_part_or_layer_is_refused_with_those_that_are_known() -> None:
    for parts, said, known in (
        ({"top": ("linear",)}, "'top', which is no part", "fc"),
        ({"fc": ("conv", "linear")}, "'conv', which is not known", "relu"),
    ):
        with pytest.raises(ModelError, match=said) as caught:
            meta_module(NAME, 3, head=Head(parts))
        assert known in caught.value.hint


def test_fastais_body_and_head_load_once_the_head_is_said() -> None:
    torch.manual_seed(0)
    made = models.resnet18(weights=None, num_classes=3)
    body = nn.Sequential(*list(made.children())[:-2])
    last = [nn.BatchNorm1d(1024), nn.Dropout(), nn.Linear(1024, 16, bias=False), nn.ReLU()]
    last += [nn.BatchNorm1d(16), nn.Dropout(), nn.Linear(16, 3, bias=False)]
    whole = nn.Sequential(body, nn.Sequential(ConcatPool(), nn.Flatten(), *last)).eval()
    with pytest.raises(ModelError) as caught:
        build("torchvision/resnet18", 3, whole.state_dict())
    line = json.loads(caught.value.hint.partition('"head": ')[2].removesuffix("."))
    assert line == {
        "avgpool": ["concat_pool"],
        "fc": ["batch_norm", "dropout", "linear 16", "relu", "batch_norm", "dropout", "linear"],
    }
    built = build("torchvision/resnet18", 3, whole.state_dict(), head=Head(line)).module.eval()
    noise = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(built(noise), whole(noise), atol=1e-5)


def test_what_lies_beside_a_network_is_left_out_and_said(net: models.ShuffleNetV2) -> None:
    beside = {"criterion.pos_weight": torch.tensor(3.2), "val_acc.tp": torch.zeros(3), "n_averaged": torch.tensor(7)}
    built = check_same(net, {**net.state_dict(), **beside, "fc.total_ops": torch.zeros(1)})
    assert built.notes == ("Left out of the file: criterion.pos_weight, val_acc.tp, n_averaged and 1 more.",)


def test_a_further_layer_is_not_left_out(net: models.ShuffleNetV2) -> None:
    error = refusal({**net.state_dict(), "stage4.9.weight": torch.zeros(3, 3)})
    assert "stage4.9.weight" in error.message
    assert "num_classes" not in error.hint


def test_the_network_goes_before_its_average_and_an_average_alone_is_taken(net: models.ShuffleNetV2) -> None:
    average = {key: value + 1 for key, value in net.state_dict().items()}
    built = check_same(net, {**under("model_ema.module.", average), **under("model.", net.state_dict())})
    assert "under model_ema." in " ".join(built.notes)
    check_same(net, under("ema.", net.state_dict()))


def test_two_networks_that_are_no_average_of_each_other_are_refused(net: models.ShuffleNetV2) -> None:
    state = net.state_dict()
    error = refusal({**under("models.0.", state), **under("models.1.", state)})
    assert "2 networks" in error.message
    assert "models.0." in error.hint


PARTS: dict[str, Callable[[Any], object]] = {
    "pruned": partial(prune.l1_unstructured, name="weight", amount=0.4),
    "weight norm": weight_norm,
    "spectral norm": spectral_norm,
    "parametrised weight norm": parametrizations.weight_norm,
    "parametrised spectral norm": parametrizations.spectral_norm,
}


@pytest.mark.filterwarnings("ignore::FutureWarning")
@pytest.mark.parametrize("kind", PARTS)
def test_weights_in_parts_are_put_together(net: models.ShuffleNetV2, kind: str) -> None:
    PARTS[kind](net.fc)
    PARTS[kind](net.conv1[0])
    assert "fc.weight" not in net.state_dict()
    built = check_same(net, net.state_dict())
    assert "fc.weight" in built.notes[0] or "fc." in built.notes[0]


def test_parts_that_do_not_belong_together_are_not_multiplied(net: models.ShuffleNetV2) -> None:
    state = net.state_dict()
    del state["fc.weight"]
    error = refusal({**state, "fc.weight_g": torch.ones(4_000, 1), "fc.weight_v": torch.ones(1, 4_000)})
    assert error.message.endswith("do not belong together: fc.weight_g.")


def test_fused_normalisations_are_put_back(net: models.ShuffleNetV2) -> None:
    fused = copy.deepcopy(net)
    fused.conv1[0] = nn.utils.fuse_conv_bn_eval(net.conv1[0], net.conv1[1])
    fused.conv1[1] = nn.Identity()
    built = check_same(net, fused.state_dict())
    assert "conv1.1" in built.notes[0]


def test_grey_network_is_told_by_its_channels(net: models.ShuffleNetV2) -> None:
    error = refusal({**net.state_dict(), "conv1.0.weight": torch.zeros(24, 1, 3, 3)})
    assert "conv1.0 takes 1 channel (grey) in the file and 3 (colour)" in error.message
    assert "channels" in error.hint


SAID = {
    "fc.lora_A.default.weight": "LoRA parts",
    "fc.scale.zero_point": "quantised",
    "_flat_param": "FSDP",
    "vit.embeddings.cls_token": "Hugging Face's",
    "blocks.0.attn.qkv.weight": "timm's",
    "fc.parametrizations.weight.original": "parametrised in a way",
}


@pytest.mark.parametrize("key", SAID)
def test_names_of_other_kinds_are_known(net: models.ShuffleNetV2, key: str) -> None:
    error = refusal({key: torch.zeros(2, 2), **{k: v for k, v in net.state_dict().items() if not k.startswith("fc")}})
    assert SAID[key] in error.message
    assert key in error.message
    assert error.hint


def test_a_layer_that_was_changed_in_code_is_told_by_its_kernels(net: models.ShuffleNetV2) -> None:
    state = net.state_dict() | {"conv1.0.weight": torch.zeros(24, 3, 5, 5)}
    error = refusal(state)
    assert "conv1.0.weight is 24 x 3 x 5 x 5 in the file and 24 x 3 x 3 x 3 in the network" in error.message
    assert "HEATPROOF_MODELS" in error.hint


def test_another_architecture_that_fits_is_named() -> None:
    state = models.shufflenet_v2_x1_0(weights=None, num_classes=3).state_dict()
    assert refusal(state).hint == "Set architecture to torchvision/shufflenet_v2_x1_0."


def test_an_architecture_of_another_family_is_named() -> None:
    with pytest.raises(ModelError) as caught:
        build("torchvision/alexnet", 3, models.resnet18(weights=None, num_classes=3).state_dict())
    assert caught.value.hint == "Set architecture to torchvision/resnet18."


@pytest.mark.slow
def test_an_architecture_that_has_all_names_and_more_is_named() -> None:
    with torch.device("meta"):
        state = models.resnext50_32x4d().state_dict()
    with pytest.raises(ModelError) as caught:
        build("torchvision/resnet18", 1000, state)
    assert caught.value.hint == "Set architecture to torchvision/resnext50_32x4d."
