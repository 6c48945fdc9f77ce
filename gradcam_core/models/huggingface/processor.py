"""How does an image become a network's input, as `preprocessor_config.json` says it?

What that file leaves out is what the image processor that it names does then, as of transformers 5.24; a size that is
one number means a square to some of them and the short side to others.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gradcam_core.checkpoints.fields import Fields, inside
from gradcam_core.config import settings
from gradcam_core.errors import ModelError
from gradcam_core.models.folder_fields import INTERPOLATIONS, check_colours, three_numbers
from gradcam_core.models.huggingface.families import Family
from gradcam_core.preprocessing import InputSpec

FILE = "preprocessor_config.json"

_NOT_CROPPED_FROM = 384  # ConvNeXt's processor crops below this size and squashes from it on
_GENERIC: Mapping[str, Any] = {
    "do_resize": True,
    "do_center_crop": False,
    "do_rescale": True,
    "do_normalize": True,
    "rescale_factor": 1 / 255,
    "resample": 2,
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "size": {"height": 224, "width": 224},
    "crop_size": {"height": 224, "width": 224},
    "default_to_square": True,
}
_CLIP = {"image_mean": [0.48145466, 0.4578275, 0.40821073], "image_std": [0.26862954, 0.26130258, 0.27577711]}
_SHORT_SIDE = {"default_to_square": False, "do_center_crop": True}
_PROCESSORS: dict[str, Mapping[str, Any]] = {  # where they differ from the above
    "ViTImageProcessor": {},
    "DeiTImageProcessor": {"size": {"height": 256, "width": 256}, "do_center_crop": True, "resample": 3},
    "BeitImageProcessor": {"resample": 3},
    "BitImageProcessor": {**_SHORT_SIDE, **_CLIP, "size": {"shortest_edge": 224}, "resample": 3},
    "CLIPImageProcessor": {**_SHORT_SIDE, **_CLIP, "size": {"shortest_edge": 224}, "resample": 3},
    "MobileNetV2ImageProcessor": {**_SHORT_SIDE, "size": {"shortest_edge": 256}},
    "ConvNextImageProcessor": {
        "default_to_square": False,
        "size": {"shortest_edge": 384},
        "resample": 3,
        "crop_pct": 224 / 256,
    },
    "EfficientNetImageProcessor": {
        "size": {"height": 346, "width": 346},
        "crop_size": {"height": 289, "width": 289},
        "resample": 3,
        "include_top": True,
        "rescale_offset": False,
    },
}


@dataclass(frozen=True)
class _Frame:
    """Where the input lies in the image: `fit`, `resize_size` and `crop_size` as `InputSpec` has them."""

    fit: str
    resize_size: int
    width: int
    height: int


def read_input_spec(folder: Path, family: Family, image_size: int) -> tuple[InputSpec, tuple[str, ...]]:
    """What the folder's image processor does, and a sentence for each thing that was assumed.

    Args:
        image_size: pixels of a side, as `config.json` has them; what is assumed if the folder has no processor.

    Raises:
        ModelError: if a field is wrong, or asks for what can't be done here.
    """
    if not os.path.isfile(folder / FILE):
        return _assumed(family, image_size)
    fields = Fields.read(inside(folder, FILE))
    name, notes = _processor(fields, family)
    given = {key: value for key, value in fields.values.items() if value is not None}
    values = {**_GENERIC, **_PROCESSORS[name], **given}
    known = Fields(values, where=FILE)
    frame = _frame(known)
    mean, std = _normalisation(known)
    spec = InputSpec(
        resize_size=frame.resize_size,
        crop_size=frame.width if frame.width == frame.height else (frame.width, frame.height),
        mean=mean,
        std=std,
        interpolation=INTERPOLATIONS[known.whole("resample", low=0, high=len(INTERPOLATIONS) - 1)],
        fit=frame.fit,
        channel_order="bgr" if values.get("do_flip_channel_order") else "rgb",
    )
    _check_side(spec)
    return spec, (*notes, *_left_out(values))


def _assumed(family: Family, size: int) -> tuple[InputSpec, tuple[str, ...]]:
    mean, std = family.normalisation
    spec = InputSpec(resize_size=size, crop_size=size, mean=mean, std=std, interpolation="bicubic", fit="squash")
    note = (
        f"There is no {FILE}: images are squashed to {size} px and normalised as usual for {family.title} "
        f"(mean {_numbers(mean)}; deviation {_numbers(std)})."
    )
    return spec, (note,)


def _processor(fields: Fields, family: Family) -> tuple[str, tuple[str, ...]]:
    """The image processor that the file names, under its name of today."""
    given = fields.values.get("image_processor_type") or fields.values.get("feature_extractor_type")
    if given is None:
        return family.processor, ()
    text = fields.text("image_processor_type", default=str(given))
    name = text.replace("FeatureExtractor", "ImageProcessor").removesuffix("Fast").removesuffix("Pil")
    if name in _PROCESSORS:
        return name, ()
    return family.processor, (f"{FILE} names {text[:60]}, which is read as {family.processor}.",)


def _frame(fields: Fields) -> _Frame:
    size = _sides(fields, "size")
    if "crop_pct" in fields.values and "shortest_edge" in size:
        return _convnext_frame(fields, size["shortest_edge"])
    crop = _sides(fields, "crop_size") if fields.values["do_center_crop"] else size
    if "shortest_edge" in size:
        short = size["shortest_edge"]
        return _Frame("crop", short, crop.get("width", short), crop.get("height", short))
    width, height = crop.get("width", size["width"]), crop.get("height", size["height"])
    if width * size["height"] != height * size["width"]:
        raise fields.wrong("crop_size", "of the same shape as size")
    return _Frame("squash", min(size["width"], size["height"]), width, height)


def _convnext_frame(fields: Fields, side: int) -> _Frame:
    """ConvNeXt's processor: small inputs are cropped out of a larger image, large ones are squashed."""
    share = fields.values["crop_pct"]
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0.1 <= share <= 1:
        raise fields.wrong("crop_pct", "a number from 0.1 to 1")
    if side >= _NOT_CROPPED_FROM:
        return _Frame("squash", side, side, side)
    return _Frame("crop", int(side / share), side, side)


