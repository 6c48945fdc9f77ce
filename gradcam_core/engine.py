"""One forward pass of an image explains every class: the graph starts at the target layer.

`Explainer(model, layer).forward(image)` → `ForwardPass` → `.cam(class_index, method)` → `Cam`.
"""

import math
import operator
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from gradcam_core.attention.later import LaterAttention
from gradcam_core.attention.passes import AttentionPass
from gradcam_core.cam import CANCELS, RAW_UNIT, Cam, Prediction, ResultKey, cancelled_sum, unusable_because
from gradcam_core.errors import LayerError, MethodError
from gradcam_core.evidence import NotFiniteError, PassEvidence
from gradcam_core.geometry import InputGeometry
from gradcam_core.layers.finding import TargetLayer, normalised_after
from gradcam_core.layers.place import DEFAULT_PLACE, ReceptiveField, get_place
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import CamMethod, default_method, get_method, remark_on, same_map_by, why_unfit
from gradcam_core.methods.base import Need, Sign
from gradcam_core.models import LoadedModel
from gradcam_core.preprocessing import get_preprocessing, input_picture, prepare
from gradcam_core.progress import Progress, silent
from gradcam_core.receptive_field import receptive_field
from gradcam_core.recording import Recording, array, differentiable, memory_for_a_pass, record
from gradcam_core.targets import Target, Wanted, as_target, one_class, spelling_of, words_for


