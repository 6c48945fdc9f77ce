"""What is a CAM method? Facts about it, as data, and one function from evidence to a map.

    METHOD = CamMethod(slug=…, title=…, …, compute=…)   in methods/<family>/<name>.py

Nobody asks which method it is: what the engine, the pages and the command line must know is an attribute here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

import numpy as np

from gradcam_core.methods.forms import FindForm, own_form

if TYPE_CHECKING:  # the pages list the methods before torch is imported
    from torch import Tensor, nn

    from gradcam_core.attention.facts import AttentionFacts
    from gradcam_core.attention.lens import ReadOff
    from gradcam_core.attention.passes import AttentionPass
    from gradcam_core.layers.finding import TargetLayer
    from gradcam_core.targets import Target


class Family(StrEnum):
    """Where a method's map comes from; also the folder in which its file lies."""

    GRADIENT = "gradient"  # activation and gradient of one forward pass
    FORWARD = "forward"  # forward passes of changed images
    ATTENTION = "attention"  # the attention of transformer blocks
    CONTRAST = "contrast"  # one class against another


class Need(StrEnum):
    """What a method takes from its `Evidence`, by the attributes that give it."""

    ACTIVATION = "activation"  # activation
    GRADIENT = "gradient"  # gradient, gradient_of
    LAYERS = "layers"  # at: layers beside the target layer
    FORWARD_PASSES = "forward passes"  # scores, scores_from, input_gradient: the network runs again
    OTHER_CLASS = "other class"  # other_class
    ATTENTION = "attention"  # attention, read_off: not every model has it, or shows it


class Sign(StrEnum):
    """What a raw value below zero means."""

    EVIDENCE = "evidence"  # evidence against the class
    POSITIVE = "positive"  # nothing: only values above zero are evidence
    CONVENTION = "convention"  # the side that `CamMethod.sign_rule` does not choose; it could be the other one


@dataclass(frozen=True)
class Phrase:
    """The method's words in the sentences about its maps.

    Attributes:
        peak: what lies where the map is largest, as in "… is at the top left".
        bright: what a bright cell is, as in "Bright is …"; without a full stop.
        noun: what there is the more of in a cell, the larger its value.
    """

    peak: str
    bright: str
    noun: str = "evidence"


EVIDENCE = Phrase("the evidence", "evidence: these parts raised the score of the class")


@dataclass(frozen=True, eq=False)
class LayerRecord:
    """One layer in one forward pass; both arrays are (channels, h, w) float32 and read-only."""

    layer: TargetLayer
    activation: np.ndarray
    gradient: np.ndarray  # of the explained class's logit


class Evidence(Protocol):
    """What a method may ask about one image, one target layer and one class; computed when asked.

    Arrays are float32, read-only and finite: where the network gives other values, the method ends there and its map
    is said not to be usable.
    """

    @property
    def layer(self) -> TargetLayer:
        """The target layer."""

    @property
    def layers(self) -> Sequence[TargetLayer]:
        """All layers of the network that can be a target, in the order in which they finish."""

    @property
    def class_index(self) -> int:
        """The class to explain."""

    @property
    def target(self) -> Target:
        """The same for what takes any target."""

    @property
    def other_class(self) -> int:
        """The class that it is set against; there is one exactly for methods that need it."""

    @property
    def logits(self) -> np.ndarray:
        """(classes,)."""

    @property
    def input_tensor(self) -> Tensor:
        """(1, 3, height, width), normalised: what the network saw. To be copied, not changed."""

    @property
    def module(self) -> nn.Module:
        """The network, frozen and shared with other threads: its parameters may be read, nothing may be changed."""

    @property
    def activation(self) -> np.ndarray:
        """(channels, h, w), the target layer's output."""

    @property
    def gradient(self) -> np.ndarray:
        """(channels, h, w), d logit of the class / d activation; zeros where the class does not depend on it."""

    def gradient_of(self, weights: Mapping[int, float]) -> np.ndarray:
        """The gradient of a weighted sum of logits, such as `{class_index: 1, other_class: -1}`; as `gradient`."""

    @property
    def attention(self) -> AttentionPass:
        """Of every block, with gradients; one forward pass for all classes and methods."""

    @property
    def read_off(self) -> ReadOff:
        """The network as it answers after each block, with gradients; as `attention`, but two forward passes."""

    def at(self, names: Sequence[str]) -> Sequence[LayerRecord]:
        """What these layers gave, and the class's gradient there; one forward pass for those not recorded yet."""

    def input_gradient(self) -> np.ndarray:
        """(3, height, width), d logit of the class / d input; one forward pass."""

    def scores(self, inputs: Iterable[Tensor]) -> np.ndarray:
        """(n, classes), the logits of other inputs.

        Args:
            inputs: n times (1, 3, height, width), as `input_tensor`. They are taken a few at a time, so a generator
                holds memory for a few only; between two batches the progress is reported and the work can be stopped.
        """

    def scores_from(self, activations: Iterable[Tensor]) -> np.ndarray:
        """(n, classes), the logits had the target layer given these, n times (1, channels, h, w); as `scores`."""


