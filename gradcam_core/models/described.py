"""How does a pair of files become a network, with all that was assumed of it said?"""

from dataclasses import replace

from torch import nn

from gradcam_core.checkpoints.own_normalisation import told_otherwise
from gradcam_core.checkpoints.pairs import Checkpoint, read_weights
from gradcam_core.models.architectures import build, check_architecture, meta_module
from gradcam_core.models.options import options_of
from gradcam_core.models.spec import Network, as_network
from gradcam_core.models.timm_inputs import timm_own_input


def with_assumed(checkpoint: Checkpoint, *, is_listed: bool = False) -> Checkpoint:
    """The same, whose architecture is known, with what was assumed and a note for each.

    Args:
        is_listed: whether it is only shown in a list, for which no library is imported.

    Raises:
        ModelError: if there is no such architecture, or it has no such options.
    """
    check_architecture(checkpoint.architecture)
    options = options_of(checkpoint)
    if not checkpoint.is_input_told and not is_listed:
        spec, notes = timm_own_input(checkpoint.architecture, options.values)
        checkpoint = replace(checkpoint, input_spec=spec, notes=(*checkpoint.notes, *notes), is_input_told=True)
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
    weights, digest = read_weights(told)
    how = {"channels": told.input_spec.channels, "head": told.head, **told.options}
    built = build(told.architecture, told.num_outputs, weights.tensors, **how)
    otherwise = told_otherwise(weights.tensors, built.module.state_dict(), told.input_spec)
    notes = (*weights.notes, *built.notes, *([otherwise] if otherwise else []))
    return as_network(built.module, told, digest, notes=notes)