class Explainer:
    """A model and the layer at which it is explained; holds no state, so any number of threads may share it."""

    def __init__(self, model: LoadedModel, layer: str | None = None) -> None:
        """Choose the layer; the model's default if none is named.

        Raises:
            LayerError: if the model has no such layer.
        """
        if not isinstance(model, LoadedModel):
            raise TypeError(f"An Explainer takes a LoadedModel, as load_model gives it, not {type(model).__name__}.")
        self.model = model
        self.layer: TargetLayer = model.layer(layer)

    def forward(
        self,
        image: LoadedImage,
        *,
        preprocessing: str = "trained",
        layers: Collection[str] = (),
        place: str = DEFAULT_PLACE,
    ) -> "ForwardPass":
        """Run the model once on an image and keep what every class's explanation needs.

        Args:
            layers: others that can be explained from the same pass.
            place: where the cells of a map are laid: a slug of `PLACES`.

        Raises:
            HeatproofError: if there is no such preprocessing or place.
            LayerError: if the model has no such layer.
            ResourceError: if the memory does not suffice.
        """
        if not isinstance(image, LoadedImage):
            raise TypeError(f"forward takes a LoadedImage, as load_image gives it, not {type(image).__name__}.")
        names = [self.layer.name, *(self.model.layer(name).name for name in layers)]
        place = get_place(place).slug
        with differentiable(self.model.device), memory_for_a_pass():
            prepared = prepare(image, self.model.input_spec, preprocessing=preprocessing)
        return ForwardPass(
            model=self.model,
            layer=self.layer,
            image_sha256=image.sha256,
            preprocessing=get_preprocessing(preprocessing).slug,
            place=place,
            geometry=prepared.geometry,
            input_tensor=prepared.tensor,
            _recorded=record(self.model, prepared.tensor, names),
            _later=LaterAttention(self.model, prepared.tensor),
        )


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """What one forward pass knows. It pins the model and the graph above the layer: keep its CAMs, not itself.

    Attributes:
        layer: the one to explain.
        place: where the cells of its maps are laid.
        input_tensor: (1, 3, h, w) float32, normalised: what the model really saw.
        geometry: where that lies in the image; a map's own also says where its cells lie.
    """

    model: LoadedModel
    layer: TargetLayer
    image_sha256: str
    preprocessing: str
    place: str
    geometry: InputGeometry
    input_tensor: Tensor
    _recorded: Recording
    _later: LaterAttention

    @property
    def attention(self) -> AttentionPass:
        """The attention of every block: one forward pass when first asked for, and kept with this one.

        Raises:
            ResourceError: if the memory does not suffice.
        """
        return self._later.recorded()

    @property
    def logits(self) -> np.ndarray:
        """(classes,) float32; for a binary model (-z, z)."""
        return array(self._recorded.logits)

    @property
    def probabilities(self) -> np.ndarray:
        """(classes,) float32: softmax, or a sigmoid for each class where the model's labels are independent."""
        return array(self.model.probabilities(self._recorded.logits))

    @property
    def input_picture(self) -> np.ndarray:
        """What the model really saw, (h, w, 3) uint8; a padding has the mean colour."""
        return input_picture(self.input_tensor, self.model.input_spec)

    def prediction(self, class_index: int) -> Prediction:
        """One class as the model sees it.

        Raises:
            MethodError: if the model has no such class.
        """
        class_index = operator.index(class_index)
        self._check_class(class_index)
        logit, probability = float(self.logits[class_index]), float(self.probabilities[class_index])
        return Prediction(class_index, self.model.labels[class_index], logit, probability)

    def top(self, k: int) -> tuple[Prediction, ...]:
        """The k classes of the largest logits, the largest first; all classes if there are fewer."""
        best = np.argsort(-self.logits, kind="stable")[: max(k, 0)]
        return tuple(self.prediction(int(index)) for index in best)

    def cam(  # noqa: PLR0913 (class and method, and what is seldom named)
        self,
        class_index: int | None = None,
        method: str | None = None,
        *,
        target: Wanted | None = None,
        layer: str | None = None,
        versus: int | None = None,
        progress: Progress = silent,
    ) -> Cam:
        """The map of one class at a layer; with most methods one backward pass from the logit to the layer.

        Args:
            method: the layer's default if none is named: `gradcam_core.methods.default_method`.
            target: what is explained instead of a class: `{class: weight}`, a weight for every class, or a function
                of the logits, (classes,), that gives one number.
            layer: another one of those that were recorded.
            versus: the class that it is set against, for a method that compares two.
            progress: called with the forward passes that a slow method has taken; raise `Cancelled` in it to stop.

        Raises:
            LayerError: if the layer was not recorded.
            MethodError: if there is no such class, target or method, or the method can't explain this model or layer.
            ResourceError: if the memory does not suffice.
        """
        at = self._recorded_layer(layer)
        chosen = get_method(default_method(at) if method is None else method)
        explained = self._explained(class_index, target)
        prediction = self._prediction_of(explained)
        other = None if versus is None else self.prediction(versus)
        self._check_method(chosen, at)
        _check_question(chosen, prediction, other)
        evidence = PassEvidence(
            model=self.model,
            layer=at,
            input_tensor=self.input_tensor,
            recorded=self._recorded,
            class_index=prediction.class_index,
            target=explained,
            later=self._later,
            against=other.class_index if other else None,
            expected=chosen.cost(at),
            progress=progress,
        )
        field = receptive_field(self.model, at) if chosen.depends_on_layer else ReceptiveField()
        geometry = self._laid(field)
        values, note = self._raw_map(chosen, evidence, geometry)
        same_map = ((), "") if note else _same_map_by(chosen, evidence)
        return Cam(
            values=values,
            prediction=prediction,
            key=self._key(chosen, evidence),
            geometry=geometry,
            method_title=chosen.title,
            model_title=self.model.spec.title,
            note=note,
            sign_rule=chosen.sign_rule,
            remark=remark_on(chosen, self.model),
            same_map_by=same_map[0],
            same_map_note=same_map[1],
            versus=other,
            is_signed=chosen.sign is Sign.EVIDENCE,
            field=field,
        )

    def gives_the_same(self, layer: str, other: str) -> bool:
        """Whether two recorded layers gave the same values, as a container does and the last of its parts."""
        first, second = (self._recorded.outputs[name] for name in (layer, other))
        return torch.equal(first, second)

    def _laid(self, field: ReceptiveField) -> InputGeometry:
        """Where the cells of a layer with this field lie in the image."""
        return replace(self.geometry, shift=get_place(self.place).shift(field))

    def _raw_map(self, method: CamMethod, evidence: PassEvidence, geometry: InputGeometry) -> tuple[np.ndarray, str]:
        """(h, w) float32, read-only, and why it can't be used; NaN where it was made of values not finite."""
        is_finite = True
        try:
            with memory_for_a_pass(), np.errstate(all="ignore"):  # what overflows is said in the note
                values = np.array(method.compute(evidence), dtype=np.float32)
        except NotFiniteError:
            is_finite = False
            values = np.full(evidence.layer.layout.grid, np.nan, dtype=np.float32)
        if values.ndim != 2:
            raise ValueError(f"{method.slug} gave a map of shape {values.shape}, which is not (h, w).")
        values.setflags(write=False)
        seen = geometry.cells_seen((values.shape[0], values.shape[1]))
        sums = is_finite and Need.GRADIENT in method.needs
        cancelled = cancelled_sum(evidence.activation, evidence.gradient) if sums else 0.0
        note = unusable_because(values, seen=seen, evidence_is_finite=is_finite, cancelled=cancelled)
        return values, self._with_other_layer(note, evidence.layer)

    def _with_other_layer(self, note: str, layer: TargetLayer) -> str:
        """What to choose instead, where that is known."""
        norm = normalised_after(self.model.layers, layer.name) if note == CANCELS else None
        return f"{note} Choose {norm.name}, the normalisation after it." if norm else note

    def _key(self, method: CamMethod, evidence: PassEvidence) -> ResultKey:
        return ResultKey(
            self.image_sha256,
            self.model.spec.name,
            evidence.layer.name,
            method.slug,
            evidence.class_index,
            self.preprocessing,
            evidence.against,
            self.place,
            "" if evidence.class_index >= 0 else spelling_of(evidence.target),
        )

    def _explained(self, class_index: int | None, wanted: Wanted | None) -> Target:
        """A class or another target; one of the two is asked for."""
        if class_index is not None and wanted is None:
            return one_class(self.prediction(class_index).class_index)
        if wanted is not None and class_index is None:
            return as_target(wanted, len(self.model.labels))
        raise MethodError("A map explains one class or one target.", hint="Give class_index, or target=….")

    def _prediction_of(self, target: Target) -> Prediction:
        """Of one class, its own; else the target's words and value."""
        if not callable(target) and target == one_class(target[0][0]):
            return self.prediction(target[0][0])
        return Prediction(-1, words_for(target, self.model.labels), self._recorded.value(target), math.nan)

    def _recorded_layer(self, name: str | None) -> TargetLayer:
        if name is None or name == self.layer.name:
            return self.layer
        layer = self.model.layer(name)
        if layer.name not in self._recorded.outputs:
            raise LayerError(
                f"{name} was not recorded in this forward pass.", hint=f'Ask forward for layers=["{name}"].'
            )
        return layer

    def _check_method(self, method: CamMethod, layer: TargetLayer) -> None:
        """Whether the method can explain this model and layer, before any work."""
        if reason := why_unfit(method, self.model):
            raise MethodError(
                f"{method.title} can't explain {self.model.spec.title}: {reason}",
                hint="Choose a vision transformer, such as tinyvit, or another method, such as Grad-CAM.",
            )
        if reason := method.unsupported_because(layer):
            raise MethodError(
                f"{method.title} can't explain {layer.name}: {reason}", hint="Choose another layer or method."
            )

    def _check_class(self, class_index: int) -> None:
        if not 0 <= class_index < len(self.model.labels):
            raise MethodError(
                f"{self.model.spec.title} has no class {class_index}.",
                hint=f"Its classes are 0 to {len(self.model.labels) - 1}.",
            )


