"""How does an image become what the model sees, and which part of it is that?"""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torchvision import transforms
from torchvision.models import EfficientNet_B0_Weights, MobileNet_V3_Large_Weights, ResNet50_Weights

from gradcam_core.errors import HeatproofError
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.preprocessing import PREPROCESSINGS, InputSpec, get_preprocessing, input_picture, prepare

MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
IMAGENET = InputSpec(256, 224, MEAN, STD)
SHAPES = [(640, 400), (300, 700), (90, 33), (1, 1), (224, 224), (2000, 21)]

MakeImage = Callable[..., LoadedImage]


@pytest.mark.parametrize(
    "weights", [ResNet50_Weights.IMAGENET1K_V2, EfficientNet_B0_Weights.DEFAULT, MobileNet_V3_Large_Weights.DEFAULT]
)
@pytest.mark.parametrize("size", [(640, 400), (300, 701), (90, 33)])
def test_trained_equals_the_weights_own_transforms(
    weights: ResNet50_Weights, size: tuple[int, int], make_image: MakeImage
) -> None:
    own = weights.transforms()
    spec = InputSpec(own.resize_size[0], own.crop_size[0], tuple(own.mean), tuple(own.std), own.interpolation.value)
    image = make_image(*size)
    assert torch.allclose(prepare(image, spec).tensor[0], own(image.to_pil()), atol=1e-6)


@pytest.mark.parametrize("preprocessing", PREPROCESSINGS)
@pytest.mark.parametrize("size", SHAPES)
def test_input_is_a_square_and_its_window_lies_over_the_image(
    preprocessing: str, size: tuple[int, int], make_image: MakeImage
) -> None:
    prepared = prepare(make_image(*size), IMAGENET, preprocessing=preprocessing)
    left, top, right, bottom = prepared.geometry.seen
    assert prepared.tensor.shape == (1, 3, 224, 224)
    assert 0 <= left < right <= size[0]
    assert 0 <= top < bottom <= size[1]


def test_squash_covers_exactly_the_image(make_image: MakeImage) -> None:
    assert prepare(make_image(90, 33), IMAGENET, preprocessing="squash").geometry.window == (0, 0, 90, 33)


def test_pad_fills_with_the_mean_colour_and_keeps_the_shape_of_things(make_image: MakeImage) -> None:
    prepared = prepare(make_image(448, 224), IMAGENET, preprocessing="pad")
    assert prepared.geometry.window == (0, -112, 448, 336)
    assert (prepared.tensor[..., :56, :] == 0).all()  # zero after normalising is the mean
    assert (prepared.tensor[..., 56:168, :] != 0).any(dim=1).all()


def test_trained_crops_the_centre(make_image: MakeImage) -> None:
    window = prepare(make_image(512, 256), IMAGENET).geometry.window
    assert window == (144, 16, 368, 240)  # 256 → 256 on the short side, then 224 of it


def test_crop_larger_than_the_resized_image_reaches_beyond_it(make_image: MakeImage) -> None:
    prepared = prepare(make_image(100, 50), InputSpec(32, 48, MEAN, STD))  # 64 × 32, then 48 × 48 of it
    assert prepared.geometry.window == (12.5, -12.5, 87.5, 62.5)


def test_unknown_preprocessing_names_the_known_ones(make_image: MakeImage) -> None:
    with pytest.raises(HeatproofError, match="'stretch' is not a preprocessing") as caught:
        prepare(make_image(), IMAGENET, preprocessing="stretch")
    assert "trained, squash, pad" in caught.value.hint


def test_a_preprocessing_may_be_written_in_capitals() -> None:
    assert [get_preprocessing(name).slug for name in ("PAD", "Trained", "squash")] == ["pad", "trained", "squash"]


def test_an_image_of_the_inputs_size_comes_back_from_squash(make_image: MakeImage) -> None:
    image = make_image(224, 224)
    seen = input_picture(prepare(image, IMAGENET, preprocessing="squash").tensor, IMAGENET)
    assert seen.dtype == np.uint8
    assert np.abs(seen.astype(int) - image.pixels).max() <= 1


def test_a_padding_is_seen_as_the_mean_colour(make_image: MakeImage) -> None:
    seen = input_picture(prepare(make_image(448, 224), IMAGENET, preprocessing="pad").tensor, IMAGENET)
    assert (seen[:56] == [124, 116, 104]).all()  # 255 x the mean


def test_what_is_seen_is_rounded_half_up_and_clipped() -> None:
    spec = InputSpec(1, 1, (0.0, 0.0, 0.0), (1 / 255, 1 / 255, 1 / 255))
    levels = torch.tensor([-9.0, 0.49, 0.5, 1.5, 2.25, 254.75, 300.0]).reshape(1, 1, 1, 7).repeat(1, 3, 1, 1)
    assert input_picture(levels, spec)[0, :, 2].tolist() == [0, 0, 1, 2, 2, 255, 255]


