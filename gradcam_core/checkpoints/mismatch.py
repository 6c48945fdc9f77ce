"""Why do a file's weights not fit a network, in one sentence, and what helps?

The first reason that explains the whole is said, with one of the file's own names beside one of the network's.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence

from torch import Tensor, nn

from gradcam_core.checkpoints.head_parts import last_layer
from gradcam_core.checkpoints.libraries import library_of
from gradcam_core.checkpoints.naming import listed, shape_text, shown, without_counters
from gradcam_core.errors import ModelError
from gradcam_core.text import counted

Tensors = Mapping[str, Tensor]
Similar = Callable[[Tensors], Sequence[str]]

_DO_NOT_FIT = "The weights do not fit the network"
_IN_CODE = "a network that was changed in code is declared with HEATPROOF_MODELS, or wrapped with wrap_model in Python."
_MOST_COMPARED = 200  # names, of which the one most like another is looked for
_LONGEST_COMPARED = 200


def no_others(_state: Tensors) -> Sequence[str]:
    """Where nobody knows which other architectures there are."""
    return ()


def mismatch(module: nn.Module, state: Tensors, similar: Similar = no_others) -> ModelError | None:
    """The error that says why `state` does not fit, or None if it does.

    Args:
        module: the network; may be on the meta device.
        state: without counters, by the network's names as far as they are known.
        similar: the names of the architectures that a state would fit, but for the number of outputs.
    """
    wanted = without_counters(module.state_dict())
    missing = [key for key in wanted if key not in state]
    extra = [key for key in state if key not in wanted]
    differing = [key for key in wanted if key in state and wanted[key].shape != state[key].shape]
    if not (missing or extra or differing):
        return _wrong_kinds(wanted, state)
    for reason in (_outputs, _channels, _positions, _library):
        error = reason(module, wanted, state)
        if error is not None:
            return error
    return _architecture(wanted, state, similar) or _one_of_each(wanted, state, missing, extra, differing)


def wrong_outputs(key: str, given: int, outputs: int) -> ModelError:
    """The last layer has another number of rows than the description has classes."""
    hint = f"Set num_classes to {given} and give as many labels, or choose the file that was trained for {outputs:,}."
    if outputs == 1:
        hint = f"A binary network has one output: for {given}, set activation to softmax and give as many labels."
    if given == 1:
        hint = 'Set activation to "binary" and give two labels, the negative first.'
    message = f"{shown(key)} gives {counted(given, 'output', 'outputs')}, and the description says {outputs:,}"
    return ModelError(f"{_DO_NOT_FIT}: {message}.", hint=hint)


def check_names(wanted: Tensors, state: Tensors) -> None:
    """Refuse names that tell that the file is of a kind which can't be read; ModelError says which."""
    for pattern, said, hint in _TOLD_BY_NAMES:
        found = next((key for key in state if key not in wanted and pattern.search(key)), None)
        if found is not None:
            raise ModelError(f"{said}: {shown(found)}.", hint=hint)


def _library(_module: nn.Module, wanted: Tensors, state: Tensors) -> ModelError | None:
    library = library_of(key for key in state if key not in wanted)
    if library is None:
        return None
    return ModelError(
        f"{_DO_NOT_FIT}: the names in the file are {library.said}, such as {shown(library.example)}, and the network's "
        f"are {shown(next(iter(wanted)))} and so on.",
        hint=library.hint,
    )


def _outputs(module: nn.Module, wanted: Tensors, state: Tensors) -> ModelError | None:
    """Only the last layer differs, in its rows."""
    differing = {key for key in wanted.keys() | state.keys() if _shape(wanted, key) != _shape(state, key)}
    last = last_layer(module)
    key = f"{last}.weight"
    if key not in differing or key not in state or not differing <= {key, f"{last}.bias"}:
        return None
    given, own = state[key].shape, wanted[key].shape
    return wrong_outputs(key, given[0], own[0]) if len(given) == len(own) and given[1:] == own[1:] else None


def _shape(tensors: Tensors, key: str) -> tuple[int, ...] | None:
    return tuple(tensors[key].shape) if key in tensors else None


def _channels(module: nn.Module, wanted: Tensors, state: Tensors) -> ModelError | None:
    """The first convolution takes another number of channels."""
    first = next((name for name, part in module.named_modules() if isinstance(part, nn.Conv2d)), "")
    key = f"{first}.weight"
    given, own = _shape(state, key), _shape(wanted, key)
    if not given or not own or len(given) != 4 or given[1] == own[1] or given[0] != own[0]:
        return None
    kind = {1: " (grey)", 3: " (colour)", 4: " (colour and one more)"}
    message = (
        f"{shown(first)} takes {given[1]:,} channel{'s' * (given[1] != 1)}{kind.get(given[1], '')} in the file and "
        f"{own[1]}{kind.get(own[1], '')} in the network"
    )
    hint = {
        1: 'Set "channels" to 1 in the description\'s preprocessing, with one number as mean and one as std.',
        3: 'Leave "channels" out of the description\'s preprocessing, with three numbers as mean and as std.',
    }.get(given[1], "Only networks for grey (1 channel) or colour (3 channels) are explained.")
    return ModelError(f"{_DO_NOT_FIT}: {message}.", hint=hint)


