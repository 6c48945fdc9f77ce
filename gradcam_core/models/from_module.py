"""How does a module in Python become a network with labels, without being touched?"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torch.overrides import TorchFunctionMode
from torchvision.models import ResNet18_Weights

from gradcam_core.checkpoints.fields import one_line
from gradcam_core.checkpoints.pairs import ACTIVATIONS
from gradcam_core.errors import ModelError
from gradcam_core.layers.reasons import shape_text
from gradcam_core.models.input_specs import as_input_spec
from gradcam_core.models.module_copy import cause_of, frozen_copy, hash_of, original_of
from gradcam_core.models.outputs import Logits, count_outputs, ending_of, path_to_logits, taken
from gradcam_core.models.spec import Network
from gradcam_core.preprocessing import InputSpec
from gradcam_core.resources.memory import is_out_of_memory
from gradcam_core.text import counted, shortened

Labels = Sequence[str] | Mapping[int, str] | str | None


def network_of(module: nn.Module, *, labels: Labels, input_spec: Any, activation: str | None) -> Network:
    """A network that shares the module's weights; what is assumed of it stands in the notes. As `wrap_model` has it.

    Raises:
        ModelError: if it can't be copied, run, or differentiated, or what is said of it does not fit it.
    """
    if activation is not None and activation not in ACTIVATIONS:
        raise ModelError(
            f"The activation is {str(activation)[:40]!r}.", hint=f"Give one of {', '.join(ACTIVATIONS)}, or nothing."
        )
    original = original_of(module)
    spec = as_input_spec(input_spec, channels=1 if _first_channels(original) == 1 else 3)
    own, notes_of_copy = frozen_copy(original)
    classifier, num_outputs, notes_of_outputs = _classifier(own, original, spec)
    activation, notes_of_activation = _activation(activation, classifier, num_outputs)
    names, notes_of_labels = labels_for(labels, num_outputs)
    return Network(
        module=classifier,
        labels=names,
        input_spec=spec,
        activation=activation,
        weights_sha256=hash_of(own),
        notes=(*_notes_of_channels(spec), *notes_of_copy, *notes_of_outputs, *notes_of_activation, *notes_of_labels),
    )


def labels_for(labels: Labels, num_outputs: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """One label for each class, two for a single output; and a note where nobody has named them.

    Raises:
        ModelError: if they are no texts, or not as many as there are classes.
    """
    count = max(num_outputs, 2)
    if labels is None:
        note = (
            f"Nobody has named its {count:,} classes: they are called class 0 to class {count - 1}. "
            "If it has no class head, they are features and no classes."
        )
        return tuple(f"class {index}" for index in range(count)), (note,)
    names = given_labels(labels)
    if num_outputs == 1 and len(names) == 1:
        return (f"not {names[0]}", names[0]), ()
    if len(names) != count:
        raise ModelError(
            f"The network gives {counted(num_outputs, 'output', 'outputs')} for "
            f"{counted(len(names), 'label', 'labels')}.",
            hint="Give one label for each output, in their order; is the network's class head in place?"
            if num_outputs > 1
            else "One output speaks for the second of two labels: name both, the negative first.",
        )
    return names, ()


def given_labels(labels: Labels) -> tuple[str, ...]:
    """The labels as texts of one line; of a dictionary by index, as Hugging Face's `id2label`.

    Raises:
        ModelError: if they are no texts, or one is empty.
    """
    if labels == "imagenet":
        return tuple(ResNet18_Weights.IMAGENET1K_V1.meta["categories"])
    if isinstance(labels, Mapping) and set(labels) == set(range(len(labels))):
        labels = [labels[index] for index in range(len(labels))]
    if not isinstance(labels, Sequence) or isinstance(labels, str | bytes) or not labels:
        raise ModelError(
            f"The labels are {shortened(repr(labels), 40)}.",
            hint='Give a list of texts in the order of the outputs, or "imagenet".',
        )
    names = tuple(one_line(str(label)) for label in labels)
    empty = next((index for index, name in enumerate(names) if not name), None)
    if empty is not None:
        raise ModelError(f"The label of class {empty} is empty.", hint="Give each class a name.")
    return names


def _classifier(own: nn.Module, original: nn.Module, spec: InputSpec) -> tuple[nn.Module, int, tuple[str, ...]]:
    """The copy, as a module that gives (n, outputs) logits; how many; and what was done to that end."""
    images = _noise(own, spec)
    with _graph_without_values(), _UsesOf(original) as uses:
        output = _run(own, images[:1].requires_grad_())
    if uses.is_found:
        raise ModelError(
            "The network calls its layers through a function that keeps the original ones, so a copy can't be used.",
            hint="Let a method do it, not a lambda or an inner function that is kept as an attribute.",
        )
    path = path_to_logits(output)
    one = taken(output, path)
    _check_gradient(one)
    with torch.no_grad():
        two = taken(_run(own, images), path)
    num_outputs, ending = count_outputs(one, two), ending_of(one)
    notes = [f"Of its outputs {_place(path)} is taken for the scores of the classes."] if path else []
    if not torch.allclose(one.detach().reshape(-1), two.reshape(2, -1)[0], rtol=0.01, atol=1e-3):
        notes.append(
            "Its scores of an image change from pass to pass, or with the images beside it (dropout or statistics of "
            "a batch that stay on): a map is that of one pass."
        )
    if ending:
        notes.append(f"It ends in {ending}, which is undone: its logits are made of the probabilities that it gives.")
    is_plain = not path and not ending and one.ndim == 2 and one.shape[0] == 1
    return (own if is_plain else Logits(own, path, ending)), num_outputs, tuple(notes)


def _activation(given: str | None, classifier: nn.Module, num_outputs: int) -> tuple[str, tuple[str, ...]]:
    """How logits become probabilities, and a note where nobody has said so."""
    ending = classifier.ending if isinstance(classifier, Logits) else ""
    if num_outputs == 1:
        return _activation_of_one(given, ending)
    if given == "binary":
        raise ModelError(
            f"A binary network has one output, and this one has {num_outputs:,}.", hint="Give softmax or sigmoid."
        )
    if given and ending and given != ending:
        raise ModelError(f"The network ends in {ending}, and its activation is {given}.", hint=f"Give {ending}.")
    if given or ending:
        return given or ending, ()
    return "softmax", ("Nobody has said how its scores become probabilities: softmax is assumed.",)


def _activation_of_one(given: str | None, ending: str) -> tuple[str, tuple[str, ...]]:
    """A single output is the logit of the second of two classes, or nothing: softmax makes 1 of any."""
    if given not in (None, "binary") or ending == "softmax":
        raise ModelError(
            f"The network has one output, whose {ending or given} says nothing.",
            hint="Give binary, or nothing, for a network whose one output speaks for the second of two labels.",
        )
    note = "It has one output, which is taken for the logit of the second of two classes (binary)."
    return "binary", () if given else (note,)


def _run(module: nn.Module, images: Tensor) -> Any:
    """What the network gives; whatever its code raises is one sentence."""
    try:
        return module(images.clone())  # it may write into its input
    except Exception as error:
        if is_out_of_memory(error):
            raise
        channels = _first_channels(module)
        if channels != images.shape[1]:
            raise _wrong_channels(channels, images.shape[1]) from error
        raise ModelError(
            f"The network can't be run on {shape_text(tuple(images.shape))}: {cause_of(error)}.",
            hint="It is called with one tensor (images, channels, height, width): check the size in input_spec.",
        ) from error


def _first_channels(module: nn.Module) -> int:
    """How many channels the first convolution takes; 3 where there is none."""
    convolutions = (child for child in module.modules() if isinstance(child, nn.Conv2d))
    return next((child.in_channels for child in convolutions), 3)


def _wrong_channels(wanted: int, given: int) -> ModelError:
    if wanted in (1, 3):
        numbers = "one number" if wanted == 1 else "three numbers"
        return ModelError(
            f"The first layer takes {counted(wanted, 'channel', 'channels')}, and input_spec describes {given}.",
            hint=f"Give {numbers} for its mean and its std.",
        )
    return ModelError(
        f"The first layer takes {wanted} channels, and an image has three (one, if it is made grey).",
        hint="Put the network into a module that makes its channels of an image's.",
    )


def _notes_of_channels(spec: InputSpec) -> tuple[str, ...]:
    return ("It takes one channel: every image is made grey for it.",) if spec.channels == 1 else ()


def _check_gradient(scores: Tensor) -> None:
    if not torch.isfinite(scores.detach()).all():
        raise ModelError("The network's outputs are not finite.", hint="Its weights are damaged, or it needs training.")
    if not scores.requires_grad:
        raise ModelError(
            "The network's scores can't be differentiated: it switches gradients off inside, or rounds its scores.",
            hint="Leave torch.no_grad(), inference_mode, detach and argmax out of its forward.",
        )


def _noise(module: nn.Module, spec: InputSpec) -> Tensor:
    """Two images, always the same, spread like normalised ones, where the module is."""
    seeded = torch.Generator().manual_seed(0)
    first = next(module.parameters(), torch.zeros(()))
    return torch.randn(2, *spec.shape, generator=seeded, dtype=torch.float32).to(first.device)


def _place(path: tuple[Any, ...]) -> str:
    return " ".join(f"number {key + 1}" if isinstance(key, int) else f"{key!r}" for key in path)


@contextmanager
def _graph_without_values() -> Iterator[None]:
    """Record a graph that can be looked at, with no memory for what going back would need."""
    with torch.enable_grad(), saved_tensors_hooks(lambda _: None, lambda _: torch.empty(0)):
        yield


class _UsesOf(TorchFunctionMode):
    """Within it, whether something is computed with a parameter of this module is noted."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self._ids = {id(parameter) for parameter in module.parameters()}
        self.is_found = False

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        values = (*args, *(kwargs or {}).values())
        self.is_found = self.is_found or any(id(value) in self._ids for value in values)
        return func(*args, **(kwargs or {}))