def test_a_squashed_input_equals_torchvisions_resize_of_both_sides(make_image: MakeImage) -> None:
    image, spec = make_image(300, 90), InputSpec(40, 32, MEAN, STD, fit="squash")
    own = transforms.Compose(
        [transforms.Resize((40, 40)), transforms.CenterCrop(32), transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    )
    prepared = prepare(image, spec)
    assert torch.allclose(prepared.tensor[0], own(image.to_pil()), atol=1e-6)
    assert prepared.geometry.window == (30, 9, 270, 81)  # an eighth less, on each axis


def test_what_is_not_square_equals_torchvisions_sizes_of_height_and_width(make_image: MakeImage) -> None:
    image, to_tensor = make_image(300, 90), [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    cropped = transforms.Compose([transforms.Resize(36), transforms.CenterCrop((32, 48)), *to_tensor])
    squashed = transforms.Compose([transforms.Resize((32, 48)), *to_tensor])
    for fit, resize_size, own in (("crop", 36, cropped), ("squash", 32, squashed)):
        prepared = prepare(image, InputSpec(resize_size, (48, 32), MEAN, STD, fit=fit))
        assert torch.allclose(prepared.tensor[0], own(image.to_pil()), atol=1e-6)
        assert prepared.geometry.input_size == (48, 32)


@pytest.mark.parametrize("preprocessing", PREPROCESSINGS)
def test_what_is_not_square_is_filled_by_every_preprocessing(preprocessing: str, make_image: MakeImage) -> None:
    prepared = prepare(make_image(90, 90), InputSpec(32, (48, 32), MEAN, STD), preprocessing=preprocessing)
    assert prepared.tensor.shape == (1, 3, 32, 48)


def test_pad_fits_the_whole_image_into_what_is_not_square(make_image: MakeImage) -> None:
    spec = InputSpec(32, (64, 32), MEAN, STD, fit="pad")
    prepared = prepare(make_image(90, 90), spec)
    assert prepared.geometry.window == (-45, 0, 135, 90)
    assert torch.equal(prepared.tensor, prepare(make_image(90, 90), spec, preprocessing="pad").tensor)


def test_the_channels_go_in_in_the_networks_order_with_their_own_mean(make_image: MakeImage) -> None:
    image = make_image(32, 32)
    rgb = prepare(image, InputSpec(32, 32, MEAN, STD)).tensor
    bgr = prepare(image, InputSpec(32, 32, MEAN[::-1], STD[::-1], channel_order="bgr")).tensor
    assert torch.equal(bgr, rgb.flip(1))


def test_pixels_are_counted_on_the_scale_of_mean_and_deviation(make_image: MakeImage) -> None:
    image = make_image(32, 32)
    one = prepare(image, InputSpec(32, 32, MEAN, STD)).tensor
    of_255 = InputSpec(32, 32, tuple(255 * v for v in MEAN), tuple(255 * v for v in STD), input_range=(0.0, 255.0))
    assert torch.allclose(prepare(image, of_255).tensor, one, atol=1e-5)
    signed = prepare(image, InputSpec(32, 32, (0.0,) * 3, (1.0,) * 3, input_range=(-1.0, 1.0))).tensor
    assert torch.allclose(signed, prepare(image, InputSpec(32, 32, (0.5,) * 3, (0.5,) * 3)).tensor, atol=1e-6)


def test_a_grey_input_is_the_image_as_pillow_makes_it_grey(make_image: MakeImage) -> None:
    image = make_image(32, 32)
    prepared = prepare(image, InputSpec(32, 32, (0.5,), (0.25,)))
    grey = np.asarray(image.to_pil().convert("L"), dtype=np.float32)
    assert torch.allclose(prepared.tensor[0, 0], torch.from_numpy((grey / 255 - 0.5) / 0.25), atol=1e-6)


@pytest.mark.parametrize(
    "spec",
    [
        InputSpec(32, 32, MEAN[::-1], STD, channel_order="bgr"),
        InputSpec(32, 32, (123.7, 116.3, 103.5), (58.4, 57.1, 57.4), input_range=(0.0, 255.0)),
        InputSpec(32, 32, (0.1, 0.2, 0.3), (1.0, 2.0, 3.0), input_range=(-1.0, 1.0)),
        InputSpec(32, 32, (0.5,), (0.2,)),
    ],
    ids=["bgr", "0 to 255", "-1 to 1", "grey"],
)
def test_the_picture_of_an_input_shows_what_went_in(spec: InputSpec, make_image: MakeImage) -> None:
    image = make_image(32, 32)
    grey = np.asarray(image.to_pil().convert("L"))[..., None].repeat(3, axis=2)
    shown = input_picture(prepare(image, spec).tensor, spec)
    assert np.abs(shown.astype(int) - (image.pixels if spec.channels == 3 else grey)).max() <= 1


def test_as_trained_says_what_the_training_did() -> None:
    def said(fit: str, resize_size: int = 32) -> str:
        return PREPROCESSINGS["trained"].sentence(InputSpec(resize_size, 32, MEAN, STD, fit=fit))

    assert "cropped to the centre" in said("crop")
    assert "nothing is cut off" in said("squash")
    assert "edges cut off" in said("squash", 40)
    assert "filled with the mean colour" in said("pad")
