"""What is there to know of a model beside its layers: what goes in, what comes out, where it is from?"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from torch import nn

from gradcam_core.layers.reasons import shape_text
from gradcam_core.models.spec import Description, ModelSpec
from gradcam_core.preprocessing import InputSpec

NOT_STATED = "not stated"

_ACTIVATIONS = {
    "softmax": "softmax: the probabilities of all classes sum to 1",
    "sigmoid": "sigmoid: each class has a probability of its own",
    "binary": "binary: one logit, whose sigmoid is the probability of the second class",
}
_MOST_LABELS = 5


@dataclass(frozen=True)
class ModelFacts:
    """A model in plain words and numbers; its weights need not be here.

    Attributes:
        architecture: such as torchvision/resnet50.
        source: in words, where Heatproof has the model from.
        origin: what its source says of the weights' own origin, or "not stated".
        licence: what its source says, or "not stated".
        input_size: (width, height) in pixels.
        channels: 3, or 1 for a grey input.
        value_range: least and largest number that goes in, over the channels.
        preprocessing: a sentence for each step.
        first_labels: at most five.
        nbytes: memory of parameters and buffers.
        weights_sha256: all or the first digits of what the weights file's hash must be; "" where nobody says. A loaded
            model knows the hash that it has.
        notes: a sentence for each thing that is assumed of it, or not read.
    """

    name: str
    title: str
    architecture: str
    source: str
    origin: str
    licence: str
    input_size: tuple[int, int]
    channels: int
    value_range: tuple[float, float]
    preprocessing: tuple[str, ...]
    num_classes: int
    first_labels: tuple[str, ...]
    activation: str
    nbytes: int
    weights_sha256: str
    notes: tuple[str, ...]


def model_facts(spec: ModelSpec, description: Description, module: nn.Module) -> ModelFacts:
    """Put together what is known; of the module only the tensors' sizes are read, so it may be on the meta device."""
    input_spec = description.input_spec
    return ModelFacts(
        name=spec.name,
        title=spec.title,
        architecture=spec.architecture,
        source=description.source,
        origin=description.origin or NOT_STATED,
        licence=description.licence or NOT_STATED,
        input_size=input_spec.size,
        channels=input_spec.channels,
        value_range=value_range(input_spec),
        preprocessing=preprocessing_sentences(input_spec),
        num_classes=len(description.labels),
        first_labels=description.labels[:_MOST_LABELS],
        activation=_ACTIVATIONS[description.activation],
        nbytes=nbytes_of(module),
        weights_sha256=description.weights_sha256,
        notes=description.notes,
    )


def value_range(spec: InputSpec) -> tuple[float, float]:
    """The least and the largest number that goes into the network: black and white, normalised, over the channels."""
    ends = [(value - mean) / std for value in spec.input_range for mean, std in zip(spec.mean, spec.std, strict=True)]
    return min(ends), max(ends)


def preprocessing_sentences(spec: InputSpec) -> tuple[str, ...]:
    """The steps of the preprocessing called trained."""
    low, high = value_range(spec)
    return (
        *_fit_sentences(spec),
        *_channel_sentences(spec),
        f"{'Each colour' if spec.channels > 1 else 'It'}, from {spec.input_range[0]:g} to {spec.input_range[1]:g}, is "
        f"normalised: mean {_numbers(spec.mean)}; deviation {_numbers(spec.std)}.",
        f"What goes in lies between {low:.2f} and {high:.2f}.",
    )


def input_text(shape: Sequence[int]) -> str:
    """An input of (images, channels, height, width) as people read it."""
    _, channels, height, width = shape
    return f"{shape_text((width, height))} pixels{'' if channels == 3 else f' in {channels} channel'}"


def nbytes_of(module: nn.Module) -> int:
    """Memory of parameters and buffers; on the meta device, what they would take."""
    tensors = itertools.chain(module.parameters(), module.buffers())
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _fit_sentences(spec: InputSpec) -> tuple[str, ...]:
    size, how = shape_text(spec.size), spec.interpolation
    if spec.fit == "pad":
        return (f"The whole image is resized to fit into {size} px ({how}), the rest is filled with the mean colour.",)
    if spec.fit == "crop":
        return f"The short side is resized to {spec.resize_size} px ({how}).", f"The centre of {size} px is cropped."
    resized = spec.resized_size
    cropped = () if resized == spec.size else (f"The centre of {size} px is cropped.",)
    return f"The whole image is squashed to {shape_text(resized)} px ({how}).", *cropped


def _channel_sentences(spec: InputSpec) -> tuple[str, ...]:
    if spec.channels == 1:
        return ("It is made grey: 0.299 red + 0.587 green + 0.114 blue.",)
    return ("Its colours go in as blue, green, red.",) if spec.channel_order == "bgr" else ()


def _numbers(values: tuple[float, ...]) -> str:
    """Once if the channels are alike."""
    return f"{values[0]:g}" if len(set(values)) == 1 else ", ".join(f"{value:g}" for value in values)
