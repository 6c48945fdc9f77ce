"""One forward pass of an image explains every class."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from gradcam_core.cam import RAW_UNIT
from gradcam_core.decoding.decode import decode_image
from gradcam_core.engine import Explainer, unit_of
from gradcam_core.errors import LayerError, MethodError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models import LoadedModel, load_model
from tests.support import calibrated, loaded, png

MakeImage = Callable[..., LoadedImage]


@pytest.fixture(scope="module")
def resnet18() -> LoadedModel:
    return loaded(calibrated("resnet18"), name="resnet18")


def state(model: LoadedModel) -> list[object]:
    """All that a computation must leave as it was."""
    modules = list(model.module.named_modules())
    facts: list[object] = [
        (name, type(m), m.training, len(m._forward_hooks), len(m._backward_hooks)) for name, m in modules
    ]
    facts += [
        (name, p.requires_grad, p.grad is None, p.double().sum().item()) for name, p in model.module.named_parameters()
    ]
    return facts


@pytest.mark.parametrize("class_index", [0, 17, 49])
def test_sum_of_the_cam_plus_the_bias_is_the_logit(
    resnet18: LoadedModel, make_image: MakeImage, class_index: int
) -> None:
    forward = Explainer(resnet18).forward(make_image())
    bias = resnet18.module.fc.bias[class_index].item()  # type: ignore[union-attr, index]
    assert forward.cam(class_index).values.sum() + bias == pytest.approx(forward.logits[class_index], abs=1e-4)


def test_sum_of_the_embedded_networks_cam_plus_the_bias_is_the_logit(
    tinynet: LoadedModel, make_image: MakeImage
) -> None:
    forward = Explainer(tinynet).forward(make_image())
    bias = [parameter for name, parameter in tinynet.module.named_parameters() if name.endswith("bias")][-1]
    for class_index in range(len(tinynet.labels)):
        total = float(forward.cam(class_index).values.sum() + bias[class_index])
        assert total == pytest.approx(float(forward.logits[class_index]), abs=1e-4)


def test_cam_known_on_paper() -> None:
    """A 1 × 1 convolution passes red and blue on; the head wants red and not blue."""
    colours, head = nn.Conv2d(3, 2, 1, bias=False), nn.Linear(2, 2)
    with torch.no_grad():
        colours.weight.copy_(torch.tensor([[1.0, 0, 0], [0, 0, 1.0]]).view(2, 3, 1, 1))
        head.weight.copy_(torch.tensor([[16.0, -16.0], [0.0, 0.0]]))
        head.bias.zero_()
    module = nn.Sequential(colours, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
    model = loaded(module, side=4)
    spec = model.input_spec
    picture = Image.new("RGB", (4, 4), (0, 0, 0))
    picture.putpixel((1, 2), (255, 0, 0))
    cam = Explainer(model).forward(decode_image(png(picture))).cam(0)
    black = [-spec.mean[c] / spec.std[c] for c in range(3)]
    expected = np.full((4, 4), black[0] - black[2], dtype=np.float32)  # head weight 16 / 16 pixels = 1 per cell
    expected[2, 1] += 1 / spec.std[0]
    assert np.allclose(cam.values, expected, atol=1e-5)
    assert cam.peak == (1, 2)


def test_the_picture_that_the_model_saw_is_the_image_where_nothing_was_fitted(make_image: MakeImage) -> None:
    model = loaded(nn.Sequential(nn.Conv2d(3, 2, 1), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2, 2)), side=32)
    image = make_image(32, 32)
    seen = Explainer(model).forward(image, preprocessing="squash").input_picture
    assert seen.dtype == np.uint8
    assert np.abs(seen.astype(int) - image.pixels).max() <= 1


def test_top_lists_the_largest_logits_first(resnet18: LoadedModel, make_image: MakeImage) -> None:
    forward = Explainer(resnet18).forward(make_image())
    logits = [prediction.logit for prediction in forward.top(5)]
    assert logits == sorted(forward.logits.tolist(), reverse=True)[:5]
    assert forward.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert len(forward.top(10_000)) == 50


def test_probabilities_of_independent_labels_are_sigmoids(make_image: MakeImage) -> None:
    model = loaded(calibrated("resnet18"), activation="sigmoid")
    forward = Explainer(model).forward(make_image())
    assert np.allclose(forward.probabilities, 1 / (1 + np.exp(-forward.logits)), atol=1e-6)


def test_binary_model_explains_both_answers_with_opposite_maps(small_net: nn.Module, make_image: MakeImage) -> None:
    small_net[5] = nn.Linear(5, 1)  # type: ignore[operator]
    model = loaded(small_net, side=16, activation="binary", labels=("sound", "defect"))
    forward = Explainer(model, "2").forward(make_image())
    assert forward.logits[0] == -forward.logits[1]
    assert forward.probabilities.sum() == pytest.approx(1, abs=1e-6)
    assert np.allclose(forward.cam(0).values, -forward.cam(1).values)


def test_computing_leaves_the_model_as_it_was(resnet18: LoadedModel, make_image: MakeImage) -> None:
    image = make_image()
    before, logits = state(resnet18), Explainer(resnet18).forward(image).logits
    for layer in ("layer4.1", "layer2.0"):
        forward = Explainer(resnet18, layer).forward(image)
        for method in ("gradcam", "gradcam++", "eigencam", "layercam"):
            forward.cam(3, method)
    assert state(resnet18) == before
    assert np.array_equal(Explainer(resnet18).forward(image).logits, logits)


def test_an_exception_inside_the_forward_leaves_the_model_as_it_was(make_image: MakeImage) -> None:
    model = loaded(calibrated("resnet18"))
    before = state(model)
    fault = model.module.layer4.register_forward_pre_hook(_fail)  # type: ignore[union-attr]
    with pytest.raises(KeyError, match="planted"):
        Explainer(model, "layer3.1").forward(make_image())
    fault.remove()
    assert state(model) == before
    assert Explainer(model).forward(make_image()).cam(1).usable


def test_the_callers_grad_mode_does_not_matter(resnet18: LoadedModel, make_image: MakeImage) -> None:
    expected = Explainer(resnet18).forward(make_image()).cam(5).values
    for mode in (torch.no_grad, torch.inference_mode):
        with mode():
            assert np.array_equal(Explainer(resnet18).forward(make_image()).cam(5).values, expected)


def test_a_model_loaded_in_inference_mode_can_be_explained(make_image: MakeImage) -> None:
    with torch.inference_mode():
        model = load_model("tinynet", device="cpu")
    assert Explainer(model).forward(make_image()).cam(0).values.any()


def test_the_callers_precision_does_not_matter(resnet18: LoadedModel, make_image: MakeImage) -> None:
    expected = Explainer(resnet18).forward(make_image()).cam(5).values
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert np.array_equal(Explainer(resnet18).forward(make_image()).cam(5).values, expected)
    torch.set_default_dtype(torch.float64)
    try:
        assert np.array_equal(Explainer(resnet18).forward(make_image()).cam(5).values, expected)
    finally:
        torch.set_default_dtype(torch.float32)


def test_an_index_of_numpy_is_an_index(resnet18: LoadedModel, make_image: MakeImage) -> None:
    forward = Explainer(resnet18).forward(make_image())
    cam = forward.cam(np.argmax(forward.logits))  # type: ignore[arg-type]
    assert type(cam.key.class_index) is type(cam.prediction.class_index) is int
    with pytest.raises(TypeError):
        forward.cam(1.0)  # type: ignore[arg-type]


def test_what_is_no_model_or_no_image_is_a_type_error(resnet18: LoadedModel) -> None:
    with pytest.raises(TypeError, match="LoadedModel"):
        Explainer("resnet18")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="LoadedImage"):
        Explainer(resnet18).forward("cat.png")  # type: ignore[arg-type]


def test_numbers_too_large_for_a_method_are_said_in_the_note(
    make_image: MakeImage, capfd: pytest.CaptureFixture[str]
) -> None:
    convolution, head = nn.Conv2d(3, 4, 1), nn.Linear(4, 3)
    with torch.no_grad():
        convolution.weight.mul_(1e25)
        head.weight.mul_(1e-25)
    module = nn.Sequential(convolution, nn.AdaptiveAvgPool2d(1), nn.Flatten(), head)
    cam = Explainer(loaded(module, side=16), "0").forward(make_image()).cam(0, "eigencam")
    assert "the method gives values that are not finite" in cam.note
    assert (cam.heatmap() == 0).all()
    assert capfd.readouterr() == ("", "")  # neither numpy nor LAPACK says it on the terminal


def test_a_cam_is_read_only_and_knows_what_it_answers(resnet18: LoadedModel, make_image: MakeImage) -> None:
    image = make_image()
    cam = Explainer(resnet18, "layer3.1").forward(image, preprocessing="pad").cam(7, "Grad-CAM++")
    assert cam.key.image == image.sha256
    assert (cam.key.layer, cam.key.method, cam.key.class_index) == ("layer3.1", "gradcam++", 7)
    assert cam.key.preprocessing == "pad"
    with pytest.raises(ValueError, match="read-only"):
        cam.values[0, 0] = 1


@pytest.mark.parametrize("class_index", [-1, 50, 5000])
def test_a_class_that_does_not_exist_is_refused(resnet18: LoadedModel, make_image: MakeImage, class_index: int) -> None:
    with pytest.raises(MethodError, match=f"no class {class_index}"):
        Explainer(resnet18).forward(make_image()).cam(class_index)


def test_one_pass_explains_several_layers_as_passes_of_their_own_would(
    resnet18: LoadedModel, make_image: MakeImage
) -> None:
    image, names = make_image(), ["layer1.1", "layer3.0", "layer4.1"]
    ladder = Explainer(resnet18, "layer4.1").forward(image, layers=names)
    for name in names:
        cam = ladder.cam(5, layer=name)
        assert cam.key.layer == name
        assert np.array_equal(cam.values, Explainer(resnet18, name).forward(image).cam(5).values)


def test_every_method_and_layer_is_served_by_one_backward_pass_a_class(
    resnet18: LoadedModel, make_image: MakeImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    backwards, real = list[object](), torch.autograd.grad

    def counted(*given: Any, **named: Any) -> Any:
        backwards.append(given)
        return real(*given, **named)

    forward = Explainer(resnet18).forward(make_image(), layers=["layer3.1"])
    for layer in ("layer4.1", "layer3.1"):
        forward.cam(3, layer=layer)  # once a layer and model, it is measured where its cells look
    monkeypatch.setattr(torch.autograd, "grad", counted)
    for method in ("gradcam", "hirescam", "layercam"):
        forward.cam(2, method)
        forward.cam(2, method, layer="layer3.1")
    assert len(backwards) == 1
    assert not np.array_equal(forward.cam(3).values, forward.cam(2).values)  # one class does not get another's


def test_a_layer_that_was_not_recorded_is_refused(resnet18: LoadedModel, make_image: MakeImage) -> None:
    forward = Explainer(resnet18).forward(make_image())
    with pytest.raises(LayerError, match=r"layer3\.1 was not recorded") as caught:
        forward.cam(0, layer="layer3.1")
    assert 'layers=["layer3.1"]' in caught.value.hint


def test_a_layer_of_another_model_is_refused(resnet18: LoadedModel) -> None:
    with pytest.raises(LayerError, match=r"features\.18"):
        Explainer(resnet18, "features.18")


def _fail(*_: object) -> None:
    raise KeyError("planted")


class _Broken(nn.Module):
    """A head that makes the map of its layer unusable in a chosen way."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 2, 1)
        self.kind = kind

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        activation = self.conv(image)
        scores = {
            "blank": lambda: (activation - 100).relu().mean((2, 3)),  # a dead ReLU
            "flat": lambda: activation.mean((2, 3)),  # of an activation that is 1 everywhere
            "negative": lambda: -activation.pow(2).mean((2, 3)),
            "not finite": lambda: activation.sub(activation).sqrt().mean((2, 3)),
            "unconnected": lambda: activation.detach().mean((2, 3)),
        }
        chosen: torch.Tensor = scores[self.kind]()
        return chosen


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("blank", "blank"),
        ("flat", "flat"),
        ("negative", "negative"),
        ("not finite", "not finite"),
        ("unconnected", "blank"),
    ],
)
def test_a_map_that_cannot_be_used_is_recognised_and_said(kind: str, word: str, make_image: MakeImage) -> None:
    module = _Broken(kind)
    with torch.no_grad():
        if kind == "flat":  # the layer gives one value everywhere
            module.conv.weight.zero_()
            module.conv.bias.fill_(1.0)  # type: ignore[union-attr]
    cam = Explainer(loaded(module, side=16)).forward(make_image()).cam(0, "hirescam")
    assert word in cam.note
    assert (cam.heatmap() == 0).all()


def test_the_unit_is_logits_where_all_cells_and_the_bias_add_up(
    tinynet: LoadedModel, make_image: Callable[..., LoadedImage]
) -> None:
    last, first = (Explainer(tinynet, layer).forward(make_image(90, 70)) for layer in ("blocks.5", "blocks.0"))
    assert unit_of(tinynet, last.cam(2, "gradcam")) == "logits per cell"
    assert unit_of(tinynet, last.cam(2, "gradcam++")) == RAW_UNIT
    assert unit_of(tinynet, first.cam(2, "gradcam")) == RAW_UNIT
