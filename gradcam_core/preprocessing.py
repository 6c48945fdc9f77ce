"""How does an image become what the model sees, and which part of it is that?"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as transforms

from gradcam_core.decoding.decode import Turn, full_size, wait_patiently
from gradcam_core.errors import HeatproofError
from gradcam_core.geometry import InputGeometry, Window
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.resources.store import LruStore

_KEPT_BYTES = 16_000_000  # of inputs whose file would have to be decoded again: 26 of 224 pixels a side


@dataclass(frozen=True)
class InputSpec:
    """What the weights were trained on: pixels for the sides, RGB in [0, 1] for mean and deviation."""

    resize_size: int
    crop_size: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: str = "bilinear"


@dataclass(frozen=True, eq=False)
class PreparedInput:
    """The model's input, (1, 3, crop_size, crop_size) float32 normalised, and where it lies in the image."""

    tensor: Tensor
    geometry: InputGeometry


_kept_inputs: LruStore[PreparedInput] = LruStore(_KEPT_BYTES)


@dataclass(frozen=True)
class Preprocessing:
    """One way of fitting an image into the model's input."""

    slug: str
    title: str
    sentence: str
    fit: Callable[[Image.Image, InputSpec], tuple[Tensor, Window]]


def prepare(
    image: LoadedImage, spec: InputSpec, *, preprocessing: str = "trained", turn: Turn = wait_patiently
) -> PreparedInput:
    """Fit an image into the model's input; one whose file holds more than its pixels is cut from that.

    Args:
        turn: how to wait where as many files are being decoded as may be at once.

    Raises:
        HeatproofError: if there is no such preprocessing.
        ImageError, ResourceError: if the file can't be decoded again.
    """
    choice = get_preprocessing(preprocessing)
    if not image.file:
        return _fitted(image.to_pil(), image.size, choice, spec)
    key = (image.sha256, image.size, spec, choice.slug)
    known = _kept_inputs.get(key)
    if known is None:
        with full_size(image.file, turn=turn) as picture:
            made = _fitted(picture, image.size, choice, spec)
        known = _kept_inputs.put(key, made, made.tensor.nbytes)
    return replace(known, tensor=known.tensor.clone())  # whoever has it may write into it


def input_picture(tensor: Tensor, spec: InputSpec) -> np.ndarray:
    """A normalised input, (1, 3, h, w), as the picture it stands for: (h, w, 3) uint8."""
    pixels = (tensor[0].detach().cpu() * _column(spec.std) + _column(spec.mean)) * 255
    rounded = torch.floor(pixels + 0.5).clamp(0, 255).to(torch.uint8)
    return np.ascontiguousarray(rounded.permute(1, 2, 0).numpy())  # (3, h, w) → (h, w, 3)


def get_preprocessing(name: str) -> Preprocessing:
    """The preprocessing of this name in capitals or not, or a HeatproofError that lists them."""
    if name.lower() not in PREPROCESSINGS:
        raise HeatproofError(
            f"{name[:80]!r} is not a preprocessing.", hint=f"Choose one of {', '.join(PREPROCESSINGS)}."
        )
    return PREPROCESSINGS[name.lower()]


def _fitted(
    picture: Image.Image, kept_size: tuple[int, int], preprocessing: Preprocessing, spec: InputSpec
) -> PreparedInput:
    """The input cut from a picture, and where it lies in the kept copy of that."""
    tensor, window = preprocessing.fit(picture, spec)
    geometry = InputGeometry(picture.size, (spec.crop_size, spec.crop_size), window)
    return PreparedInput(tensor[None], geometry.scaled_to(kept_size))


def _fit_trained(image: Image.Image, spec: InputSpec) -> tuple[Tensor, Window]:
    """The short side resized to `resize_size`, then the centre cropped: torchvision's own two steps."""
    resized = transforms.resize(image, [spec.resize_size], _mode(spec), antialias=True)
    cropped = transforms.center_crop(resized, [spec.crop_size, spec.crop_size])
    left, right = _cropped_span(resized.width, spec.crop_size, image.width)
    top, bottom = _cropped_span(resized.height, spec.crop_size, image.height)
    return _normalised(cropped, spec), Window(left, top, right, bottom)


def _fit_squash(image: Image.Image, spec: InputSpec) -> tuple[Tensor, Window]:
    resized = image.resize((spec.crop_size, spec.crop_size), _filter(spec))
    return _normalised(resized, spec), Window(0, 0, image.width, image.height)


def _fit_pad(image: Image.Image, spec: InputSpec) -> tuple[Tensor, Window]:
    """The whole image within the square; zeros after normalising are the mean colour."""
    side = spec.crop_size
    scale = side / max(image.size)
    width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    left, top = (side - width) // 2, (side - height) // 2
    tensor = torch.zeros(3, side, side, dtype=torch.float32)
    tensor[:, top : top + height, left : left + width] = _normalised(image.resize((width, height), _filter(spec)), spec)
    across, down = image.width / width, image.height / height  # image pixels per input pixel
    window = Window(-left * across, -top * down, (side - left) * across, (side - top) * down)
    return tensor, window


def _cropped_span(resized: int, crop: int, original: int) -> tuple[float, float]:
    """The image pixels between which a centre crop lies; beyond the image where the crop is the larger."""
    offset = -((crop - resized) // 2) if crop > resized else round((resized - crop) / 2.0)
    return offset * original / resized, (offset + crop) * original / resized


def _normalised(image: Image.Image, spec: InputSpec) -> Tensor:
    pixels: Tensor = transforms.to_tensor(image).float()  # (3, h, w) in [0, 1], whatever the default dtype is
    return (pixels - _column(spec.mean)) / _column(spec.std)


def _column(values: tuple[float, float, float]) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)[:, None, None]  # (3,) → (3, 1, 1)


def _mode(spec: InputSpec) -> InterpolationMode:
    return InterpolationMode(spec.interpolation)


def _filter(spec: InputSpec) -> Image.Resampling:
    return Image.Resampling[spec.interpolation.upper()]


PREPROCESSINGS = {
    choice.slug: choice
    for choice in (
        Preprocessing(
            "trained",
            "As trained",
            "Resized and cropped to the centre as in training: the model at its best, blind at the edges.",
            _fit_trained,
        ),
        Preprocessing(
            "squash",
            "Squash",
            "The whole image pressed into the model's square: nothing is cut off, shapes are distorted.",
            _fit_squash,
        ),
        Preprocessing(
            "pad",
            "Pad",
            "The whole image in its own shape, the rest filled with the mean colour: things appear smaller.",
            _fit_pad,
        ),
    )
}
