"""The logits of many inputs at once, without gradients: whatever perturbs an image asks the model through this."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial

import numpy as np
import torch
from torch import Tensor

from gradcam_core.config import settings
from gradcam_core.hooks import recording
from gradcam_core.models import LoadedModel
from gradcam_core.progress import Progress, silent
from gradcam_core.resources.cores import slot_count
from gradcam_core.resources.memory import enough_memory
from gradcam_core.resources.queue import Turn
from gradcam_core.resources.steps import run_steps
from gradcam_core.scoring.activation_memory import activation_bytes
from gradcam_core.scoring.protocol import ScoreFunction

_LARGEST_BATCH = 4  # on the CPU; of 8 to 32, each image took up to twice as long
_LARGEST_BATCH_ELSEWHERE = 32
_FEWEST_THREADS = 2  # a batch is so small that this many fit into the memory


def score_function(
    model: LoadedModel, *, turn: Turn | None = None, between: Progress = silent, memory_bytes: int | None = None
) -> ScoreFunction:
    """A function from many inputs to the logits of all classes; any number of threads may call it.

    The inputs are cut into batches in the same way whoever computes them, so the logits do not depend on the number
    of threads. A batch's logits differ from `ForwardPass.logits` by rounding.

    Args:
        model: may be explained by other threads meanwhile.
        turn: a slot that the caller holds. Between two batches quick work of others passes, and while nobody waits
            idle slots are used as well. Without one, the calling thread computes alone.
        between: told, in the calling thread, how many inputs are done; what it raises ends the call within a batch.
        memory_bytes: for the activations of one call; the setting if None. One image's are always allowed.

    Returns:
        It raises a ValueError for inputs of another shape or kind, and a ResourceError if the memory does not suffice.
    """
    if not isinstance(model, LoadedModel):
        raise TypeError(f"score_function takes a LoadedModel, as load_model gives it, not {type(model).__name__}.")

    def score(inputs: np.ndarray | Tensor, /) -> np.ndarray:
        _check_inputs(inputs, model.input_spec.shape)
        scores = np.empty((len(inputs), len(model.labels)), dtype=np.float32)
        batch, threads = _batch_and_threads(model, memory_bytes or settings().scoring_bytes)
        done: list[int] = []

        def step(start: int) -> None:
            part = slice(start, start + batch)
            scores[part] = batch_logits(model, inputs[part])
            done.append(len(scores[part]))

        run_steps(
            [partial(step, start) for start in range(0, len(inputs), batch)],
            after_each=lambda: between(sum(done), len(inputs)),
            turn=turn,
            most_threads=threads,
        )
        return scores

    return score


def batch_size(model: LoadedModel) -> int:
    """How many inputs of this model are computed at once, within the memory that the setting allows.

    Raises:
        ResourceError: if the memory does not suffice for one.
    """
    return _batch_and_threads(model, settings().scoring_bytes)[0]


def batch_logits(
    model: LoadedModel, inputs: np.ndarray | Tensor, run: Callable[[Tensor], Tensor] | None = None
) -> np.ndarray:
    """(n, classes) float32, the logits of one batch.

    Args:
        inputs: what `run` takes, n times.
        run: gives the network's outputs; the network itself if None.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    with _without_graph(model.device), _enough_memory():
        logits = model.logits((run or model.module)(_copied(inputs).to(model.device, torch.float32)))
        return np.asarray(logits.float().cpu().numpy())


def _check_inputs(inputs: np.ndarray | Tensor, shape: tuple[int, int, int]) -> None:
    if not isinstance(inputs, np.ndarray | Tensor):
        raise TypeError(f"The inputs are an array or a tensor, not {type(inputs).__name__}.")
    is_floating = inputs.is_floating_point() if isinstance(inputs, Tensor) else inputs.dtype.kind == "f"
    if inputs.ndim != 4 or tuple(inputs.shape[1:]) != shape or not is_floating:
        raise ValueError(
            f"The inputs are {inputs.dtype} of shape {tuple(inputs.shape)}; "
            f"this model takes normalised floating-point numbers of shape (n, {', '.join(map(str, shape))})."
        )


def _batch_and_threads(model: LoadedModel, memory_bytes: int) -> tuple[int, int]:
    """Inputs in a batch, whatever the number of slots, and how many threads may have one in the memory."""
    with _without_graph(model.device), _enough_memory():
        each = max(1, activation_bytes(model.module, model.input_spec.shape, model.device))
    is_cpu = model.device.type == "cpu"
    largest = _LARGEST_BATCH if is_cpu else _LARGEST_BATCH_ELSEWHERE
    batch = max(1, min(largest, memory_bytes // (_FEWEST_THREADS * each)))
    return batch, max(1, min(slot_count() if is_cpu else 1, memory_bytes // (batch * each)))


def _copied(inputs: np.ndarray | Tensor) -> Tensor:
    """A network may change its input in place; and the order of the numbers in memory decides the last bits."""
    if isinstance(inputs, Tensor):
        return inputs.clone(memory_format=torch.contiguous_format)
    return torch.from_numpy(np.array(inputs, dtype=np.float32, order="C"))


@contextmanager
def _without_graph(device: torch.device) -> Iterator[None]:
    """No gradients, full precision, and nothing recorded, whatever the caller is doing.

    Not inference mode: a tensor that a network keeps from it could never be differentiated again.
    """
    torch.get_num_threads()  # a fresh thread takes over the number that was set only once it is asked
    with torch.inference_mode(False), torch.no_grad(), torch.autocast(device.type, enabled=False), recording(()):
        yield


def _enough_memory() -> AbstractContextManager[None]:
    return enough_memory(
        "There is not enough memory to ask this model about many images.",
        hint="Try a smaller model, or once more later.",
    )
