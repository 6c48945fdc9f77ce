"""How does a pair of files become a network, with all that was assumed of it said?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from torch import Tensor, nn

from gradcam_core.checkpoints.pairs import Checkpoint, read_noted_weights
from gradcam_core.errors import ModelError
from gradcam_core.models.architectures import build_noted, check_architecture, meta_module
from gradcam_core.models.options import options_of
from gradcam_core.models.spec import Network, as_network
from gradcam_core.text import counted


def with_assumed(checkpoint: Checkpoint) -> Checkpoint:
    """The same, whose architecture is known, with the options that were assumed and a note for each.

    Raises:
        ModelError: if there is no such architecture, or it has no such options.
    """
    check_architecture(checkpoint.architecture)
    options = options_of(checkpoint)
    return replace(checkpoint, options=options.values, others={}, notes=(*checkpoint.notes, *options.notes))


def skeleton_of(checkpoint: Checkpoint) -> nn.Module:
    """Its network without memory for its weights; ModelError if it can't be built."""
    told = with_assumed(checkpoint)
    channels = told.input_spec.channels
    return meta_module(told.architecture, told.num_outputs, channels=channels, head=told.head, **told.options)


def network_of(checkpoint: Checkpoint) -> Network:
    """Its network with its weights.

    Raises:
        ModelError: if the weights are no weights, or do not fit what the description says.
    """
    told = with_assumed(checkpoint)
    weights, digest = read_noted_weights(told)
    try:
        how = {"channels": told.input_spec.channels, "head": told.head, **told.options}
        built = build_noted(told.architecture, told.num_outputs, weights.tensors, **how)
    except ModelError as error:
        _refuse_wrong_ends(told, weights.tensors, error)
        raise
    return as_network(built.module, told, digest, notes=(*weights.notes, *built.notes))


def _refuse_wrong_ends(checkpoint: Checkpoint, state: Mapping[str, Tensor], error: ModelError) -> None:
    """Where the file takes other channels or gives other outputs than its description says, that is what is wrong."""
    channels, outputs = checkpoint.input_spec.channels, checkpoint.num_outputs
    differing = list(_differing(skeleton_of(checkpoint).state_dict(), state))
    for key, told, found in differing:
        if len(told) == 4 and told[1] == channels and (told[0], *told[2:]) == (found[0], *found[2:]):
            takes = f"{counted(found[1], 'channel', 'channels')}{' (grey)' if found[1] == 1 else ''}"
            message = f"{key} takes {takes} in the file, not {channels}."
            raise ModelError(message, hint=_channels_hint(found[1])) from error
    for key, told, found in differing:
        if told[0] == outputs and told[1:] == found[1:]:
            classes = f"{counted(checkpoint.num_classes, 'class', 'classes')} by {checkpoint.activation}"
            message = f"{key} gives {counted(found[0], 'output', 'outputs')} in the file, for {classes}."
            raise ModelError(message, hint=_outputs_hint(checkpoint, found[0])) from error


def _differing(
    wanted: Mapping[str, Tensor], state: Mapping[str, Tensor]
) -> Iterator[tuple[str, tuple[int, ...], tuple[int, ...]]]:
    """Name, shape in the network and shape in the file, of as many sides, where they differ."""
    for key, value in wanted.items():
        if key in state and value.dim() == state[key].dim() > 0 and value.shape != state[key].shape:
            yield key, tuple(value.shape), tuple(state[key].shape)


def _channels_hint(channels: int) -> str:
    if channels in (1, 3):
        numbers = "one number" if channels == 1 else "three numbers"
        return f"Set channels to {channels} in preprocessing; mean and std are then {numbers}."
    return "Only networks for 3 channels (colours) or 1 (grey) can be shown a picture."


def _outputs_hint(checkpoint: Checkpoint, outputs: int) -> str:
    if outputs == 1 and checkpoint.num_classes == 2:
        return "Set activation to binary: the one output speaks for the second class."
    if checkpoint.activation == "binary" and outputs == 2:
        return "Set activation to softmax, with two labels and num_classes 2."
    return f"Set num_classes to {outputs}, with a label for each."
