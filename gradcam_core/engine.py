"""One forward pass of an image explains every class: the graph starts at the target layer.

`Explainer(model, layer).forward(image)` → `ForwardPass` → `.cam(class_index, method)` → `Cam`.
"""

import math
import operator
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gradcam_core.cam import RAW_UNIT, Cam, Prediction, ResultKey, unusable_because
from gradcam_core.errors import LayerError, MethodError
from gradcam_core.geometry import InputGeometry
from gradcam_core.hooks import recording
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.loaded_image import LoadedImage
from gradcam_core.methods import DEFAULT_METHOD, CamMethod, get_method
from gradcam_core.models import LoadedModel
from gradcam_core.preprocessing import get_preprocessing, input_picture, prepare
from gradcam_core.resources.memory import enough_memory


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

    def forward(self, image: LoadedImage, *, preprocessing: str = "trained") -> "ForwardPass":
        """Run the model once on an image and keep what every class's explanation needs.

        Raises:
            HeatproofError: if there is no such preprocessing.
            ResourceError: if the memory does not suffice.
        """
        if not isinstance(image, LoadedImage):
            raise TypeError(f"forward takes a LoadedImage, as load_image gives it, not {type(image).__name__}.")
        with _differentiable(self.model.device), _enough_memory(), recording([self.layer.name]) as record:
            prepared = prepare(image, self.model.input_spec, preprocessing=preprocessing)
            scores = _scores(self.model.module(prepared.tensor.to(self.model.device)), self.model.activation)
        activation = record[self.layer.name]
        if activation is None:
            raise LayerError(
                f"{self.layer.name} took no part in the forward pass.", hint=f"Choose {self.model.default_layer}."
            )
        return ForwardPass(
            model=self.model,
            layer=self.layer,
            image_sha256=image.sha256,
            preprocessing=get_preprocessing(preprocessing).slug,
            geometry=prepared.geometry,
            input_tensor=prepared.tensor,
            _activation=activation,
            _scores=scores,
        )


@dataclass(frozen=True, eq=False)
class ForwardPass:
    """What one forward pass knows. It pins the model and the graph above the layer: keep its CAMs, not itself.

    Attributes:
        input_tensor: (1, 3, h, w) float32, normalised: what the model really saw.
        geometry: where that lies in the image.
    """

    model: LoadedModel
    layer: TargetLayer
    image_sha256: str
    preprocessing: str
    geometry: InputGeometry
    input_tensor: Tensor
    _activation: Tensor  # (1, channels, h, w), a leaf
    _scores: Tensor  # (classes,), the logits

    @property
    def logits(self) -> np.ndarray:
        """(classes,) float32; for a binary model (-z, z)."""
        return _numpy(self._scores)

    @property
    def probabilities(self) -> np.ndarray:
        """(classes,) float32: softmax, or a sigmoid for each class where the model's labels are independent."""
        scores = self._scores.detach()
        return _numpy(scores.softmax(0) if self.model.activation == "softmax" else scores.sigmoid())

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

    def cam(self, class_index: int, method: str = DEFAULT_METHOD) -> Cam:
        """The map of one class at the layer; one backward pass from the logit to the layer, nothing more.

        Raises:
            MethodError: if there is no such class or method.
            ResourceError: if the memory does not suffice.
        """
        chosen, class_index = get_method(method), operator.index(class_index)
        prediction = self.prediction(class_index)
        values, note = self._raw_map(chosen, class_index)
        return Cam(
            values=values,
            prediction=prediction,
            key=self._key(chosen, class_index),
            geometry=self.geometry,
            method_title=chosen.title,
            model_title=self.model.spec.title,
            note=note,
        )

    def _raw_map(self, method: CamMethod, class_index: int) -> tuple[np.ndarray, str]:
        """(h, w) float32, read-only, and why it can't be used; NaN where it was made of values not finite."""
        activation = _numpy(self._activation[0])
        gradient = self._gradient(class_index) if method.needs_gradient else np.zeros_like(activation)
        recorded_finite = bool(np.isfinite(activation).all() and np.isfinite(gradient).all())
        if recorded_finite:
            with _enough_memory(), np.errstate(all="ignore"):  # what overflows is said in the note
                values = method.weigh(activation, gradient)
        else:
            values = np.full(activation.shape[1:], np.nan, dtype=np.float32)
        values.setflags(write=False)
        seen = self.geometry.cells_seen((values.shape[0], values.shape[1]))
        return values, unusable_because(values, seen=seen, recorded_finite=recorded_finite)

    def _key(self, method: CamMethod, class_index: int) -> ResultKey:
        model, layer = self.model.spec.name, self.layer.name
        return ResultKey(self.image_sha256, model, layer, method.slug, class_index, self.preprocessing)

    def _gradient(self, class_index: int) -> np.ndarray:
        """d logit / d activation, (channels, h, w); zeros where the class does not depend on the layer."""
        if not self._scores.requires_grad:
            return np.zeros_like(_numpy(self._activation[0]))
        with _differentiable(self.model.device), _enough_memory():
            (gradient,) = torch.autograd.grad(
                self._scores[class_index],
                self._activation,
                retain_graph=True,
                allow_unused=True,
                materialize_grads=True,
            )
        return _numpy(gradient[0])

    def _check_class(self, class_index: int) -> None:
        if not 0 <= class_index < len(self.model.labels):
            raise MethodError(
                f"{self.model.spec.title} has no class {class_index}.",
                hint=f"Its classes are 0 to {len(self.model.labels) - 1}.",
            )


def unit_of(model: LoadedModel, cam: Cam) -> str:
    """What the raw values count: logits per cell, if with the head's bias they add up to the logit.

    That holds for global pooling and one linear layer, and is found out by adding up.
    """
    for module in model.module.modules():
        bias = getattr(module, "bias", None)
        if getattr(module, "out_features", None) == len(model.labels) and bias is not None:
            total = float(cam.values.sum(dtype=np.float64)) + float(bias[cam.prediction.class_index])
            if math.isclose(total, cam.prediction.logit, rel_tol=1e-4, abs_tol=1e-4):
                return "logits per cell"
    return RAW_UNIT


def _scores(outputs: Tensor, activation: str) -> Tensor:
    """The logits of one image, (classes,); a binary model's one logit z becomes (-z, z)."""
    scores = outputs[0]
    return torch.cat([-scores, scores]) if activation == "binary" else scores


def _numpy(tensor: Tensor) -> np.ndarray:
    return np.asarray(tensor.detach().float().cpu().numpy())


@contextmanager
def _differentiable(device: torch.device) -> Iterator[None]:
    """Record gradients, in full precision, whatever mode the caller is in."""
    torch.get_num_threads()  # a fresh thread takes over the number that was set only once it is asked
    with torch.inference_mode(False), torch.enable_grad(), torch.autocast(device.type, enabled=False):
        yield


def _enough_memory() -> AbstractContextManager[None]:
    return enough_memory(
        "There is not enough memory for this model and image.", hint="Try a smaller model, or once more later."
    )