def _same_map_by(method: CamMethod, evidence: PassEvidence) -> tuple[tuple[str, ...], str]:
    """As `methods.same_map_by`; no gradient is computed for a method that takes none."""
    return same_map_by(method, evidence.activation, evidence.gradient) if Need.GRADIENT in method.needs else ((), "")


def unit_of(model: LoadedModel, cam: Cam) -> str:
    """What the raw values count: logits per cell, if with the head's bias they add up to the logit.

    That holds for global pooling and one linear layer, and is found out by adding up. A method may know it.
    """
    if unit := get_method(cam.key.method).unit:
        return unit
    for module in model.module.modules():
        bias = getattr(module, "bias", None)
        if getattr(module, "out_features", None) == len(model.labels) and bias is not None:
            total = float(cam.values.sum(dtype=np.float64)) + float(bias[cam.prediction.class_index])
            if math.isclose(total, cam.prediction.logit, rel_tol=1e-4, abs_tol=1e-4):
                return "logits per cell"
    return RAW_UNIT


def _check_question(method: CamMethod, asked: Prediction, other: Prediction | None) -> None:
    """Whether the method can answer, before any work."""
    if asked.class_index < 0 and method.needs & {Need.OTHER_CLASS, Need.FORWARD_PASSES}:
        raise MethodError(f"{method.title} explains one class.", hint="Give class_index, or choose another method.")
    compares = Need.OTHER_CLASS in method.needs
    if compares and (other is None or other.class_index == asked.class_index):
        raise MethodError(f"{method.title} compares two classes.", hint=f"Name another one beside {asked.label}.")
    if other is not None and not compares:
        raise MethodError(f"{method.title} explains one class and compares it with none.", hint="Name one class only.")
