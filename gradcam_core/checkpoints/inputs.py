"""How does a description say what goes into its network, and can that be true?"""

import math
from collections.abc import Sequence
from typing import Any

from gradcam_core.checkpoints.fields import Fields, is_number
from gradcam_core.config import settings
from gradcam_core.errors import ModelError
from gradcam_core.preprocessing import CHANNEL_ORDERS, FITS, InputSpec

INTERPOLATIONS = ("bilinear", "bicubic", "nearest")
INPUT_FIELDS = (
    *("resize_size", "crop_size", "interpolation", "mean", "std"),
    *("fit", "channels", "channel_order", "input_range"),
)
_LEAST_SIDE = 8
_LARGEST_NUMBER = 1_000  # at either end of an input's range: 255 is the largest in use
_SMALLEST_STD = 1e-3  # of the range; 1/255 and 1/256 are in use
_OR_TWO = ', or two such numbers as {"width": 320, "height": 192}'


def read_input(fields: Fields) -> tuple[InputSpec, tuple[str, ...]]:
    """The object `preprocessing`, and a sentence for each thing that is assumed; ModelError where it can't be true."""
    fields.refuse_misspelt(INPUT_FIELDS)
    crop_size = _size(fields, "crop_size", low=_LEAST_SIDE, high=settings().max_input_side)
    resize_size, fit = _resize(fields, crop_size)
    channels = _channels(fields)
    low, high = _range(fields)
    mean = _numbers(fields, "mean", channels)
    std = _numbers(fields, "std", channels)
    check_scale(fields.where, mean, std, (low, high))
    spec = InputSpec(
        resize_size=resize_size,
        crop_size=crop_size,
        mean=mean,
        std=std,
        interpolation=fields.choice("interpolation", among=INTERPOLATIONS, default="bilinear"),
        fit=fit,
        channel_order=fields.choice("channel_order", among=CHANNEL_ORDERS, default="rgb"),
        input_range=(low, high),
    )
    return spec, _assumed(spec, is_fit_stated="fit" in fields.values)


def _assumed(spec: InputSpec, *, is_fit_stated: bool) -> tuple[str, ...]:
    equal = (
        f"resize_size and crop_size are both {spec.resize_size}, and fit is not stated: it is taken to have been "
        'trained on the centre of each image. If whole images were pressed into a square, set fit to "squash".'
    )
    is_doubtful = not is_fit_stated and spec.fit == "crop" and spec.size == (spec.resize_size, spec.resize_size)
    grey = "Its input is grey: each picture is made grey as 0.299 red + 0.587 green + 0.114 blue."
    pad = "It was trained on padded images: the padding is taken to have been of the mean colour, on both sides alike."
    said = {equal: is_doubtful, grey: spec.channels == 1, pad: spec.fit == "pad"}
    return tuple(sentence for sentence, is_so in said.items() if is_so)


def _size(fields: Fields, key: str, *, low: int, high: int) -> int | tuple[int, int]:
    """The side of a square, or (width, height); a list of two different numbers could be either way round."""
    value = fields.required(key)
    sides = value if isinstance(value, list) and len(value) in (1, 2) else [value]
    if isinstance(value, dict) and value.keys() == {"width", "height"}:
        sides = [value["width"], value["height"]]
    if not all(type(side) is int and low <= side <= high for side in sides):
        raise fields.wrong(key, f"a whole number from {low:,} to {high:,}{_OR_TWO if value is not sides[0] else ''}")
    if len(set(sides)) == 1:
        return int(sides[0])
    if isinstance(value, list):
        raise fields.wrong(key, f'written as {{"width": {sides[1]}, "height": {sides[0]}}}, or the other way round')
    return sides[0], sides[1]


def _resize(fields: Fields, crop_size: int | tuple[int, int]) -> tuple[int, str]:
    """The short side of what an image is resized to, and the fit; two sides are squashed, as torchvision's `Resize`."""
    given = fields.values.get("resize_size")
    has_two_sides = isinstance(given, dict) or (isinstance(given, list) and len(given) == 2)
    fit = fields.choice("fit", among=FITS, default="squash" if has_two_sides else "crop")
    sides = (crop_size, crop_size) if isinstance(crop_size, int) else crop_size
    if "resize_size" not in fields.values and fit != "crop":
        return min(sides), fit
    low = min(sides)
    size = _size(fields, "resize_size", low=low, high=max(2 * settings().max_input_side, low))
    resized = (size, size) if isinstance(size, int) else size
    if has_two_sides and fit == "crop":
        raise fields.wrong("resize_size", 'one number, the short side, where fit is crop; or set fit to "squash"')
    if has_two_sides and resized[0] * sides[1] != resized[1] * sides[0]:
        raise fields.wrong("resize_size", "of the same shape as crop_size")
    return min(resized), fit


