"""Which layers can be explained, and which one first?"""

from collections.abc import Callable
from functools import cache

import pytest
import torch
import torchvision
from torch import Tensor, nn

from gradcam_core.errors import LayerError
from gradcam_core.layers.finding import FoundLayers, find_layers
from gradcam_core.layers.layouts import Kind, Layout

DEFAULTS = {
    "resnet18": "layer4.1",
    "resnet50": "layer4.2",
    "mobilenet_v2": "features.18",
    "mobilenet_v3_large": "features.16",
    "densenet121": "features.norm5",
    "vgg16": "features.29",
    "efficientnet_b0": "features.8",
    "convnext_tiny": "features.7",
    "squeezenet1_0": "features.12",
    "googlenet": "inception5b",
    "mnasnet1_0": "layers.16",
    "swin_t": "permute",  # of the last normalisation
    "vit_b_32": "encoder.layers.encoder_layer_11.ln_1",  # after it only the class token is read
}


@cache
def found(name: str, *, side: int = 224) -> FoundLayers:
    options = {"init_weights": False} if name == "googlenet" else {}
    with torch.device("meta"):  # shapes are all that matters: nothing is allocated or computed
        module = torchvision.models.get_model(name, weights=None, **options).eval()
        return find_layers(module, torch.empty(1, 3, side, side))


SLOW = {"mobilenet_v2", "mnasnet1_0", "vit_b_32"}  # seconds each; the others stand for their kinds
NAMES = [pytest.param(name, marks=[pytest.mark.slow] if name in SLOW else []) for name in DEFAULTS]


@pytest.mark.parametrize("name", NAMES)
def test_default_is_the_last_block_before_global_pooling(name: str) -> None:
    assert found(name).default == DEFAULTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_candidate_is_a_spatial_map_outside_the_head(name: str) -> None:
    layers = found(name).candidates
    assert all(layer.size[0] == layer.size[1] > 1 for layer in layers)
    assert not [layer.name for layer in layers if layer.name.startswith(("classifier", "fc", "head."))]


def test_densenet_has_431_candidates_and_offers_ten_first() -> None:
    layers = found("densenet121").candidates
    assert (len(layers), sum(layer.is_block for layer in layers)) == (431, 10)


def test_convnext_has_maps_with_the_channels_first_and_last() -> None:
    layouts = {layer.kind: layer.layout for layer in found("convnext_tiny").candidates if layer.size == (7, 7)}
    assert layouts["Conv2d"] == layouts["CNBlock"] == Layout(Kind.CHANNELS_FIRST, 7, 7, 768)
    assert layouts["LayerNorm"] == Layout(Kind.CHANNELS_LAST, 7, 7, 768)


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("kind", [Kind.CHANNELS_FIRST, Kind.CHANNELS_LAST])
def test_of_two_readings_of_a_shape_the_one_that_moves_with_the_image_is_right(kind: Kind, device: str) -> None:
    class Last(nn.Module):
        def forward(self, maps: Tensor) -> Tensor:
            return maps.permute(0, 2, 3, 1).contiguous()

    torch.manual_seed(0)
    is_last = kind is Kind.CHANNELS_LAST
    module = nn.Sequential(nn.Conv2d(3, 8, 4, 4), Last() if is_last else nn.ReLU(), nn.Flatten(), nn.Linear(512, 3))
    layers = find_layers(module.to(device), torch.rand(1, 3, 32, 32, device=device)).candidates
    assert [layer.layout for layer in layers] == [Layout(Kind.CHANNELS_FIRST, 8, 8, 8), Layout(kind, 8, 8, 8)]


def test_module_called_twice_is_no_candidate() -> None:
    assert "layer1.0.relu" not in {layer.name for layer in found("resnet18").candidates}


class _TellsItsSize(nn.Module):
    """As blocks of some transformers do: what it gives is no tensor but a tensor and the size of its grid."""

    def __init__(self, *parts: nn.Module) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(parts)

    def forward(self, image: Tensor) -> tuple[Tensor, tuple[int, int]]:
        for part in self.blocks:
            given = part(image)
            image = given[0] if isinstance(given, tuple) else given
        return image, (image.shape[2], image.shape[3])


def test_a_network_whose_blocks_give_no_tensor_alone_is_explained_at_a_layer_within_the_last() -> None:
    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            block = _TellsItsSize(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU())
            self.stages = nn.ModuleList([_TellsItsSize(block)])
            self.head = nn.Linear(4, 5)

        def forward(self, image: Tensor) -> Tensor:
            maps, _ = self.stages[0](image)
            return self.head(maps.mean((2, 3)))  # type: ignore[no-any-return]

    layers = find_layers(Network().eval(), torch.rand(1, 3, 16, 16))
    assert layers.default == "stages.0.blocks.0.blocks.1"
    assert [layer.name for layer in layers.candidates if layer.is_block] == [layers.default]


