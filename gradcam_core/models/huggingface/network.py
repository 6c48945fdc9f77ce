"""How is the network of a Hugging Face folder built? By transformers, from tensors that were read and checked here.

The library gets no path and no name: it reads no file, runs no code of the folder and asks no hub.
"""

import dataclasses
import importlib
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any

import torch
from torch import Tensor, nn

from gradcam_core.checkpoints.weights import check_finite
from gradcam_core.errors import ModelError
from gradcam_core.models.extra import library_errors, need
from gradcam_core.models.folder_model import FolderModel
from gradcam_core.models.huggingface.families import family_of
from gradcam_core.models.outputs import Logits
from gradcam_core.models.skeletons import TensorsOnMeta, check_parameters

_MOST_SHOWN = 5
_PATH = ("logits",)  # in the object that a network of the library's gives
_one_at_a_time = threading.Lock()  # the library changes settings of torch for the time in which it builds


def build_skeleton(model: FolderModel) -> nn.Module:
    """The network without memory for its weights; ModelError if it can't be built or is too large."""
    network, config = _classes(model)
    with _building(model), TensorsOnMeta():
        module = Logits(network(config).eval(), _PATH)
    check_parameters(model.architecture, module)
    return module


def build_network(model: FolderModel, state: Mapping[str, Tensor]) -> tuple[nn.Module, tuple[str, ...]]:
    """The network with these weights in float32 on the CPU, and a sentence for what was left out of them.

    Raises:
        ModelError: if it can't be built, or the weights do not fit or are not finite.
    """
    check_finite(state)
    network, config = _classes(model)
    with _building(model), _one_at_a_time:
        module, found = network.from_pretrained(
            None,
            config=config,
            state_dict=dict(state),
            dtype=torch.float32,
            local_files_only=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # they are told in `found`
        )
    _check_fit(found)
    return Logits(module, _PATH), _left_out(found["unexpected_keys"])


def _classes(model: FolderModel) -> tuple[Any, Any]:
    """The class of the network, and its configuration; of the file's fields only those that this family has."""
    family = family_of(model.architecture)
    library = need("transformers")
    package = f"transformers.models.{family.folder}"
    library.utils.logging.disable_progress_bar()
    library.utils.logging.set_verbosity_error()
    network = getattr(importlib.import_module(f"{package}.modeling_{family.folder}"), model.architecture)
    configuration = getattr(importlib.import_module(f"{package}.configuration_{family.folder}"), family.config)
    shared = {field.name for field in dataclasses.fields(library.PreTrainedConfig)}
    own = {field.name for field in dataclasses.fields(configuration)} - shared
    given = {key: value for key, value in model.options.items() if key in own}
    with _building(model):
        config = configuration(**given, num_labels=model.num_outputs)
    return network, config


def _building(model: FolderModel) -> AbstractContextManager[None]:
    """Whatever the library makes of wrong values, in one sentence."""
    return library_errors(f"transformers can't build {model.architecture} from config.json")


def _classes_hint(found: Mapping[str, Any]) -> str:
    """Where the shapes differ in nothing but one number of rows, that is the number of classes."""
    differing = found["mismatched_keys"]
    rows = {next(iter(given)) for _, given, _ in differing}
    are_rows = all(tuple(given)[1:] == tuple(wanted)[1:] for _, given, wanted in differing)
    if len(rows) != 1 or not are_rows or found["missing_keys"] or found["error_msgs"]:
        return ""
    return f"Name {rows.pop():,} classes in id2label of config.json, in the order of the outputs."


def _check_fit(found: Mapping[str, Any]) -> None:
    problems = [
        *(f"{key} is missing" for key in sorted(found["missing_keys"])),
        *(
            f"{key} is {_shape(given)} in the file and {_shape(wanted)} in the network"
            for key, given, wanted in sorted(found["mismatched_keys"])
        ),
        *(str(message)[:200] for message in found["error_msgs"]),
    ]
    if problems:
        raise ModelError(
            f"The weights do not fit config.json: {_shown(problems)}.",
            hint=_classes_hint(found) or "Copy the whole folder again, as save_pretrained wrote it.",
        )


def _left_out(names: set[str]) -> tuple[str, ...]:
    return (f"Left out of the weights: {_shown(sorted(names))}.",) if names else ()


def _shown(texts: list[str]) -> str:
    more = len(texts) - _MOST_SHOWN
    return "; ".join(texts[:_MOST_SHOWN]) + (f"; and {more} more" if more > 0 else "")


def _shape(sides: Any) -> str:
    return " x ".join(str(side) for side in sides) or "a single number"
