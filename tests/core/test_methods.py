"""Every method equals the grad-cam library, run as it is on a private copy of the model."""

import copy
from collections.abc import Callable

import numpy as np
import pytest
import pytorch_grad_cam
import torch
from pytorch_grad_cam.utils.image import scale_cam_image
from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget
from torch import nn

from gradcam_core.engine import Explainer
from gradcam_core.errors import MethodError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import METHODS, get_method
from gradcam_core.models import LoadedModel
from tests.support import calibrated, loaded

LIBRARY = {
    "gradcam": pytorch_grad_cam.GradCAM,
    "hirescam": pytorch_grad_cam.HiResCAM,
    "gradcamelementwise": pytorch_grad_cam.GradCAMElementWise,
    "gradcam++": pytorch_grad_cam.GradCAMPlusPlus,
    "xgradcam": pytorch_grad_cam.XGradCAM,
    "layercam": pytorch_grad_cam.LayerCAM,
    "eigencam": pytorch_grad_cam.EigenCAM,
    "eigengradcam": pytorch_grad_cam.EigenGradCAM,
}
EARLIER = {
    "resnet18": "layer3.1",
    "mobilenet_v2": "features.13",
    "densenet121": "features.denseblock3",
    "vgg16": "features.22",
}


@pytest.fixture(scope="module", params=[*EARLIER, "tinynet"])
def model(request: pytest.FixtureRequest) -> LoadedModel:
    if request.param == "tinynet":
        return request.getfixturevalue("tinynet")  # type: ignore[no-any-return]
    return loaded(calibrated(request.param, side=96), name=request.param, side=96)


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
def test_all_methods_equal_the_library(
    model: LoadedModel, place: str, make_image: Callable[..., LoadedImage], monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = EARLIER.get(model.spec.name) or [layer.name for layer in model.layers if layer.is_block][-3]
    layer = model.default_layer if place == "default" else earlier
    forward = Explainer(model, layer).forward(make_image(seed=3), preprocessing="squash")
    ours = {slug: forward.cam(3, slug).values for slug in METHODS}
    reference = private_copy(model.module, monkeypatch)
    for slug, values in ours.items():
        method = LIBRARY[slug](model=reference, target_layers=[reference.get_submodule(layer)])
        theirs = method(forward.input_tensor.clone().requires_grad_(), [ClassifierOutputTarget(3)])[0]
        method.activations_and_grads.release()
        side = tuple(forward.input_tensor.shape[2:])
        scaled = scale_cam_image(scale_cam_image(np.maximum(values, 0)[None], side))[0]
        assert float(np.ptp(theirs)) > 0.5, f"{slug} at {layer} is constant: the comparison would say nothing"
        assert np.abs(scaled - theirs).max() <= 1e-5, f"{slug} at {layer}"


def test_eigencam_is_the_same_map_for_every_class(tinynet: LoadedModel, make_image: Callable[..., LoadedImage]) -> None:
    forward = Explainer(tinynet).forward(make_image())
    for slug, method in METHODS.items():
        same = np.allclose(forward.cam(0, slug).values, forward.cam(1, slug).values)
        assert same is not method.depends_on_class, slug


@pytest.mark.parametrize("name", ["Grad-CAM++", "gradcam++", "GradCAMPlusPlus", "gradcam_plus_plus"])
def test_a_method_is_found_however_it_is_written(name: str) -> None:
    assert get_method(name).slug == "gradcam++"


def test_an_unknown_method_names_the_known_ones() -> None:
    with pytest.raises(MethodError, match="'score' is not a method") as caught:
        get_method("score")
    assert "gradcam, hirescam" in caught.value.hint


def test_every_method_says_what_it_does_and_where_it_comes_from() -> None:
    assert all(method.sentence.endswith(".") and method.paper for method in METHODS.values())
    assert len(METHODS) == 8