class _Block(nn.Module):
    """Gives its map, or its map and another value."""

    def __init__(self, *, gives_two: bool) -> None:
        super().__init__()
        self.inner, self.down = nn.Conv2d(4, 4, 3, padding=1), nn.Conv2d(4, 4, 2, stride=2)
        self.gives_two = gives_two

    def forward(self, maps: Tensor) -> Tensor | tuple[Tensor, int]:
        maps = self.down(self.inner(maps).relu())
        return (maps, 1) if self.gives_two else maps


class _Encoded(nn.Module):
    """A part that embeds beside one that holds the blocks, as other libraries build their networks."""

    def __init__(self, *, gives_two: bool) -> None:
        super().__init__()
        self.embeddings = nn.Module()
        self.embeddings.patches = nn.Conv2d(3, 4, 4, stride=4)
        self.encoder = nn.Module()
        self.encoder.stages = nn.ModuleList(_Block(gives_two=gives_two) for _ in range(2))
        self.head = nn.Linear(4, 3)

    def forward(self, images: Tensor) -> Tensor:
        maps = self.embeddings.patches(images)  # type: ignore[operator]
        for stage in self.encoder.stages:  # type: ignore[union-attr]
            given = stage(maps)
            maps = given[0] if isinstance(given, tuple) else given
        logits: Tensor = self.head(maps.mean((2, 3)))
        return logits


@pytest.mark.parametrize(("gives_two", "ending"), [(False, ""), (True, ".down")])
def test_stages_behind_an_embedding_are_offered_first(gives_two: bool, ending: str) -> None:
    module = nn.Sequential()
    module.base = _Encoded(gives_two=gives_two)
    layers = find_layers(module, torch.rand(1, 3, 64, 64)).candidates
    stages = [layer.name for layer in layers if layer.is_block and "stages" in layer.name]
    assert stages == [f"base.encoder.stages.0{ending}", f"base.encoder.stages.1{ending}"]


def test_inception_offers_its_blocks_but_not_their_branches() -> None:
    blocks = {layer.name for layer in found("googlenet").candidates if layer.is_block}
    assert "inception4a" in blocks
    assert "inception4a.branch1" not in blocks


def test_number_of_outputs_is_counted(small_net: nn.Module) -> None:
    assert find_layers(small_net, torch.rand(1, 3, 8, 8)).num_outputs == 3


def test_network_without_a_map_is_refused() -> None:
    with pytest.raises(LayerError, match="No layer of this network"):
        find_layers(nn.Sequential(nn.Flatten(), nn.Linear(192, 2)), torch.rand(1, 3, 8, 8))


def test_features_without_a_class_head_are_said() -> None:
    module = torchvision.models.resnet18(weights=None)
    with_head = find_layers(module.eval(), torch.rand(1, 3, 64, 64))
    module.fc = nn.Identity()
    (note,) = find_layers(module, torch.rand(1, 3, 64, 64)).notes
    assert "may be features" in note
    assert with_head.notes == ()


@pytest.mark.parametrize("output", [lambda maps: (maps,), lambda maps: {"logits": maps}, lambda maps: maps])
def test_an_output_that_is_not_one_row_of_logits_is_refused(output: Callable[[Tensor], object]) -> None:
    class Odd(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, images: Tensor) -> object:
            return output(self.conv(images))

    with pytest.raises(LayerError, match="where a classifier gives one tensor"):
        find_layers(Odd().eval(), torch.rand(1, 3, 8, 8))


def test_a_frozen_part_that_the_network_cuts_from_the_graph_is_still_looked_into() -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Sequential(nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(inplace=True), nn.Conv2d(4, 4, 3, 2, 1))
            self.head = nn.Linear(4, 2)

        def forward(self, images: Tensor) -> Tensor:
            with torch.no_grad():
                maps = self.features(images)
            return self.head(maps.mean((2, 3)))  # type: ignore[no-any-return]

    found = find_layers(Cut().eval(), torch.rand(1, 3, 32, 32))
    assert [layer.name for layer in found.candidates] == ["features.0", "features.1", "features.2", "features"]


def test_looking_for_layers_leaves_weights_and_input_as_they_were(small_net: nn.Module) -> None:
    image = torch.rand(1, 3, 8, 8)
    find_layers(small_net, image)
    assert all(weight.requires_grad and weight.grad is None for weight in small_net.parameters())
    assert not image.requires_grad


def test_looking_for_layers_leaves_no_hook(small_net: nn.Module) -> None:
    find_layers(small_net, torch.rand(1, 3, 8, 8))
    assert not any(module._forward_hooks for module in small_net.modules())
