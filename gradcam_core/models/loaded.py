"""A model that is ready to be explained: what it is, which layers it offers, which classes it names."""

import difflib
import hashlib
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gradcam_core.errors import LayerError, ModelError
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.models.spec import ModelSpec
from gradcam_core.preprocessing import InputSpec

_MOST_SHOWN = 5


@dataclass(frozen=True, eq=False)
class LoadedModel:
    """A frozen network in eval mode with its hooks attached; any number of threads may share it.

    Attributes:
        labels: one for each class; a binary network has two, and one output (see `logits`).
        layers: the candidates in the order in which they finish.
        activation: softmax, sigmoid (independent labels) or binary.
        nbytes: memory of parameters and buffers.
        weights_sha256: of the file's bytes.
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

    @property
    def description_sha256(self) -> str:
        """Of what decides what goes in and what comes out beside the weights."""
        told = (self.spec.architecture, self.labels, self.input_spec, self.activation, str(self.device))
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def logits(self, outputs: Tensor) -> Tensor:
        """(n, classes) of what the network gave for n inputs; a binary network's one logit z becomes (-z, z)."""
        return torch.cat([-outputs, outputs], dim=1) if self.activation == "binary" else outputs

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

    def class_index(self, wanted: str | int) -> int:
        """The index of a class, given by its index or by its name in any case.

        A number is an index. A name is looked for as a whole label, then as one of a label's comma-separated
        synonyms, then as a part of a label.

        Raises:
            ModelError: if no class or more than one is meant.
        """
        text = str(wanted).strip()
        if text.removeprefix("-").isdecimal():
            return self._checked_index(text)
        for matching in (self._whole, self._synonym, self._part):
            found = matching(text.casefold())
            if found:
                return self._only(text, found)
        raise ModelError(f"{self.spec.name} has no class {text[:80]!r}.", hint=self._nearest(text))

    def _no_layer(self, name: str) -> LayerError:
        if name and name in dict(self.module.named_modules()):
            return LayerError(
                f"{name} of {self.spec.name} gives no spatial map in one call.",
                hint=f"The usual layer is {self.default_layer}.",
            )
        close = difflib.get_close_matches(name, [layer.name for layer in self.layers], n=3)
        hints = [f"Near that name: {', '.join(close)}."] if close else []
        return LayerError(
            f"{name[:80]!r} is not a layer of {self.spec.name}.",
            hint=" ".join([*hints, f"The usual one is {self.default_layer}."]),
        )

    def _checked_index(self, text: str) -> int:
        if not text.isascii() or len(text) > 9 or not 0 <= int(text) < len(self.labels):
            last = len(self.labels) - 1
            raise ModelError(
                f"{self.spec.name} has no class {text[:20]}.",
                hint=f"Its {last + 1:,} classes count from 0 to {last}." if last else "Its only class is 0.",
            )
        return int(text)

    def _whole(self, text: str) -> list[int]:
        return [index for index, label in enumerate(self.labels) if label.casefold() == text]

    def _synonym(self, text: str) -> list[int]:
        synonyms = ([part.strip() for part in label.casefold().split(",")] for label in self.labels)
        return [index for index, parts in enumerate(synonyms) if text in parts]

    def _part(self, text: str) -> list[int]:
        return [index for index, label in enumerate(self.labels) if text and text in label.casefold()]

    def _only(self, text: str, found: list[int]) -> int:
        if len(found) > 1:
            shown = ", ".join(f"{index} ({self.labels[index]})" for index in found[:_MOST_SHOWN])
            more = len(found) - _MOST_SHOWN
            raise ModelError(
                f"{text[:80]!r} can mean {len(found)} classes of {self.spec.name}.",
                hint=f"Give the index: {shown}{f' and {more} more' if more > 0 else ''}.",
            )
        return found[0]

    def _nearest(self, text: str) -> str:
        by_name = {label.casefold(): label for label in self.labels}
        close = difflib.get_close_matches(text.casefold()[:80], by_name, n=3)
        shown = [by_name[name] for name in close] or self.labels[:3]
        return f"{'Near that name' if close else 'It knows, for example'}: {', '.join(shown)}."
