"""How does one read the preprocessing that people have: torchvision's transforms, or a data config of timm's?"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from torchvision import transforms
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms._presets import ImageClassification

from gradcam_core.checkpoints.fields import Fields
from gradcam_core.checkpoints.inputs import INTERPOLATIONS, check_scale
from gradcam_core.config import settings
from gradcam_core.errors import ModelError
from gradcam_core.models.timm_inputs import timm_input_spec
from gradcam_core.preprocessing import InputSpec
from gradcam_core.text import shortened

_TAKEN = (
    "Give an InputSpec, a torchvision preset such as weights.transforms(), a Compose of Resize, CenterCrop, ToTensor "
    "and Normalize, or the data config of a timm model."
)
_COMPOSE = (transforms.Compose, v2.Compose)


@dataclass(frozen=True)
class _Steps:
    """What a list of transforms does, as far as it has been read; sizes are (height, width), or one short side."""

    resize: tuple[int, ...] = ()
    crop: tuple[int, ...] = ()
    interpolation: str = "bilinear"
    is_byte_tensor: bool = False
    is_grey: bool = False
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()


def as_input_spec(given: Any, *, channels: int = 3) -> InputSpec:
    """The preprocessing that an InputSpec, a preset, a Compose or a timm data config stands for.

    Args:
        channels: of the network, where one mean for all channels would do for any number.

    Raises:
        ModelError: if it holds anything that can't be told of an image in a fixed way.
    """
    spec = given if isinstance(given, InputSpec) else _as_stated(given, channels)
    check_scale("input_spec", spec.mean, spec.std, spec.input_range)
    return spec


def _as_stated(given: Any, channels: int) -> InputSpec:
    if isinstance(given, ImageClassification):
        return _spec(_preset(given), channels)
    if isinstance(given, _COMPOSE):
        return _spec(_read(given), channels)
    if isinstance(given, Mapping) and "input_size" in given:
        return _timm_spec(given)
    what = shortened(repr(given), 60)
    raise ModelError(f"How images are prepared can't be read from {type(given).__name__} {what}.", hint=_TAKEN)


def _preset(preset: ImageClassification) -> _Steps:
    return _Steps(
        resize=tuple(preset.resize_size),
        crop=tuple(preset.crop_size),
        interpolation=preset.interpolation.value,
        mean=tuple(preset.mean),
        std=tuple(preset.std),
    )


def _timm_spec(config: Mapping[str, Any]) -> InputSpec:
    """As for a folder of timm's; ModelError where something is done otherwise here, which nobody would be told."""
    size = config["input_size"]
    is_grey = isinstance(size, list | tuple) and len(size) == 3 and size[0] == 1
    if is_grey:
        config = {**config, "input_size": (3, *size[1:]), "mean": config["mean"][0], "std": config["std"][0]}
    spec, differences = timm_input_spec(Fields(config, where="input_spec"))
    if differences:
        raise ModelError(f"input_spec can't be followed. {' '.join(differences)}", hint="Give an InputSpec.")
    return replace(spec, mean=spec.mean[:1], std=spec.std[:1]) if is_grey else spec


def _read(compose: Any) -> _Steps:
    steps = _Steps()
    for transform in _one_by_one(compose):
        steps = replace(steps, **_change(transform))
    return steps


def _one_by_one(transform: Any) -> Iterator[Any]:
    if not isinstance(transform, _COMPOSE):
        yield transform
        return
    for part in transform.transforms:
        yield from _one_by_one(part)


def _change(transform: Any) -> dict[str, Any]:
    """What one transform adds to those before it."""
    for kinds, change in _CHANGES:
        if isinstance(transform, kinds):
            return change(transform)
    raise ModelError(
        f"The transform {type(transform).__name__} of input_spec can't be done here.",
        hint="Give the transforms that the network is tested with (none is random), or an InputSpec.",
    )


def _resize(transform: Any) -> dict[str, Any]:
    if transform.max_size is not None:
        raise ModelError("The transform Resize of input_spec has a max_size.", hint="Give an InputSpec.")
    return {"resize": _sides(transform.size), "interpolation": InterpolationMode(transform.interpolation).value}


def _grayscale(transform: Any) -> dict[str, Any]:
    if transform.num_output_channels != 1:
        raise ModelError("Grey images of three channels can't be prepared.", hint="Give a network of one channel.")
    return {"is_grey": True}


def _normalize(transform: Any) -> dict[str, Any]:
    return {key: tuple(float(value) for value in getattr(transform, key)) for key in ("mean", "std")}


_CHANGES: tuple[tuple[tuple[type, ...], Callable[[Any], dict[str, Any]]], ...] = (
    ((transforms.Resize, v2.Resize), _resize),
    ((transforms.CenterCrop, v2.CenterCrop), lambda transform: {"crop": _sides(transform.size)}),
    ((transforms.Normalize, v2.Normalize), _normalize),
    ((transforms.Grayscale, v2.Grayscale), _grayscale),
    ((transforms.PILToTensor, v2.PILToTensor, v2.ToImage), lambda _: {"is_byte_tensor": True}),
    (
        (transforms.ToTensor, transforms.ConvertImageDtype, v2.ToTensor, v2.ConvertImageDtype),
        lambda _: {"is_byte_tensor": False},
    ),
    ((v2.ToDtype,), lambda transform: {"is_byte_tensor": False} if transform.scale else {}),
    ((v2.ToPureTensor, v2.Identity), lambda _: {}),
)


def _sides(size: Any) -> tuple[int, ...]:
    return (size,) if isinstance(size, int) else tuple(size)


def _spec(steps: _Steps, channels: int) -> InputSpec:
    """The steps as one InputSpec; ModelError if they are not the same for every image."""
    crop = steps.crop or (steps.resize if len(steps.resize) == 2 else ())
    if not crop:
        raise ModelError("The transforms of input_spec give no fixed size.", hint="Add a CenterCrop, or an InputSpec.")
    if steps.interpolation not in INTERPOLATIONS:
        raise ModelError(
            f"The interpolation {steps.interpolation[:20]!r} can't be done here.",
            hint=f"Give an InputSpec with one of {', '.join(INTERPOLATIONS)}.",
        )
    height, width = crop[0], crop[-1]
    if max(crop) > settings().max_input_side:
        raise ModelError(
            f"An input of {width} x {height} pixels is larger than {settings().max_input_side} on a side.",
            hint="Raise HEATPROOF_MAX_INPUT_SIDE.",
        )
    one, most = 1 if steps.is_grey else channels, 255.0 if steps.is_byte_tensor else 1.0
    spec = InputSpec(
        resize_size=min(steps.resize, default=min(crop)),
        crop_size=height if height == width else (width, height),
        mean=_for_each(steps.mean or (0.0,), one),
        std=_for_each(steps.std or (1.0,), one),
        interpolation=steps.interpolation,
        fit="squash" if len(steps.resize) == 2 else "crop",
        input_range=(0.0, most),
    )
    if spec.fit == "squash" and steps.resize[::-1] != spec.resized_size:
        raise ModelError("The Resize of input_spec has another shape than its CenterCrop.", hint="Give an InputSpec.")
    return spec


def _for_each(values: tuple[float, ...], channels: int) -> tuple[float, ...]:
    return values * channels if len(values) == 1 else values