def _sides(fields: Fields, key: str) -> dict[str, int]:
    """A size as {"height", "width"} or {"shortest_edge"}, whichever of its spellings the file uses."""
    value = fields.values[key]
    if isinstance(value, list) and len(value) == 2:
        value = {"height": value[0], "width": value[1]}
    if not isinstance(value, dict):
        is_square = key == "crop_size" or fields.values["default_to_square"]
        value = {"height": value, "width": value} if is_square else {"shortest_edge": value}
    if not ({"height", "width"} <= value.keys() or "shortest_edge" in value):
        raise fields.wrong(key, 'a number, {"height", "width"} or {"shortest_edge"}')
    inner = Fields(value, where=f"{FILE}, {key}")
    names = ("height", "width") if "height" in value else ("shortest_edge",)
    most = settings().max_input_side * (1 if key == "crop_size" else 2)
    return {name: inner.whole(name, low=8, high=most) for name in names}


def _normalisation(fields: Fields) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Mean and deviation for colours in [0, 1], into which whatever the processor multiplies and subtracts is put.

    With x in [0, 1] the processor gives (k x - offset - mean) / std with k = 255 rescale_factor; EfficientNet's
    divides by std once more.
    """
    values = fields.values
    factor = fields.values["rescale_factor"]
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not 0 < factor < 1e6:
        raise fields.wrong("rescale_factor", "a positive number")
    scale = 255 * (factor if values["do_rescale"] else 1)
    offset = 1.0 if values.get("rescale_offset") and values["do_rescale"] else 0.0
    mean = three_numbers(fields, "image_mean") if values["do_normalize"] else (0.0, 0.0, 0.0)
    std = three_numbers(fields, "image_std", is_positive=True)
    divisor = std if values["do_normalize"] else (1.0, 1.0, 1.0)
    if values["do_normalize"]:
        check_colours(fields, [number / scale for number in mean], [number / scale for number in std])
    again = std if values.get("include_top") else (1.0, 1.0, 1.0)
    means = [(offset + number) / scale for number in mean]
    stds = [number * more / scale for number, more in zip(divisor, again, strict=True)]
    return (means[0], means[1], means[2]), (stds[0], stds[1], stds[2])


def _left_out(values: Mapping[str, Any]) -> tuple[str, ...]:
    """What the processor would do otherwise."""
    notes = []
    if not values["do_resize"]:
        notes.append(f"{FILE} has do_resize off: images are resized all the same.")
    if values.get("do_pad"):
        notes.append(f"{FILE} has do_pad on: nothing is padded.")
    return tuple(notes)


def _check_side(spec: InputSpec) -> None:
    """Refuse an input that is larger than the setting."""
    most = settings().max_input_side
    if max(spec.size) > most:
        raise ModelError(
            f"The input has {max(spec.size)} px a side, and at most {most} are computed.",
            hint="Raise HEATPROOF_MAX_INPUT_SIDE.",
        )


def _numbers(values: tuple[float, float, float]) -> str:
    return f"{values[0]:g}" if len(set(values)) == 1 else ", ".join(f"{value:g}" for value in values)
