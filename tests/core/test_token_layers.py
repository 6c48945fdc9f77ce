"""Are layers whose cells are tokens, or whose channels come last, explained as others are?"""

import copy
import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import pytorch_grad_cam
import torch
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from pytorch_grad_cam.utils.reshape_transforms import vit_reshape_transform
from torch import Tensor, nn

from gradcam_core.cam import CANCELS
from gradcam_core.engine import Explainer, ForwardPass
from gradcam_core.errors import MethodError
from gradcam_core.layers.finding import find_layers
from gradcam_core.layers.layouts import Kind, Layout, readings
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import METHODS, why_unfit
from gradcam_core.methods.base import EVIDENCE, CamMethod, Evidence, Family, Need, Sign
from gradcam_core.models import LoadedModel
from gradcam_core.receptive_field import measured
from gradcam_core.recording import record
from tests.core.transformers import SIDE, small_swin, small_vit
from tests.support import loaded

VIT, SWIN = "encoder.layers.encoder_layer_2.ln_1", "norm"
MakeImage = Callable[..., LoadedImage]


@pytest.fixture(params=["vit", "swin"])
def model(request: pytest.FixtureRequest) -> LoadedModel:
    found: LoadedModel = request.getfixturevalue(request.param)
    return found


def channels_last(output: Tensor) -> Tensor:
    return output.permute(0, 3, 1, 2)


def eight_by_eight(output: Tensor) -> Tensor:
    return vit_reshape_transform(output, 8, 8)  # type: ignore[no-any-return]


def test_a_vision_transformer_is_explained_where_the_class_still_depends_on_its_patches(vit: LoadedModel) -> None:
    assert (vit.default_layer, vit.layer().layout) == (VIT, Layout(Kind.TOKENS, 8, 8, 24, prefix=1))
    blocks = [layer.name.rpartition(".")[2] for layer in vit.layers if layer.is_block]
    assert blocks == ["conv_proj", "encoder_layer_0", "encoder_layer_1", "ln_1"]


def test_layers_of_which_a_class_token_alone_is_read_are_kept_apart_with_their_layout(
    vit: LoadedModel, swin: LoadedModel
) -> None:
    unread = {layer.name: layer.layout for layer in vit.unread}
    assert unread["encoder.layers.encoder_layer_2"] == Layout(Kind.TOKENS, 8, 8, 24, prefix=1)
    assert not unread.keys() & {layer.name for layer in vit.layers}
    assert swin.unread == ()


def test_what_a_class_token_leaves_unread_can_be_looked_at(vit: LoadedModel) -> None:
    last = "encoder.layers.encoder_layer_2"
    recorded = record(vit, torch.rand(1, 3, SIDE, SIDE), [last])
    assert recorded.activation(last).shape == (24, 8, 8)
    assert recorded.activation(last).std() > 0.1
    assert not recorded.gradient(last, ((1, 1.0),)).any()


def test_a_swin_transformers_stages_have_their_channels_last(swin: LoadedModel) -> None:
    layouts = {layer.name: layer.layout for layer in swin.layers}
    assert layouts["features.1"] == Layout(Kind.CHANNELS_LAST, 16, 16, 12)
    assert layouts[SWIN] == Layout(Kind.CHANNELS_LAST, 8, 8, 24)
    assert layouts[swin.default_layer] == Layout(Kind.CHANNELS_FIRST, 8, 8, 24)  # the normalisation's, permuted


CASES = [
    ("vit", VIT, eight_by_eight),
    ("vit", "encoder.layers.encoder_layer_0.ln_2", eight_by_eight),
    ("swin", SWIN, channels_last),
    ("swin", "features.1.1", channels_last),
]


@pytest.mark.parametrize(("name", "layer", "transform"), CASES)
def test_a_map_is_the_librarys_with_its_tokens_reshaped(
    request: pytest.FixtureRequest,
    make_image: MakeImage,
    name: str,
    layer: str,
    transform: Callable[[Tensor], Tensor],
) -> None:
    model: LoadedModel = request.getfixturevalue(name)
    forward = Explainer(model, layer).forward(make_image())
    private = copy.deepcopy(model.module).requires_grad_(True)
    for theirs in ("GradCAM", "HiResCAM", "LayerCAM"):
        library = getattr(pytorch_grad_cam, theirs)(private, [private.get_submodule(layer)], transform)
        library(forward.input_tensor, [ClassifierOutputTarget(4)])
        seen = library.activations_and_grads
        arrays = seen.activations[0].numpy(), seen.gradients[0].numpy()
        expected = library.get_cam_image(None, None, None, *arrays, False)[0]
        seen.release()
        ours = forward.cam(4, theirs).values
        assert np.ptp(ours) > 0.1 * np.abs(ours).max()
        assert np.abs(ours - expected).max() <= 1e-5 * np.abs(expected).max(), theirs


