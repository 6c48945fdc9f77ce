"""How do a file's tensors become the state of a network, whatever they are called in the file?

The steps, each of which leaves a state that needs no help as it is: weights kept in parts are put together, names are
read as the network's, fused normalisations and a replaced head are undone, and what lies beside is left out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from torch import Tensor, nn

from gradcam_core.checkpoints.beside import check_beside, is_of_training
from gradcam_core.checkpoints.folding import fold
from gradcam_core.checkpoints.fused import unfuse
from gradcam_core.checkpoints.head_parts import last_layer
from gradcam_core.checkpoints.heads import refit_head
from gradcam_core.checkpoints.mismatch import Similar, check_names, mismatch, no_others
from gradcam_core.checkpoints.naming import is_counter, listed, without_counters
from gradcam_core.checkpoints.renaming import rename

State = dict[str, Tensor]

_COUNTERS = {"total_ops", "total_params"}  # which thop puts into every layer


@dataclass(frozen=True)
class Fitted:
    """A state that fits a network by names and shapes.

    Attributes:
        notes: a sentence for each thing that was assumed, put together or left out.
    """

    state: State
    notes: tuple[str, ...]


def fit(module: nn.Module, state: Mapping[str, Tensor], *, similar: Similar = no_others, head: str = "") -> Fitted:
    """The file's tensors as the state of this network.

    Args:
        module: on the meta device; its head is replaced where the file holds another.
        similar: the architectures that a state would fit, for the refusal.
        head: the part whose layers the description gave; "" if it gave none.

    Raises:
        ModelError: if they are not this network's.
    """
    folded, fold_notes = fold(state)
    counted = {key: value for key, value in folded.items() if key.rpartition(".")[2] not in _COUNTERS}
    renamed = rename(module.state_dict(), [name for name, _ in module.named_children()], counted)
    check_names(module.state_dict(), renamed.state)
    plain, fused_notes = unfuse(module, renamed.state)
    fitting, head_notes = refit_head(module, replace(renamed, state=plain), described=head)
    wanted = module.state_dict()
    beside = [key for key in fitting if key not in wanted and _is_beside(key, fitting, module)]
    rest = {key: value for key, value in fitting.items() if key not in beside}
    used = {id(value) for value in rest.values()}
    left_out = {**{key: fitting[key] for key in beside}, **renamed.beside}
    _check_left_out({key: value for key, value in left_out.items() if id(value) not in used}, rest, module)
    error = mismatch(module, without_counters(rest), lambda _: similar(without_counters(fitting)))
    if error is not None:
        raise error
    left = [key for key, value in folded.items() if id(value) not in used and not is_counter(key)]
    left_notes = (f"Left out of the file: {listed(left)}.",) if left else ()
    return Fitted(rest, (*fold_notes, *renamed.notes, *fused_notes, *head_notes, *left_notes))


def _is_beside(key: str, state: Mapping[str, Tensor], module: nn.Module) -> bool:
    """Whether a name can be left out: it is of training, or it lies outside the network's parts and holds no layer.

    A further layer may well belong to the answer: a file that has one is of another network.
    """
    top = key.partition(".")[0]
    if top in dict(module.named_children()):
        return False
    same = (value for other, value in state.items() if other.partition(".")[0] == top)
    return is_of_training(key) or all(value.dim() < 2 for value in same)


def _check_left_out(left_out: State, state: State, module: nn.Module) -> None:
    wanted = module.state_dict()
    scores = f"{last_layer(module)}.weight"
    first = next((value.shape[1] for value in wanted.values() if value.dim() == 4), 0)
    check_beside(left_out, channels=int(first), outputs=int(state.get(scores, wanted[scores]).shape[0]))
