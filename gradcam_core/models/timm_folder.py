"""Folders as timm's `save_for_hf` and `push_to_hf_hub` write them, and transformers' wrapper of timm's networks."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from gradcam_core.checkpoints.fields import Fields
from gradcam_core.checkpoints.labels import imagenet_labels
from gradcam_core.checkpoints.parts import weights_files
from gradcam_core.config import settings
from gradcam_core.errors import ModelError
from gradcam_core.models.architectures import materialize
from gradcam_core.models.folder_fields import INTERPOLATIONS, MOST_LABELS, activation_of, numbered_labels, three_numbers
from gradcam_core.models.folder_model import CONFIG, FolderModel
from gradcam_core.models.timm_networks import PACKAGE, PREFIX, timm_skeleton
from gradcam_core.preprocessing import InputSpec

_WRAPPER = "timm_model."  # what the names begin with where transformers saved the folder
_FITS = {"center": "crop", "squash": "squash", "border": "pad"}  # timm's crop_mode in our words
_USUAL: Mapping[str, Any] = {  # what timm's own transform takes for what is left out
    "input_size": [3, 224, 224],
    "crop_pct": 0.875,
    "crop_mode": "center",
    "interpolation": "bilinear",
    "mean": [0.485, 0.456, 0.406],
    "std": [0.229, 0.224, 0.225],
}
_OF_INPUT = ("input_size", "fixed_input_size", "first_conv", "classifier", "pool_size", *_USUAL)
_IMAGENET_CLASSES = 1_000


class TimmFolder:
    """timm's networks, of any architecture that it has."""

    package = PACKAGE
    title = "timm"
    prefix = PREFIX

    def wrote(self, config: Mapping[str, Any]) -> bool:
        """Its `config.json` holds the network's name and timm's own account of the input."""
        return isinstance(config.get("architecture"), str) and isinstance(config.get("pretrained_cfg"), dict)

    def describe(self, folder: Path, fields: Fields) -> FolderModel:
        """From `config.json` alone."""
        weights_files(folder)
        known = fields.inner("pretrained_cfg")
        labels, label_notes = _labels(fields, known)
        activation, labels, notes = activation_of(fields.values, labels)
        spec, input_notes = timm_input_spec(known)
        options = fields.inner("model_args").values if fields.values.get("model_args") else {}
        return FolderModel(
            folder=folder,
            architecture=fields.text("architecture"),
            family="timm's " + fields.text("architecture"),
            labels=labels,
            input_spec=spec,
            activation=activation,
            options={"options": dict(options), "input": {k: v for k, v in known.values.items() if k in _OF_INPUT}},
            notes=(*label_notes, *notes, *input_notes),
        )

    def skeleton(self, model: FolderModel) -> nn.Module:
        """As timm builds it."""
        options = {key: value for key, value in model.options["options"].items() if key != "num_classes"}
        return timm_skeleton(model.architecture, model.num_outputs, options, model.options["input"])

    def build(self, model: FolderModel, state: Mapping[str, Tensor]) -> tuple[nn.Module, tuple[str, ...]]:
        """As timm builds it; nothing is left out."""
        if all(key.startswith(_WRAPPER) for key in state):
            state = {key.removeprefix(_WRAPPER): value for key, value in state.items()}
        return materialize(self.skeleton(model), state), ()


def timm_input_spec(given: Fields) -> tuple[InputSpec, tuple[str, ...]]:
    """What timm's evaluation transform does, and what of it is done otherwise here.

    Args:
        given: `pretrained_cfg`; what it leaves out is as in timm.

    Raises:
        ModelError: if a field is wrong.
    """
    values = {**_USUAL, **{key: value for key, value in given.values.items() if value is not None}}
    fields = Fields(values, where=given.where)
    height, width = _sides(fields)
    share = values["crop_pct"]
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0.1 <= share <= 1:
        raise fields.wrong("crop_pct", "a number from 0.1 to 1")
    fit = _FITS[fields.choice("crop_mode", among=tuple(_FITS))]
    spec = InputSpec(
        resize_size=math.floor(min(height, width) / share),
        crop_size=width if width == height else (width, height),
        mean=three_numbers(fields, "mean"),
        std=three_numbers(fields, "std", is_positive=True),
        interpolation=fields.choice("interpolation", among=INTERPOLATIONS),
        fit=fit,
    )
    return spec, _differences(fit, is_square=width == height, share=share)


def _sides(fields: Fields) -> tuple[int, int]:
    size, most = fields.values["input_size"], settings().max_input_side
    if not isinstance(size, list | tuple) or len(size) != 3 or size[0] != 3:
        raise fields.wrong("input_size", "three numbers, the first of which is 3 for red, green and blue")
    if not all(type(side) is int and 8 <= side <= most for side in size[1:]):
        raise fields.wrong("input_size", f"sides from 8 to {most} px")
    return size[1], size[2]


def _differences(fit: str, *, is_square: bool, share: float) -> tuple[str, ...]:
    if fit == "pad" and share < 1:
        return ("timm cuts a border off the padded image (crop_pct under 1); here the whole image is shown.",)
    if fit == "crop" and not is_square:
        return ("For an input that is no square timm resizes the side that fits; here it is always the short one.",)
    return ()


def _labels(fields: Fields, known: Fields) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A class by its description where there is one, else by its name; numbered where nothing is said."""
    count = fields.whole("num_classes", low=0, high=MOST_LABELS, default=known.values.get("num_classes") or 0)
    if count == 0:
        raise ModelError(
            f"{CONFIG} has num_classes 0: the network has no head that names classes.",
            hint="Save a network that was trained with one.",
        )
    where = next((each for each in (fields, known) if each.values.get("label_names")), None)
    if where is None:
        return _unnamed(count)
    names = numbered_labels(where, "label_names")
    if len(names) != count:
        raise ModelError(f"{CONFIG} names {len(names):,} classes, and num_classes is {count:,}.")
    told = fields.values.get("label_descriptions")
    descriptions = told if isinstance(told, dict) else {}
    return tuple(str(descriptions.get(name, name))[:500] for name in names), ()


def _unnamed(count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if count == _IMAGENET_CLASSES:
        return imagenet_labels(), (f"{CONFIG} names no classes: its 1,000 are taken for ImageNet's.",)
    return tuple(f"class {index}" for index in range(count)), (f"{CONFIG} names no classes: they are numbered.",)