def _positions(module: nn.Module, wanted: Tensors, state: Tensors) -> ModelError | None:
    """A transformer's table of positions is as long as the grid of its input size."""
    last = last_layer(module)
    differing = [
        key
        for key in wanted
        if key in state and wanted[key].shape != state[key].shape and not key.startswith(f"{last}.")
    ]
    if len(differing) != 1 or "pos" not in differing[0] or len(differing) + len(state) - 1 != len(wanted):
        return None
    key = differing[0]
    kernel = next((value.shape[-1] for value in wanted.values() if value.dim() == 4), 1)
    sides = [round((tensors[key].shape[-2] - 1) ** 0.5) * kernel for tensors in (state, wanted)]
    message = (
        f"{shown(key)} has {state[key].shape[-2]:,} positions, those of an input of {sides[0]} x {sides[0]} px, and"
    )
    return ModelError(
        f"{_DO_NOT_FIT}: {message} the network has {wanted[key].shape[-2]:,}, those of {sides[1]} x {sides[1]} px.",
        hint=f"Set crop_size to {sides[0]} in preprocessing: the network is then built for it; one of timm needs "
        f'"options": {{"img_size": {sides[0]}}} too.',
    )


def _architecture(wanted: Tensors, state: Tensors, similar: Similar) -> ModelError | None:
    """Other architectures that the file would fit."""
    names = similar(state)
    if not names:
        return None
    which = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"
    example = next((key for key in state if key not in wanted), None)
    example = example or next(key for key in wanted if _shape(wanted, key) != _shape(state, key))
    has = (
        f"in the file {shown(example)} is {shape_text(state[example])}"
        if example in state
        else f"the file has no {example}"
    )
    own = (
        f", in the network {shape_text(wanted[example])}" if example in wanted else ", and the network has no such part"
    )
    return ModelError(f"{_DO_NOT_FIT}, but those of {which}: {has}{own}.", hint=f"Set architecture to {names[0]}.")


def _one_of_each(
    wanted: Tensors, state: Tensors, missing: Sequence[str], extra: Sequence[str], differing: Sequence[str]
) -> ModelError:
    """One name that the network needs, beside the one that the file has in its place."""
    if missing and extra:
        need = missing[0]
        has = _likest(need, wanted[need], extra, state)
        has_text = f"the file has {shown(has)} ({shape_text(state[has])})"
        said = f"the network needs {shown(need)} ({shape_text(wanted[need])}), and {has_text}"
        hint = f"The file is of another network, whose architecture is to be named, or of a changed one: {_IN_CODE}"
    elif missing:
        said = f"the file has no {listed(missing)}, which the network needs"
        hint = "It is cut short, or of a network without that part: save the whole state dict."
    elif extra:
        said = f"the file has {listed(extra)}, and the network has no such part, though all of its own are there"
        hint = "If that part belongs to the network's answer, this is another network; else remove it from the file."
    else:
        key = differing[0]
        more = f" and {len(differing) - 1:,} more differ" if len(differing) > 1 else ""
        said = (
            f"{shown(key)} is {shape_text(state[key])} in the file and {shape_text(wanted[key])} in the network{more}"
        )
        hint = f'If it was built with other options, give them, such as "options": {{"width_mult": 0.5}}; {_IN_CODE}'
        if wanted[key].dim() == 4 and wanted[key].shape[2:] != state[key].shape[2:]:
            hint = f"The kernels of that layer were changed: {_IN_CODE}"
    return ModelError(f"{_DO_NOT_FIT}: {said}.", hint=hint)


def _likest(need: str, tensor: Tensor, extra: Sequence[str], state: Tensors) -> str:
    """The extra name most like the one needed, of the same shape if there is one."""
    same = [key for key in extra if state[key].shape == tensor.shape] or list(extra)
    short = [key[:_LONGEST_COMPARED] for key in same[:_MOST_COMPARED]]
    close = difflib.get_close_matches(need, short, n=1, cutoff=0)
    return same[short.index(close[0])] if close else same[0]


def _wrong_kinds(wanted: Tensors, state: Tensors) -> ModelError | None:
    for key, value in wanted.items():
        if value.is_floating_point() != state[key].is_floating_point():
            message = f"{shown(key)} is {state[key].dtype} in the file and {value.dtype} in the network"
            return ModelError(
                f"{_DO_NOT_FIT}: {message}.", hint="Save the network in float, from before it was quantised."
            )
    return None


_FLOAT_ONLY = "Only float networks are explained: save the network from before quantisation."
_TOLD_BY_NAMES: tuple[tuple[re.Pattern[str], str, str], ...] = (
    (
        re.compile(
            r"_packed_params|(^|\.)(zero_point|qweight|qzeros|weight_scale|SCB|quant_map)$|weight_fake_quant|activation_post_process"
        ),
        "The weights are quantised",
        _FLOAT_ONLY,
    ),
    (
        re.compile(r"lora_[AB]|lora_(up|down)|hada_w"),
        "The file holds LoRA parts beside the weights, and not how strongly they count",
        "Merge them first, with model.merge_and_unload() where PEFT made them, and save the state dict of that.",
    ),
    (
        re.compile(r"(^|\.)_?flat_param"),
        "The weights are one flat piece, as FSDP keeps them",
        "Save a full state dict: StateDictType.FULL_STATE_DICT.",
    ),
    (
        re.compile(r"(^|\.)parametrizations\."),
        "A weight was parametrised in a way that the file does not tell",
        "Call torch.nn.utils.parametrize.remove_parametrizations for each layer, and save the state dict again.",
    ),
    (
        re.compile(r"weight_(orig|mask|u|v|g)$"),
        "A weight is in parts that do not belong together",
        "Call torch.nn.utils.prune.remove, remove_weight_norm or remove_spectral_norm for each layer, and save again.",
    ),
)
