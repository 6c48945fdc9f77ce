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


FITS = ("crop", "squash", "pad")
CHANNEL_ORDERS = ("rgb", "bgr")


@dataclass(frozen=True)
class InputSpec:
    """What the weights were trained on.

    Attributes:
        resize_size: pixels of the short side before the centre is cropped, as torchvision's `Resize` takes it.
        crop_size: pixels of a side of the model's input; (width, height) where that is no square.
        mean: for each channel in the network's order, on the scale of `input_range`; one number for a grey input.
        std: as `mean`.
        fit: how an image takes the shape of the input: crop (resized, its centre cropped), squash (both sides resized,
            so that the short one has `resize_size`, then its centre cropped) or pad (the whole image within the input).
        channel_order: rgb or bgr.
        input_range: what black and white are before they are normalised.
    """

    resize_size: int
    crop_size: int | tuple[int, int]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bilinear"
    fit: str = "crop"
    channel_order: str = "rgb"
    input_range: tuple[float, float] = (0.0, 1.0)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) of the model's input, in pixels."""
        return (self.crop_size, self.crop_size) if isinstance(self.crop_size, int) else self.crop_size

    @property
    def resized_size(self) -> tuple[int, int]:
        """(width, height) to which an image is squashed, in the shape of the input."""
        width, height = (self.resize_size * side // min(self.size) for side in self.size)
        return width, height

    @property
    def channels(self) -> int:
        """3, or 1 for a grey input."""
        return len(self.mean)

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width) of the model's input."""
        width, height = self.size
        return self.channels, height, width


@dataclass(frozen=True, eq=False)
class PreparedInput:
    """The model's input, (1, channels, height, width) float32 normalised, and where it lies in the image."""

    tensor: Tensor
    geometry: InputGeometry


_kept_inputs: LruStore[PreparedInput] = LruStore(_KEPT_BYTES)


@dataclass(frozen=True)
class Preprocessing:
    """One way of fitting an image into the model's input; `sentence` says what it does for such an input."""

    slug: str
    title: str
    sentence: Callable[[InputSpec], str]
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
    """A normalised input, (1, channels, h, w), as the picture it stands for: (h, w, 3) uint8, of a grey one in grey."""
    low, high = spec.input_range
    values = tensor[0].detach().cpu() * _column(spec.std) + _column(spec.mean)
    pixels = _reordered((values - low) / (high - low) * 255, spec).expand(3, -1, -1)
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
    geometry = InputGeometry(picture.size, spec.size, window)
    return PreparedInput(tensor[None], geometry.scaled_to(kept_size))


def _fit_trained(image: Image.Image, spec: InputSpec) -> tuple[Tensor, Window]:
    """Resized, then the centre cropped: torchvision's own two steps; or padded, where the training did that."""
    if spec.fit == "pad":
        return _fit_pad(image, spec)
    width, height = spec.size
    resized_to = [*reversed(spec.resized_size)] if spec.fit == "squash" else [spec.resize_size]
    resized = transforms.resize(image, resized_to, _mode(spec), antialias=True)
    cropped = transforms.center_crop(resized, [height, width])
    left, right = _cropped_span(resized.width, width, image.width)
    top, bottom = _cropped_span(resized.height, height, image.height)
    return _normalised(cropped, spec), Window(left, top, right, bottom)


def _fit_squash(image: Image.Image, spec: InputSpec) -> tuple[Tensor, Window]:
    resized = image.resize(spec.size, _filter(spec))
    return _normalised(resized, spec), Window(0, 0, image.width, image.height)


def _fit_pad(image: Image.Image, spec: InputSpec) -> tuple[Tensor, Window]:
    """The whole image within the input; zeros after normalising are the mean colour."""
    whole_width, whole_height = spec.size
    scale = min(whole_width / image.width, whole_height / image.height)
    width, height = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    left, top = (whole_width - width) // 2, (whole_height - height) // 2
    tensor = torch.zeros(spec.shape, dtype=torch.float32)
    tensor[:, top : top + height, left : left + width] = _normalised(image.resize((width, height), _filter(spec)), spec)
    across, down = image.width / width, image.height / height  # image pixels per input pixel
    window = Window(-left * across, -top * down, (whole_width - left) * across, (whole_height - top) * down)
    return tensor, window


def _cropped_span(resized: int, crop: int, original: int) -> tuple[float, float]:
    """The image pixels between which a centre crop lies; beyond the image where the crop is the larger."""
    offset = -((crop - resized) // 2) if crop > resized else round((resized - crop) / 2.0)
    return offset * original / resized, (offset + crop) * original / resized


def _normalised(image: Image.Image, spec: InputSpec) -> Tensor:
    """(channels, h, w) float32; a grey input is 0.299 red + 0.587 green + 0.114 blue, as Pillow's `convert("L")`."""
    picture = image.convert("L") if spec.channels == 1 else image
    pixels: Tensor = transforms.to_tensor(picture).float()  # in [0, 1], whatever the default dtype is
    low, high = spec.input_range
    values = _reordered(pixels, spec) * (high - low) + low
    return (values - _column(spec.mean)) / _column(spec.std)


def _reordered(channels: Tensor, spec: InputSpec) -> Tensor:
    """From red, green, blue to the network's order, or back: it is the same step."""
    return channels.flip(0) if spec.channel_order == "bgr" else channels


def _column(values: tuple[float, ...]) -> Tensor:
    return torch.tensor(values, dtype=torch.float32)[:, None, None]  # (channels,) → (channels, 1, 1)


def _mode(spec: InputSpec) -> InterpolationMode:
    return InterpolationMode(spec.interpolation)


def _filter(spec: InputSpec) -> Image.Resampling:
    return Image.Resampling[spec.interpolation.upper()]


def _sentence_of_trained(spec: InputSpec) -> str:
    if spec.fit == "pad":
        return "As in training, the whole image in its own shape, the rest filled with the mean colour."
    if spec.fit == "crop":
        return "Resized and cropped to the centre as in training: the model at its best, blind at the edges."
    if spec.resized_size == spec.size:
        return "As in training, the whole image pressed into the model's input: nothing is cut off."
    return "As in training, pressed into the shape of the model's input and its edges cut off."


PREPROCESSINGS = {
    choice.slug: choice
    for choice in (
        Preprocessing("trained", "As trained", _sentence_of_trained, _fit_trained),
        Preprocessing(
            "squash",
            "Squash",
            lambda _: "The whole image pressed into the model's input: nothing is cut off, shapes are distorted.",
            _fit_squash,
        ),
        Preprocessing(
            "pad",
            "Pad",
            lambda _: "The whole image in its own shape, the rest filled with the mean colour: things appear smaller.",
            _fit_pad,
        ),
    )
}