def _channels(fields: Fields) -> int:
    channels = fields.values.get("channels", 3)
    if type(channels) is not int or channels not in (1, 3):
        raise fields.wrong("channels", "3 for colours or 1 for grey: pictures are read without their transparency")
    return channels


def _range(fields: Fields) -> tuple[float, float]:
    """What black and white are before they are normalised."""
    value = fields.values.get("input_range", [0, 1])
    is_pair = isinstance(value, list) and len(value) == 2 and all(is_number(number) for number in value)
    if not is_pair or not -_LARGEST_NUMBER <= value[0] < value[1] <= _LARGEST_NUMBER:
        raise fields.wrong("input_range", "what black and white are: [0, 1], [0, 255] or [-1, 1]")
    return float(value[0]), float(value[1])


def _numbers(fields: Fields, key: str, channels: int) -> tuple[float, ...]:
    """One number for each channel; one number alone is that of each."""
    value: Any = fields.required(key)
    numbers = value if isinstance(value, list) else [value]
    are_numbers = all(is_number(number) and (key != "std" or number > 0) for number in numbers)
    if len(numbers) in (1, 3) and are_numbers and len(set(numbers)) == 1:
        return (float(numbers[0]),) * channels
    positive = "positive " if key == "std" else ""
    if channels == 1:
        raise fields.wrong(key, f"one {positive}number, for grey")
    if len(numbers) != 3 or not are_numbers:
        raise fields.wrong(key, f"three {positive}numbers for red, green and blue")
    return tuple(float(number) for number in numbers)


def check_scale(where: str, mean: Sequence[float], std: Sequence[float], span: tuple[float, float]) -> None:
    """Refuse a mean and a deviation that pixels of this range can't have: counted on another scale, or exchanged."""
    low, high = span
    shown = f"from {low:g} to {high:g}"
    if high <= 1 and max(*mean, *std) > high - low:
        key, value = ("mean", max(mean)) if max(mean) > high - low else ("std", max(std))
        raise ModelError(
            f"{where}: {key} is {value:g}, for pixels that go {shown}.",
            hint="Where mean and std count pixels from 0 to 255, divide both by 255, or set input_range to [0, 255].",
        )
    if high >= 2 and (0 < max(mean) <= 1 or max(std) < 1):
        key, value = ("std", max(std)) if max(std) < 1 else ("mean", max(mean))
        raise ModelError(
            f"{where}: {key} is {value:g}, for pixels that go {shown}.",
            hint=f"Where mean and std count pixels from 0 to 1, multiply both by {high:g}, or leave input_range out.",
        )
    if not low <= min(mean) <= max(mean) <= high or min(std) < _SMALLEST_STD * (high - low):
        key, value = ("std", min(std)) if low <= min(mean) <= max(mean) <= high else ("mean", min(mean))
        raise ModelError(
            f"{where}: {key} is {value:g}, for pixels that go {shown}.",
            hint="Give mean and std on the scale of input_range.",
        )
    if _are_exchanged(mean, std, span):
        raise ModelError(
            f"{where}: pixels {shown} with the mean {_shown(mean)} can't have the deviation {_shown(std)}.",
            hint="Are mean and std exchanged?",
        )


def _are_exchanged(mean: Sequence[float], std: Sequence[float], span: tuple[float, float]) -> bool:
    """Whether they can't be statistics of pixels, and could be the other way round.

    Numbers from low to high with this mean deviate by sqrt((high - mean) (mean - low)) at most (Bhatia and Davis 2000,
    Theorem 1). Three equal numbers are no statistics but a scale of somebody's choice.
    """
    if len(set(std)) == 1:
        return False
    return not _can_be(mean, std, span) and _can_be(std, mean, span)


def _can_be(mean: Sequence[float], std: Sequence[float], span: tuple[float, float]) -> bool:
    low, high = span
    rooms = [(high - m) * (m - low) for m in mean]
    return all(room >= 0 and s <= math.sqrt(room) for room, s in zip(rooms, std, strict=True))


def _shown(numbers: Sequence[float]) -> str:
    return ", ".join(f"{number:g}" for number in numbers)
