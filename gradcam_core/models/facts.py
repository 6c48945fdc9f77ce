"""What is there to know of a model beside its layers: what goes in, what comes out, where it is from?"""

import itertools
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
        value_range: least and largest number that goes in, over the three colours.
        preprocessing: a sentence for each step.
        first_labels: at most five.
        nbytes: memory of parameters and buffers.
        weights_sha256: all or the first digits of what the weights file's hash must be; "" where nobody says. A loaded
            model knows the hash that it has.
    """

    name: str
    title: str
    architecture: str
    source: str
    origin: str
    licence: str
    input_size: tuple[int, int]
    value_range: tuple[float, float]
    preprocessing: tuple[str, ...]
    num_classes: int
    first_labels: tuple[str, ...]
    activation: str
    nbytes: int
    weights_sha256: str


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
        input_size=(input_spec.crop_size, input_spec.crop_size),
        value_range=value_range(input_spec),
        preprocessing=preprocessing_sentences(input_spec),
        num_classes=len(description.labels),
        first_labels=description.labels[:_MOST_LABELS],
        activation=_ACTIVATIONS[description.activation],
        nbytes=nbytes_of(module),
        weights_sha256=description.weights_sha256,
    )


def value_range(spec: InputSpec) -> tuple[float, float]:
    """The least and the largest number that goes into the network: black and white, normalised, over the colours."""
    pairs = list(zip(spec.mean, spec.std, strict=True))
    return min((0 - mean) / std for mean, std in pairs), max((1 - mean) / std for mean, std in pairs)


def preprocessing_sentences(spec: InputSpec) -> tuple[str, ...]:
    """The steps of the preprocessing called trained."""
    low, high = value_range(spec)
    return (
        f"The short side is resized to {spec.resize_size} px ({spec.interpolation}).",
        f"The centre of {shape_text((spec.crop_size, spec.crop_size))} px is cropped.",
        f"Each colour, from 0 to 1, is normalised: mean {_numbers(spec.mean)}; deviation {_numbers(spec.std)}.",
        f"What goes in lies between {low:.2f} and {high:.2f}.",
    )


def nbytes_of(module: nn.Module) -> int:
    """Memory of parameters and buffers; on the meta device, what they would take."""
    tensors = itertools.chain(module.parameters(), module.buffers())
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _numbers(values: tuple[float, float, float]) -> str:
    """Once if the three colours are alike."""
    return f"{values[0]:g}" if len(set(values)) == 1 else ", ".join(f"{value:g}" for value in values)
