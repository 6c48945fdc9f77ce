"""Folders as timm's `save_for_hf` and `push_to_hf_hub` write them, and transformers' wrapper of timm's networks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from gradcam_core.checkpoints.fields import Fields, one_line
from gradcam_core.checkpoints.labels import LONGEST_LABEL, MOST_CLASSES, imagenet_labels
from gradcam_core.checkpoints.parts import weights_files
from gradcam_core.errors import ModelError
from gradcam_core.models.architectures import materialize
from gradcam_core.models.folder_fields import activation_of, numbered_labels
from gradcam_core.models.folder_model import CONFIG, FolderModel
from gradcam_core.models.timm_inputs import USUAL, timm_input_spec
from gradcam_core.models.timm_networks import PACKAGE, PREFIX, timm_skeleton

_WRAPPER = "timm_model."  # what the names begin with where transformers saved the folder
_OF_INPUT = ("input_size", "fixed_input_size", "first_conv", "classifier", "pool_size", *USUAL)
_IMAGENET_CLASSES = 1_000


class TimmFolder:
    """timm's networks, of any architecture that it has."""

    package = PACKAGE
    title = "timm"
    prefix = PREFIX

    def wrote(self, config: Mapping[str, Any]) -> bool:
        """Its `config.json` holds the network's name and timm's own account of the input, before 0.9 side by side."""
        has_account = isinstance(config.get("pretrained_cfg"), dict) or "input_size" in config
        return isinstance(config.get("architecture"), str) and has_account

    def describe(self, folder: Path, fields: Fields) -> FolderModel:
        """From `config.json` alone."""
        weights_files(folder)
        known = fields.inner("pretrained_cfg") if "pretrained_cfg" in fields.values else fields
        labels, label_notes = _labels(fields, known)
        activation, labels, notes = activation_of(fields.values, labels)
        spec, input_notes = timm_input_spec(known)
        options = fields.inner("model_args").values if fields.values.get("model_args") else {}
        return FolderModel(
            folder=folder,
            architecture=fields.text("architecture"),
            family=fields.text("architecture"),
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


def _labels(fields: Fields, known: Fields) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A class by its description where there is one, else by its name; numbered where nothing is said."""
    count = fields.whole("num_classes", low=0, high=MOST_CLASSES, default=known.values.get("num_classes") or 0)
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
    return tuple(one_line(str(descriptions.get(name, name)))[:LONGEST_LABEL] or name for name in names), ()


def _unnamed(count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if count == _IMAGENET_CLASSES:
        return imagenet_labels(), (f"{CONFIG} names no classes: its 1,000 are taken for ImageNet's.",)
    return tuple(f"class {index}" for index in range(count)), (f"{CONFIG} names no classes: they are numbered.",)
