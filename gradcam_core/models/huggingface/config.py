"""What does the `config.json` of a Hugging Face folder say of its network?"""

from pathlib import Path

from gradcam_core.checkpoints.fields import Fields, one_line
from gradcam_core.checkpoints.labels import MOST_CLASSES
from gradcam_core.checkpoints.parts import weights_files
from gradcam_core.config import settings
from gradcam_core.errors import ModelError
from gradcam_core.models.folder_fields import activation_of, numbered_labels
from gradcam_core.models.folder_model import CONFIG, FolderModel
from gradcam_core.models.huggingface.families import architecture_of_type, family_of
from gradcam_core.models.huggingface.processor import FILE as PROCESSOR
from gradcam_core.models.huggingface.processor import read_input_spec

_USUAL_SIZE = 224  # what transformers takes where `image_size` is left out
_DEEPEST = 1_000  # layers: more of them would take minutes to build
_DEPTHS = ("num_hidden_layers", "depths")


def read_config(folder: Path, fields: Fields) -> FolderModel:
    """What the folder holds.

    Args:
        fields: of its `config.json`.

    Raises:
        ModelError: if its network is none that is built here, a field is wrong, or its weights are not there.
    """
    architecture, notes = _architecture(fields)
    family = family_of(architecture)
    _check_options(fields)
    weights_files(folder)
    labels, label_notes = _labels(fields)
    activation, labels, activation_notes = activation_of(fields.values, labels)
    image_size = _image_size(fields)
    input_spec, input_notes = read_input_spec(folder, family, image_size)
    if family.takes_one_size and image_size not in input_spec.size:
        raise ModelError(
            f"{PROCESSOR} makes inputs of {input_spec.size[0]} px, and the network of {CONFIG} takes {image_size} px.",
            hint="Save the image processor with the network's own size.",
        )
    return FolderModel(
        folder=folder,
        architecture=architecture,
        family=family.title,
        labels=labels,
        input_spec=input_spec,
        activation=activation,
        options=dict(fields.values),
        notes=(*notes, *label_notes, *activation_notes, *input_notes),
    )


def _labels(fields: Fields) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The name of each class in the order of the outputs, and whether they were made up."""
    if fields.values.get("id2label") is not None:
        return numbered_labels(fields, "id2label"), ()
    count = fields.whole("num_labels", low=1, high=MOST_CLASSES, default=2)
    return tuple(f"LABEL_{index}" for index in range(count)), (f"{CONFIG} names no classes: they are numbered.",)


def _architecture(fields: Fields) -> tuple[str, tuple[str, ...]]:
    """The class that the network was saved from, or the classifier of its family where that is not told."""
    notes = ("config.json names code of its own (auto_map), which was not run.",) if "auto_map" in fields.values else ()
    named = fields.values.get("architectures")
    if isinstance(named, list) and len(named) == 1 and isinstance(named[0], str):
        return one_line(named[0]), notes
    found = architecture_of_type(fields.text("model_type", default=""))
    if not found:
        raise fields.wrong("architectures", "a list with the one class that the network was saved from")
    return found, (*notes, f"{CONFIG} does not name the network's class: it is taken for {found}.")


def _check_options(fields: Fields) -> None:
    if fields.values.get("quantization_config") is not None:
        raise ModelError(
            f"{CONFIG} says that the weights are quantised, and only full numbers are read.",
            hint="Save the network without quantization_config.",
        )
    if fields.whole("num_channels", low=1, high=1_000, default=3) != 3:
        raise fields.wrong("num_channels", "3 for red, green and blue")
    for key in _DEPTHS:
        depths = fields.values.get(key, [])
        numbers = depths if isinstance(depths, list) else [depths]
        if not all(type(number) is int and number >= 0 for number in numbers) or sum(numbers) > _DEEPEST:
            raise fields.wrong(key, f"at most {_DEEPEST:,} layers")


def _image_size(fields: Fields) -> int:
    size = fields.values.get("image_size", _USUAL_SIZE)
    if isinstance(size, list) and size:
        size = min(side for side in size if isinstance(side, int)) if all(isinstance(s, int) for s in size) else 0
    if type(size) is not int or not 8 <= size <= settings().max_input_side:
        raise fields.wrong("image_size", f"a whole number from 8 to {settings().max_input_side}")
    return size
