"""Which options of an architecture may a description give, and which are assumed where it gives none?"""

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, get_args, get_type_hints

from torchvision import models

from gradcam_core.checkpoints.fields import unread_note
from gradcam_core.checkpoints.pairs import Checkpoint
from gradcam_core.errors import ModelError
from gradcam_core.models.timm_networks import PREFIX, check_timm_options
from gradcam_core.preprocessing import InputSpec
from gradcam_core.text import shortened

_LARGEST = 10_000
_PLAIN = {int: "a whole number", float: "a number", bool: "true or false", list[bool]: "a list of true and false"}
_OURS = {"num_classes", "progress", "init_weights", "aux_logits"}  # given by us, or of no use once it is trained
_SIZE, _OWN_NORMALISATION = "image_size", "transform_input"
_IMAGENET_MEAN = (0.485, 0.456, 0.406)


@dataclass(frozen=True)
class Options:
    """What an architecture is built with beside its number of outputs.

    Attributes:
        values: arguments of the library's constructor.
        notes: a sentence for what was assumed, and for the fields that nothing reads.
    """

    values: Mapping[str, Any]
    notes: tuple[str, ...] = ()


def options_of(checkpoint: Checkpoint) -> Options:
    """Those that a description names, in `options` or beside it, and what is assumed of others.

    Raises:
        ModelError: if the architecture has no such option, or it can't have such a value.
    """
    if checkpoint.architecture.startswith(PREFIX):
        check_timm_options(checkpoint.options)
        _check_timm_channels(checkpoint)
        return Options(checkpoint.options, unread_note(f"{checkpoint.name}.json", list(checkpoint.others)))
    known = known_options(checkpoint.architecture)
    for name in checkpoint.options.keys() - known.keys():
        listed = ", ".join(known) or "none"
        raise ModelError(f"{checkpoint.architecture} has no option {shortened(name, 40)!r}.", hint=f"It has {listed}.")
    beside = {name: value for name, value in checkpoint.others.items() if name in known}
    given = {**beside, **checkpoint.options}
    for name, value in given.items():
        _check(name, value, known[name])
    unread = [name for name in checkpoint.others if name not in known and name not in _OURS]
    assumed, notes = _assumed(known, given, checkpoint.input_spec)
    return Options({**assumed, **given}, (*notes, *unread_note(f"{checkpoint.name}.json", unread)))


def _check_timm_channels(checkpoint: Checkpoint) -> None:
    """What images become has so many channels as preprocessing says: timm's own option would disagree with it."""
    channels = checkpoint.options.get("in_chans", 3)
    if checkpoint.is_input_told and channels != 3:
        raise ModelError(
            f"The option in_chans is {shortened(repr(channels), 20)}, which says nothing of how images are prepared.",
            hint="Leave it out, and write channels (1 for grey) into preprocessing.",
        )


@cache
def known_options(architecture: str) -> Mapping[str, type]:
    """The plain arguments that torchvision's constructor of this architecture takes, with their type."""
    library, _, short = architecture.partition("/")
    if library != "torchvision" or short not in models.list_models(module=models):
        return {}
    builder = models.get_model_builder(short)
    made = get_type_hints(builder)["return"].__init__
    found = _plain_arguments(made) | ({_SIZE: int} if _SIZE in inspect.signature(made).parameters else {})
    if _takes_any(made):  # what it takes for its builder is an argument of a function beside that
        beside = vars(sys.modules[builder.__module__]).values()
        private = [one for one in beside if inspect.isfunction(one) and one.__module__ == builder.__module__]
        found |= {
            name: kind for one in private if one.__name__[0] == "_" for name, kind in _plain_arguments(one).items()
        }
    return {name: kind for name, kind in found.items() if name not in _OURS}


def _plain_arguments(function: Any) -> dict[str, type]:
    """Those with a default that are numbers, truths or lists of truths; the others are what the architecture is."""
    hints = get_type_hints(function)
    kinds = {
        name: _kind(hints[name])
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.default is not inspect.Parameter.empty and name in hints
    }
    return {name: kind for name, kind in kinds.items() if kind is not None}


def _kind(hint: Any) -> type | None:
    """The plain type that a hint names, also where None may stand for it."""
    parts = get_args(hint)
    return next((kind for kind in (hint, *(parts if type(None) in parts else ())) if kind in _PLAIN), None)


def _takes_any(function: Any) -> bool:
    return any(one.kind is inspect.Parameter.VAR_KEYWORD for one in inspect.signature(function).parameters.values())


def _check(name: str, value: Any, kind: type) -> None:
    if kind is bool:
        fits = isinstance(value, bool)
    elif kind in (int, float):
        is_number = isinstance(value, int if kind is int else int | float) and not isinstance(value, bool)
        fits = is_number and 0 <= value <= _LARGEST
    else:
        fits = isinstance(value, list) and len(value) <= 10 and all(isinstance(one, bool) for one in value)
    if not fits:
        shown = shortened(repr(value), 60)
        raise ModelError(f"The option {name} is {shown}.", hint=f"It must be {_PLAIN[kind]}, at most {_LARGEST:,}.")


def _assumed(
    known: Mapping[str, type], given: Mapping[str, Any], spec: InputSpec
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """What no weights file says: the size that positions are learned for, and whether a network normalises anew."""
    values: dict[str, Any] = {}
    notes = []
    if _SIZE in known and _SIZE not in given:
        values[_SIZE] = max(spec.size)
    if _OWN_NORMALISATION in known and _OWN_NORMALISATION not in given:
        is_on = spec.mean == _IMAGENET_MEAN
        values[_OWN_NORMALISATION] = is_on
        why = "as in torchvision's own weights, for the mean is ImageNet's" if is_on else "for the mean is another one"
        notes.append(
            f"Its files do not say whether {_OWN_NORMALISATION} is on. It is taken to be {'on' if is_on else 'off'}, "
            f"{why}; the field {_OWN_NORMALISATION} (true or false) says it for certain."
        )
    return values, tuple(notes)
