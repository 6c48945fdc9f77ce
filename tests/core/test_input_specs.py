"""Is an image prepared as torchvision's and timm's own transforms prepare it?"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torchvision import transforms
from torchvision.models import EfficientNet_B3_Weights, ResNet18_Weights
from torchvision.transforms import InterpolationMode, v2

from gradcam_core.errors import ModelError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.models.input_specs import as_input_spec
from gradcam_core.preprocessing import InputSpec, prepare

_NORMALIZE = transforms.Normalize([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])


@pytest.mark.parametrize(
    "given",
    [
        ResNet18_Weights.DEFAULT.transforms(),
        EfficientNet_B3_Weights.DEFAULT.transforms(),
        transforms.Compose([transforms.Resize(70), transforms.CenterCrop(64), transforms.ToTensor(), _NORMALIZE]),
        transforms.Compose(
            [transforms.Resize((64, 64), InterpolationMode.BICUBIC), transforms.Compose([transforms.ToTensor()])]
        ),
        transforms.Compose([transforms.Resize((80, 80)), transforms.CenterCrop(64), transforms.ToTensor(), _NORMALIZE]),
        transforms.Compose([transforms.Resize(80), transforms.CenterCrop((48, 72)), transforms.ToTensor()]),
        v2.Compose([v2.ToImage(), v2.Resize(70), v2.CenterCrop(64), v2.ToDtype(torch.float32, scale=True)]),
        v2.Compose(
            [
                v2.PILToTensor(),
                v2.Resize(70),
                v2.CenterCrop(64),
                v2.ToDtype(torch.float32),
                v2.Normalize([123.7, 116.3, 103.5], [58.4, 57.1, 57.4]),
            ]
        ),
        transforms.Compose([transforms.Resize((64, 48)), transforms.ToTensor()]),
    ],
)
def test_an_image_goes_in_as_the_given_transforms_prepare_it(
    given: Any, make_image: Callable[..., LoadedImage]
) -> None:
    image = make_image(160, 120)
    ours = prepare(image, as_input_spec(given)).tensor[0]
    theirs = given(image.to_pil()).float()
    assert ours.shape == theirs.shape
    low, high = as_input_spec(given).input_range
    assert (ours - theirs).abs().max() < 0.02 * (high - low)  # resized as a picture, not as a tensor


def test_a_data_config_of_timm_is_read() -> None:
    config = {
        "input_size": (3, 224, 224),
        "interpolation": "bicubic",
        "mean": (0.5, 0.5, 0.5),
        "std": (0.5, 0.5, 0.5),
        "crop_pct": 0.95,
        "crop_mode": "center",
    }
    assert as_input_spec(config) == InputSpec(235, 224, (0.5,) * 3, (0.5,) * 3, "bicubic")
    squashed = as_input_spec({**config, "crop_mode": "squash", "crop_pct": 1.0})
    assert squashed == InputSpec(224, 224, (0.5,) * 3, (0.5,) * 3, "bicubic", fit="squash")
    with pytest.raises(ModelError, match="timm cuts a border off the padded image"):
        as_input_spec({**config, "crop_mode": "border"})
    whole = as_input_spec({**config, "crop_mode": "border", "crop_pct": 1.0})
    assert whole == InputSpec(224, 224, (0.5,) * 3, (0.5,) * 3, "bicubic", fit="pad")
    grey = as_input_spec({**config, "input_size": (1, 224, 224), "mean": (0.5,), "std": (0.25,)})
    assert grey == InputSpec(235, 224, (0.5,), (0.25,), "bicubic")


def test_a_grey_network_has_one_mean() -> None:
    small = [transforms.Resize((28, 28)), transforms.ToTensor(), transforms.Normalize((0.13,), (0.31,))]
    assert as_input_spec(transforms.Compose(small), channels=1).mean == (0.13,)
    assert as_input_spec(transforms.Compose(small)).mean == (0.13,) * 3
    assert as_input_spec(transforms.Compose([transforms.Grayscale(), *small])).mean == (0.13,)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (None, "How images are prepared can't be read from NoneType None"),
        ({"input_size": 3}, "input_spec: input_size is 3"),
        (transforms.Compose([transforms.Resize(64), transforms.ToTensor()]), "give no fixed size"),
        (transforms.Compose([transforms.RandomResizedCrop(64)]), "The transform RandomResizedCrop"),
        (transforms.Compose([transforms.Lambda(lambda image: image)]), "The transform Lambda"),
        (transforms.Compose([transforms.Grayscale(3)]), "Grey images of three channels"),
        (transforms.Compose([transforms.Resize((64, 80)), transforms.CenterCrop(48)]), "another shape than"),
        (transforms.Compose([transforms.Resize((64, 64), InterpolationMode.HAMMING)]), "The interpolation 'hamming'"),
        (transforms.Compose([transforms.Resize((2000, 2000))]), "2000 x 2000 pixels is larger than 640"),
    ],
)
def test_what_can_not_be_done_in_the_same_way_is_one_sentence(given: Any, sentence: str) -> None:
    with pytest.raises(ModelError) as refusal:
        as_input_spec(given)
    assert sentence in refusal.value.message
    assert refusal.value.hint


@pytest.mark.parametrize(
    "given",
    [
        {"input_size": (3, 64, 64), "mean": (123.7, 116.3, 103.5), "std": (58.4, 57.1, 57.4)},
        InputSpec(64, 64, (123.7, 116.3, 103.5), (58.4, 57.1, 57.4)),
    ],
)
def test_mean_that_counts_to_255_for_pixels_that_go_to_1_is_refused(given: Any) -> None:
    with pytest.raises(ModelError) as refusal:
        as_input_spec(given)
    assert "is 123.7, for pixels that go from 0 to 1" in refusal.value.message
