"""Is every network that a description can name built with exactly the weights of its file?"""

import pytest
import torch
from torch import nn
from torchvision import models

from gradcam_core.errors import ModelError
from gradcam_core.models.architectures import OWN, _skeleton, architectures, build


def unsaved(module: nn.Module) -> list[str]:
    """Buffers and plain attributes with tensors that a state dict does not hold."""
    state = module.state_dict()
    attributes = [key for child in module.modules() for key, value in vars(child).items() if torch.is_tensor(value)]
    return [name for name, _ in module.named_buffers() if name not in state] + attributes


def check_skeleton(name: str) -> None:
    module = _skeleton(name, 7, {})
    assert all(parameter.is_meta for parameter in module.parameters())
    assert unsaved(module) == []


def test_list_holds_our_own_and_torchvisions_classifiers_only() -> None:
    names = architectures()
    assert names[:2] == tuple(OWN)
    assert {"torchvision/resnet18", "torchvision/vit_b_16", "torchvision/regnet_x_400mf"} <= set(names)
    assert not [name for name in names if "rcnn" in name or "fcn" in name or "raft" in name or "quantized" in name]


@pytest.mark.parametrize("name", [*OWN, "torchvision/regnet_x_400mf", "torchvision/swin_v2_t", "torchvision/vit_b_16"])
def test_skeleton_takes_no_memory_and_its_file_holds_every_tensor(name: str) -> None:
    check_skeleton(name)


@pytest.mark.slow
@pytest.mark.parametrize("name", architectures())
def test_each_skeleton_takes_no_memory_and_its_file_holds_every_tensor(name: str) -> None:
    check_skeleton(name)


@pytest.mark.parametrize(
    "name", ["regnet_x_400mf", "mobilenet_v3_small", "shufflenet_v2_x0_5", "squeezenet1_1", "mnasnet0_5"]
)
def test_built_network_is_torchvisions_with_the_given_weights(name: str) -> None:
    torch.manual_seed(0)
    given = models.get_model(name, weights=None, num_classes=5).eval()
    built = build(f"torchvision/{name}", 5, dict(given.state_dict())).module.eval()
    noise = torch.randn(1, 3, 96, 96)
    with torch.no_grad():
        assert torch.equal(built(noise), given(noise))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "key"), [("googlenet", "aux1.fc1.weight"), ("inception_v3", "AuxLogits.fc.weight")])
def test_heads_that_only_training_uses_are_left_out(name: str, key: str) -> None:
    given = models.get_model(name, weights=None, num_classes=5, init_weights=False)
    assert key in given.state_dict()
    built = build(f"torchvision/{name}", 5, given.state_dict()).module
    assert key not in built.state_dict()
    assert torch.equal(built.get_parameter("fc.weight"), given.get_parameter("fc.weight"))


@pytest.mark.parametrize(
    ("name", "said"), [("torchvision/resnet19", "Near that name: "), ("x", "Two of the known ones: ")]
)
def test_an_unknown_architecture_is_told_which_are_near(name: str, said: str) -> None:
    with pytest.raises(ModelError) as refusal:
        build(name, 5, {})
    assert refusal.value.hint.startswith(said)


def test_text_that_is_no_architecture_is_never_looked_up() -> None:
    with pytest.raises(ModelError, match="The architecture 'torchvision/get_model' is not known"):
        build("torchvision/get_model", 5, {})
