"""A model that is ready to be explained: what it is, which layers it offers, which classes it names."""

import difflib
import hashlib
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from gradcam_core.errors import LayerError
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.models.class_names import find_class
from gradcam_core.models.spec import ModelSpec
from gradcam_core.preprocessing import InputSpec

_NO_MAP = "It gives no map."


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A frozen network in eval mode with its hooks attached; any number of threads may share it.

    Attributes:
        labels: one for each class; a binary network has two, and one output (see `logits`).
        layers: the candidates in the order in which they finish.
        activation: softmax, sigmoid (independent labels) or binary.
        nbytes: memory of parameters and buffers.
        weights_sha256: of the file's bytes.
        excluded: why, in a sentence, each other module can't be explained.
        unread: those of them whose cells the class does not depend on, only tokens before them; hooked as well.
        notes: what was assumed of the model or left out of its files, a sentence each.
    """

    spec: ModelSpec
    module: nn.Module
    labels: tuple[str, ...]
    input_spec: InputSpec
    layers: tuple[TargetLayer, ...]
    default_layer: str
    activation: str
    device: torch.device
    nbytes: int
    weights_sha256: str
    notes: tuple[str, ...] = ()
    excluded: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[TargetLayer, ...] = ()

    @property
    def description_sha256(self) -> str:
        """Of what decides what goes in and what comes out beside the weights."""
        told = (self.spec.architecture, self.labels, self.input_spec, self.activation, str(self.device))
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def logits(self, outputs: Tensor) -> Tensor:
        """(n, classes) of what the network gave for n inputs; a binary network's one logit z becomes (-z, z)."""
        return torch.cat([-outputs, outputs], dim=1) if self.activation == "binary" else outputs

    def probabilities(self, logits: Tensor) -> Tensor:
        """(…, classes): softmax, or a sigmoid for each class where the labels are independent."""
        return logits.softmax(-1) if self.activation == "softmax" else logits.sigmoid()

    def layer(self, name: str | None = None) -> TargetLayer:
        """The layer of this name, or the default one.

        Raises:
            LayerError: if there is no such layer, or it gives no spatial map.
        """
        wanted = self.default_layer if name is None else name
        match = next((layer for layer in self.layers if layer.name == wanted), None)
        if match is None:
            raise self._no_layer(wanted)
        return match

    def recorded_layer(self, name: str) -> TargetLayer:
        """The layer of this name whose output can be recorded, also where the class depends on none of its cells.

        Raises:
            LayerError: as `layer`.
        """
        return next((layer for layer in self.unread if layer.name == name), None) or self.layer(name)

    def class_index(self, wanted: str | int) -> int:
        """The index of a class, given by its index or by a text as `find_class` reads it.

        Raises:
            ModelError: if no class or more than one is meant.
        """
        text = wanted if isinstance(wanted, str) else f"index:{operator.index(wanted)}"
        return find_class(self.labels, text, model=self.spec.name)

    def _no_layer(self, name: str) -> LayerError:
        if name and name in dict(self.module.named_modules()):
            return LayerError(
                f"{name} of {self.spec.name} can't be explained. {self.excluded.get(name, _NO_MAP)}",
                hint=f"The usual layer is {self.default_layer}.",
            )
        close = difflib.get_close_matches(name, [layer.name for layer in self.layers], n=3)
        hints = [f"Near that name: {', '.join(close)}."] if close else []
        return LayerError(
            f"{name[:80]!r} is not a layer of {self.spec.name}.",
            hint=" ".join([*hints, f"The usual one is {self.default_layer}."]),
        )