@pytest.mark.parametrize("method", METHODS)
def test_every_method_explains_it_or_says_why_not(model: LoadedModel, make_image: MakeImage, method: str) -> None:
    forward = Explainer(model).forward(make_image())
    if why := why_unfit(METHODS[method], model):
        with pytest.raises(MethodError, match=f"can't explain Net: {re.escape(why)}"):
            forward.cam(0, method)
        return
    maps = [forward.cam(index, method) for index in (0, 1)]
    assert [cam.shape for cam in maps] == [(8, 8), (8, 8)]
    assert all(np.isfinite(cam.values).all() and np.ptp(cam.values) > 0 for cam in maps)
    assert np.array_equal(maps[0].values, maps[1].values) is not METHODS[method].depends_on_class


@pytest.mark.parametrize("quarter", [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_what_changes_in_a_quarter_of_the_image_shows_in_that_quarter(
    model: LoadedModel, quarter: tuple[int, int]
) -> None:
    torch.manual_seed(0)
    image = torch.randn(1, 3, SIDE, SIDE)
    other = image.clone()
    (top, left), half = (step * SIDE // 2 for step in quarter), SIDE // 2
    other[..., top : top + half, left : left + half] += 2
    for layer in (one for one in model.layers if one.is_block):
        change = np.abs(activation(model, layer.name, other) - activation(model, layer.name, image)).sum(axis=0)
        halves = change.reshape(2, layer.layout.height // 2, 2, layer.layout.width // 2).sum(axis=(1, 3))
        assert np.unravel_index(halves.argmax(), (2, 2)) == quarter, layer.name


def activation(model: LoadedModel, layer: str, image: Tensor) -> np.ndarray:
    return record(model, image, [layer]).activation(layer)


def test_tokens_look_at_their_own_patches(vit: LoadedModel) -> None:
    for layer in ("encoder.layers.encoder_layer_0", vit.default_layer):
        assert measured(vit, vit.layer(layer)).shift == pytest.approx((0, 0), abs=0.1)


def test_scores_from_a_layer_take_maps_and_hand_on_the_networks_own_layout(
    model: LoadedModel, make_image: MakeImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = list[np.ndarray]()

    def compute(evidence: Evidence) -> np.ndarray:
        maps = torch.from_numpy(evidence.activation.copy())[None]
        given.append(evidence.scores_from([maps, torch.zeros_like(maps), maps]))
        return np.asarray(evidence.activation.mean(axis=0))

    needs = frozenset({Need.ACTIVATION, Need.FORWARD_PASSES})
    trial = CamMethod("trial", "Trial", "", "a test", Family.FORWARD, needs, Sign.EVIDENCE, EVIDENCE, compute)
    monkeypatch.setitem(METHODS, "trial", trial)
    for layer in {one.layout.kind: one for one in model.layers}.values():
        forward = Explainer(model, layer.name).forward(make_image())
        forward.cam(0, "trial")
        own, without, again = given.pop()
        assert np.allclose(own, forward.logits, atol=1e-5), layer.name
        assert np.array_equal(own, again)
        assert np.abs(without - own).max() > 1e-3, layer.name


@pytest.mark.parametrize(
    ("name", "layer", "norm"),
    [
        ("vit", "encoder.layers.encoder_layer_1", VIT),
        ("swin", "features.3", SWIN),
        ("swin", "features.3.1", SWIN),
    ],
)
def test_what_cancels_before_a_normalisation_is_said_and_the_normalisation_named(
    request: pytest.FixtureRequest, make_image: MakeImage, name: str, layer: str, norm: str
) -> None:
    model: LoadedModel = request.getfixturevalue(name)
    forward = Explainer(model, layer).forward(make_image(), layers=[norm])
    assert forward.cam(1, "hirescam").note == f"{CANCELS} Choose {norm}, the normalisation after it."
    assert forward.cam(1, "hirescam", layer=norm).note == ""
    assert forward.cam(1, "gradcam").note == ""


@pytest.mark.parametrize("device", ["cpu", "meta"])
def test_layers_are_the_same_without_values(device: str) -> None:
    for module in (small_vit(), small_swin()):
        expected = find_layers(module, torch.rand(1, 3, SIDE, SIDE))
        found = find_layers(module.to(device), torch.rand(1, 3, SIDE, SIDE, device=device))
        assert found == expected


def test_an_untrained_head_of_zeros_does_not_hide_what_is_read(make_image: MakeImage) -> None:
    module = small_vit()
    nn.init.zeros_(module.get_submodule("heads.head").weight)  # type: ignore[arg-type]
    assert find_layers(module, torch.rand(1, 3, SIDE, SIDE)).default == VIT


IMAGE = (224, 224)


@pytest.mark.parametrize(
    ("shape", "grids", "image", "expected"),
    [
        ((1, 197, 768), [(14, 14)], IMAGE, (Kind.TOKENS, 14, 14, 1)),
        ((1, 201, 384), [(14, 14)], IMAGE, (Kind.TOKENS, 14, 14, 5)),
        ((1, 50, 64), [(28, 28)], IMAGE, (Kind.TOKENS, 7, 7, 1)),  # halved twice since the grid was seen
        ((1, 241, 192), [(12, 20)], (192, 320), (Kind.TOKENS, 12, 20, 1)),
        ((1, 196, 64), [], IMAGE, (Kind.TOKENS, 14, 14, 0)),  # patches cut by a linear layer
        ((1, 7, 14, 96), [], (224, 448), (Kind.CHANNELS_LAST, 7, 14, 0)),
        ((1, 96, 7, 14), [], (224, 448), (Kind.CHANNELS_FIRST, 7, 14, 0)),
        ((1, 10, 64), [(7, 7)], IMAGE, None),  # ten queries are no 2 x 2 cells and six more
        ((1, 12, 197, 197), [(14, 14)], IMAGE, None),  # attention, tokens by tokens
        ((1, 512, 1, 1), [], IMAGE, None),
        ((1, 196, 1), [(14, 14)], IMAGE, None),  # as many channels, pooled
        ((1, 1000), [(7, 7)], IMAGE, None),
    ],
)
def test_a_layout_is_read_from_a_shape(
    shape: tuple[int, ...],
    grids: list[tuple[int, int]],
    image: tuple[int, int],
    expected: tuple[Kind, int, int, int] | None,
) -> None:
    found = readings(shape, grids=grids, lengths={197}, image=image)
    assert [(one.kind, *one.grid, one.prefix) for one in found] == ([] if expected is None else [expected])


@pytest.mark.parametrize("kind", Kind)
def test_maps_and_outputs_are_made_of_each_other(kind: Kind) -> None:
    layout = Layout(kind, 2, 3, 4, prefix=2 if kind is Kind.TOKENS else 0)
    own = {
        Kind.CHANNELS_FIRST: torch.rand(1, 4, 2, 3),
        Kind.CHANNELS_LAST: torch.rand(1, 2, 3, 4),
        Kind.TOKENS: torch.rand(1, 8, 4),
    }[kind]
    maps = layout.maps(own)
    assert maps.shape == (1, 4, 2, 3)
    several = layout.output(torch.cat([maps, maps]), own)
    assert torch.equal(several, torch.cat([own, own]))


def test_several_layers_of_one_pass_are_what_each_gives_alone(model: LoadedModel, make_image: MakeImage) -> None:
    names = [layer.name for layer in model.layers if layer.is_block]
    together: ForwardPass = Explainer(model).forward(make_image(), layers=names)
    for name in names:
        alone = Explainer(model, name).forward(make_image()).cam(2, "gradcam").values
        assert np.allclose(together.cam(2, "gradcam", layer=name).values, alone, atol=1e-5 * np.abs(alone).max()), name


def test_an_input_that_is_no_square_is_explained_and_measured(make_image: MakeImage) -> None:
    torch.manual_seed(0)
    parts = (nn.Conv2d(3, 16, 3, 2, 1), nn.Conv2d(16, 16, 3, 2, 1), nn.Conv2d(16, 16, 3, 2, 1))
    module = nn.Sequential(nn.Sequential(*parts), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 3))
    found = find_layers(module, torch.rand(1, 3, 96, 160))
    square = loaded(module, side=96)
    spec = replace(square.input_spec, crop_size=(160, 96))
    model = replace(square, layers=found.candidates, default_layer=found.default, input_spec=spec)
    assert model.layer().size == (20, 12)
    assert measured(model, model.layer()).shift == pytest.approx((-0.44, -0.44), abs=0.1)  # of its kernels
    assert Explainer(model).forward(make_image()).cam(1).shape == (12, 20)
