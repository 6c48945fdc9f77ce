"""Every method is what it says of itself, and equals the grad-cam library run as it is on a private copy."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytorch_grad_cam
import torch
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from gradcam_core.attention.later import LaterAttention
from gradcam_core.engine import Explainer
from gradcam_core.errors import MethodError
from gradcam_core.evidence import PassEvidence
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import _FILES, METHODS, CamMethod, get_method, why_unfit
from gradcam_core.methods.base import Need, Sign
from gradcam_core.methods.projection import first_component
from gradcam_core.models import LoadedModel
from gradcam_core.recording import record
from gradcam_core.samples import load_sample
from gradcam_core.scenes.scene import draw_scene
from gradcam_core.targets import one_class
from tests.core.transformers import MeanBlocks
from tests.support import calibrated, loaded, methods_for


def plain(name: str) -> str:
    return "".join(letter for letter in name.lower().replace("+", "plus") if letter.isalnum())


LIBRARY = {plain(name): method for name, method in vars(pytorch_grad_cam).items() if isinstance(method, type)}
REFERENCE = {slug: LIBRARY[plain(slug)] for slug in METHODS if plain(slug) in LIBRARY}
TESTED_ELSEWHERE = {"rollout", "gradient-rollout", "chefer", "legrad"}  # test_attention_flow.py, test_legrad.py

USES = {  # the attributes of the evidence that a need stands for
    Need.ACTIVATION: {"activation"},
    Need.GRADIENT: {"gradient", "gradient_of"},
    Need.LAYERS: {"at"},
    Need.FORWARD_PASSES: {"scores", "scores_from", "input_gradient"},
    Need.OTHER_CLASS: {"other_class"},
    Need.ATTENTION: {"attention", "read_off"},
}
EARLIER = {
    "resnet18": "layer3.1",
    "mobilenet_v2": "features.13",
    "densenet121": "features.denseblock3",
    "vgg16": "features.22",
}


each_method = pytest.mark.parametrize("method", METHODS.values(), ids=list(METHODS))


class Watched:
    """Evidence that remembers what it was asked for."""

    def __init__(self, evidence: PassEvidence) -> None:
        self.evidence, self.asked = evidence, set[str]()

    def __getattr__(self, name: str) -> Any:
        self.asked.add(name)
        return getattr(self.evidence, name)


@pytest.fixture(
    scope="module",
    params=["tinynet", *(pytest.param(name, marks=() if name == "resnet18" else pytest.mark.slow) for name in EARLIER)],
)
def model(request: pytest.FixtureRequest) -> LoadedModel:
    if request.param == "tinynet":
        return request.getfixturevalue("tinynet")  # type: ignore[no-any-return]
    return loaded(calibrated(request.param, side=96), name=request.param, side=96)


@pytest.fixture
def fit(method: CamMethod, tinynet: LoadedModel, tinyvit: LoadedModel) -> LoadedModel:
    """An embedded network that the method can explain."""
    return tinyvit if why_unfit(method, tinynet) else tinynet


def private_copy(module: nn.Module, monkeypatch: pytest.MonkeyPatch) -> nn.Module:
    """The network without our hooks, and with no ReLU in place, neither module nor functional."""
    own = copy.deepcopy(module)
    for child in own.modules():
        child._forward_hooks.clear()
        if isinstance(child, nn.ReLU | nn.ReLU6):
            child.inplace = False
    plain = torch.nn.functional.relu
    monkeypatch.setattr("torch.nn.functional.relu", lambda tensor, **_: plain(tensor))
    return own


@pytest.mark.parametrize("place", ["default", "earlier"])
def test_methods_equal_the_library(
    model: LoadedModel, place: str, make_image: Callable[..., LoadedImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = EARLIER.get(model.spec.name) or [layer.name for layer in model.layers if layer.is_block][-3]
    layer = model.default_layer if place == "default" else earlier
    forward = Explainer(model, layer).forward(make_image(seed=3), preprocessing="squash")
    ours = {slug: forward.cam(3, slug).values for slug in REFERENCE}
    reference = private_copy(model.module, monkeypatch)
    for slug, values in ours.items():
        method = REFERENCE[slug](model=reference, target_layers=[reference.get_submodule(layer)])
        theirs = method(forward.input_tensor.clone().requires_grad_(), [ClassifierOutputTarget(3)])[0]
        method.activations_and_grads.release()
        side = tuple(forward.input_tensor.shape[2:])
        turns = (1, -1) if METHODS[slug].sign is Sign.CONVENTION else (1,)
        scaled = [scale_cam_image(scale_cam_image(np.maximum(turn * values, 0)[None], side))[0] for turn in turns]
        assert float(np.ptp(theirs)) > 0.5, f"{slug} at {layer} is constant: the comparison would say nothing"
        assert min(np.abs(one - theirs).max() for one in scaled) <= 1e-5, f"{slug} at {layer}"


def test_every_method_is_held_to_a_reference() -> None:
    assert METHODS.keys() == REFERENCE.keys() | TESTED_ELSEWHERE


@each_method
def test_a_method_that_does_not_depend_on_the_class_gives_one_map(
    method: CamMethod, fit: LoadedModel, make_image: Callable[..., LoadedImage]
) -> None:
    forward = Explainer(fit).forward(make_image())
    same = np.allclose(forward.cam(0, method.slug).values, forward.cam(1, method.slug).values)
    assert same is not method.depends_on_class


@each_method
def test_a_method_that_does_not_depend_on_the_layer_gives_one_map(
    method: CamMethod, fit: LoadedModel, make_image: Callable[..., LoadedImage]
) -> None:
    first, *_, last = (layer.name for layer in fit.layers if layer.is_block and layer.size == (16, 16))
    layers = (first, last)
    forward = Explainer(fit).forward(make_image(), layers=layers)
    one, other = (forward.cam(0, method.slug, layer=layer).values for layer in layers)
    assert np.allclose(one, other) is not method.depends_on_layer


@pytest.mark.parametrize("place", ["default", "earlier"])
def test_methods_that_are_said_to_give_the_same_map_give_it(
    model: LoadedModel, place: str, make_image: Callable[..., LoadedImage]
) -> None:
    earlier = EARLIER.get(model.spec.name) or [layer.name for layer in model.layers if layer.is_block][-3]
    forward = Explainer(model, None if place == "default" else earlier).forward(make_image(seed=3))
    cams = {slug: forward.cam(3, slug) for slug in methods_for(model)}
    for slug, cam in cams.items():
        largest = np.abs(cam.values).max()
        same = {one for one in cams if np.abs(cams[one].values - cam.values).max() <= 1e-4 * largest} - {slug}
        assert set(cam.same_map_by) == same
        assert all(METHODS[one].title in cam.same_map_note for one in (*same, *([slug] if same else [])))


def test_before_pooling_three_methods_give_one_map_and_it_is_said(tinynet: LoadedModel) -> None:
    forward = Explainer(tinynet).forward(load_sample("meadow"))
    alike = "Grad-CAM, HiResCAM and XGrad-CAM give the same map here"
    said = f"{alike}: at this layer a channel counts the same in every cell."
    for slug in ("gradcam", "hirescam", "xgradcam"):
        assert forward.cam(1, slug).same_map_note == said
    assert forward.cam(1, "layercam").same_map_by == ("gradcamelementwise",)
    assert Explainer(tinynet, "blocks.4").forward(load_sample("meadow")).cam(1).same_map_note == ""


@each_method
def test_a_method_takes_what_it_says_it_needs_and_costs_what_it_says(
    method: CamMethod, fit: LoadedModel, make_image: Callable[..., LoadedImage]
) -> None:
    layer = fit.layer()
    tensor = Explainer(fit).forward(make_image()).input_tensor
    forwards = [0]
    evidence = PassEvidence(
        model=fit,
        layer=layer,
        input_tensor=tensor,
        recorded=record(fit, tensor, [layer.name]),
        later=LaterAttention(fit, tensor),
        class_index=0,
        target=one_class(0),
        against=1,
        progress=lambda done, _total: forwards.append(done),
    )
    watched = Watched(evidence)
    method.compute(watched)
    assert method.needs == {need for need, names in USES.items() if names & watched.asked}
    assert method.cost(layer) == forwards[-1]


@each_method
def test_below_zero_is_evidence_against_where_a_method_says_so(
    method: CamMethod, small_net: nn.Module, make_image: Callable[..., LoadedImage]
) -> None:
    """What speaks for one of two answers speaks as much against the other."""
    small_net[5] = nn.Linear(5, 1)  # type: ignore[operator]
    module = MeanBlocks(classes=1) if Need.ATTENTION in method.needs else small_net
    model = loaded(module, side=16, activation="binary", labels=("sound", "defect"))
    forward = Explainer(model, model.layers[0].name).forward(make_image())
    turned = np.allclose(forward.cam(0, method.slug).values, -forward.cam(1, method.slug).values)
    if method.sign is not Sign.CONVENTION:
        assert turned is (method.sign is Sign.EVIDENCE)


@pytest.mark.parametrize("name", ["Grad-CAM++", "gradcam++", "GradCAMPlusPlus", "gradcam_plus_plus"])
def test_a_method_is_found_however_it_is_written(name: str) -> None:
    assert get_method(name).slug == "gradcam++"


def test_an_unknown_method_names_the_known_ones() -> None:
    with pytest.raises(MethodError, match="'score' is not a method") as caught:
        get_method("score")
    assert "gradcam, hirescam" in caught.value.hint


@each_method
def test_a_method_says_which_side_it_takes_where_its_sign_is_a_convention_and_only_there(method: CamMethod) -> None:
    assert bool(method.sign_rule) is (method.sign is Sign.CONVENTION)
    assert method.description == (f"{method.sentence} {method.sign_rule}" if method.sign_rule else method.sentence)


def test_a_component_is_turned_to_the_side_with_more_of_all_channels() -> None:
    channels = np.random.default_rng(1).normal(size=(6, 5, 4)).astype(np.float32)
    one, other = (first_component(turn * channels) for turn in (1, -1))
    assert np.allclose(one, -other, atol=1e-5)
    assert np.corrcoef(one.ravel(), channels.sum(axis=0).ravel())[0, 1] > 0


def test_where_all_cells_have_the_same_sum_rounding_does_not_choose_the_side() -> None:
    rng = np.random.default_rng(2)
    channels = rng.normal(size=(96, 6, 6)).astype(np.float32)
    normalised = (channels - channels.mean(axis=0)) / channels.std(axis=0)
    noise = [1 + 1e-6 * rng.normal(size=channels.shape).astype(np.float32) for _ in range(20)]
    maps = [first_component(normalised * each) for each in noise]
    assert all(np.allclose(each, maps[0], atol=1e-2) for each in maps)


def test_the_eigen_methods_are_largest_on_the_things(tinynet: LoadedModel) -> None:
    """Turned as the decomposition happens to give them it were 67 % of 300 maps, and 83 % of Eigen-CAM's 150."""
    on_the_thing, on_any_thing = [], []
    for seed in range(50_000, 50_025):
        scene = draw_scene(seed, size=256, things=2)
        forward = Explainer(tinynet).forward(LoadedImage(scene.pixels, (256, 256), f"{seed:064x}"))
        for thing in scene.things:
            x, y = forward.cam(tinynet.class_index(thing.label), "eigengradcam").peak
            on_the_thing.append(thing.mask[y, x])
        x, y = forward.cam(0, "eigencam").peak
        on_any_thing.append(any(thing.mask[y, x] for thing in scene.things))
    assert np.mean(on_the_thing) >= 0.8
    assert np.mean(on_any_thing) >= 0.9


@each_method
def test_every_method_says_what_it_is(method: CamMethod) -> None:
    assert method.sentence.endswith(".")
    assert method.paper
    assert method.phrase.peak[0].islower() and not method.phrase.bright.endswith(".")  # noqa: PT018 - one fact


def test_a_methods_file_lies_in_the_folder_of_its_family() -> None:
    assert [file.split(".")[0] for file in _FILES] == [method.family for method in METHODS.values()]


def test_the_readme_has_a_row_for_every_method() -> None:
    readme = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")
    rows = [f"| {one.title} (`{one.slug}`) | {one.description} | {one.paper} |" for one in METHODS.values()]
    assert [row for row in rows if row not in readme] == []