Compute = Callable[[Evidence], np.ndarray]
"""evidence → raw map, (h, w) float32; of any resolution, it covers the model's whole input."""


def no_forwards(_layer: TargetLayer) -> int:
    """No forward pass beside the one with which every explanation begins."""
    return 0


def one_forward(_layer: TargetLayer) -> int:
    """One more forward pass."""
    return 1


def two_forwards(_layer: TargetLayer) -> int:
    """Two more."""
    return 2


def every_layer(_layer: TargetLayer) -> str:
    """No layer is refused."""
    return ""


def every_model(_attention: AttentionFacts) -> str:
    """No model is refused."""
    return ""


def nothing_said(_attention: AttentionFacts) -> str:
    """Nothing needs to be said of the maps."""
    return ""


@dataclass(frozen=True)
class CamMethod:
    """One way of turning evidence into a map.

    Attributes:
        slug: its name in links, on the command line and in results.
        sentence: what it does, in one line, for someone who chooses.
        paper: author, year and where; "grad-cam library" where there is none.
        needs: what it takes from the evidence.
        sign: what a raw value below zero means.
        phrase: how its maps are spoken of.
        unit: what its raw values count; empty where only the network tells, as `engine.unit_of` finds out.
        sign_rule: which side we take for evidence, in one sentence, where the sign is a convention; else empty.
        compute: the method itself.
        form: the formula that it comes down to with an activation and a gradient, if others do so too.
        depends_on_class: whether two classes can get different maps.
        depends_on_layer: whether two target layers can get different maps.
        cost: forward passes of one image that it takes at a layer, beside the first; a backward pass is not counted.
        unsupported_because: why it can't explain a layer, as in "it has no channels."; empty if it can.
        unfit_because: why it can't explain any layer of a model with this attention, as a sentence of its own; empty
            if it can. Only methods that need attention are asked.
        remark: what must be known of all its maps of a model with this attention, as a sentence; empty as a rule.
    """

    slug: str
    title: str
    sentence: str
    paper: str
    family: Family
    needs: frozenset[Need]
    sign: Sign
    phrase: Phrase
    compute: Compute
    unit: str = ""
    sign_rule: str = ""
    form: FindForm = own_form
    depends_on_class: bool = True
    depends_on_layer: bool = True
    cost: Callable[[TargetLayer], int] = no_forwards
    unsupported_because: Callable[[TargetLayer], str] = every_layer
    unfit_because: Callable[[AttentionFacts], str] = every_model
    remark: Callable[[AttentionFacts], str] = nothing_said

    @property
    def description(self) -> str:
        """What it does and, where its sign is a convention, which one."""
        return f"{self.sentence} {self.sign_rule}".rstrip()
