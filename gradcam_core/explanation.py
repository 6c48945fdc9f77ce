"""What does a forward pass leave behind once the model has gone? Values only: no tensors, no graph."""

from dataclasses import dataclass

import numpy as np

from gradcam_core.geometry import InputGeometry


@dataclass(frozen=True)
class Prediction:
    """One class as the model sees it: its raw logit, and its probability from 0 to 1."""

    class_index: int
    label: str
    logit: float
    probability: float


@dataclass(frozen=True)
class ResultKey:
    """The question that a result answers; a result is shown only while it is the question now asked."""

    image: str  # SHA-256 of the file's bytes
    model: str
    layer: str
    method: str
    class_index: int
    preprocessing: str


@dataclass(frozen=True, eq=False)
class Cam:
    """A class activation map: raw and signed, at the layer's own resolution.

    Attributes:
        values: (h, w) float32, before any ReLU or scaling; read-only.
        prediction: the class explained.
        geometry: how the map lies over the image.
        method_title: for people, as is `model_title`.
        note: why the map can't be used, in one sentence; empty if it can.
    """

    values: np.ndarray
    prediction: Prediction
    key: ResultKey
    geometry: InputGeometry
    method_title: str
    model_title: str
    note: str = ""

    @property
    def usable(self) -> bool:
        """Whether there is anything to see in it."""
        return not self.note

    @property
    def peak(self) -> tuple[int, int]:
        """(x, y) of the image pixel, among those the model saw, under the centre of the largest cell."""
        h, w = self.values.shape
        row, column = np.unravel_index(np.argmax(np.nan_to_num(self.values, nan=-np.inf)), (h, w))
        x, y = self.geometry.to_image((column + 0.5) / w, (row + 0.5) / h)
        left, top, right, bottom = self.geometry.seen
        return int(np.clip(x, left, right - 1)), int(np.clip(y, top, bottom - 1))

    def heatmap(self, scale: float | None = None) -> np.ndarray:
        """The evidence for the class, (h, w) float32 in [0, 1]: max(values, 0) / scale.

        Args:
            scale: the raw value that becomes 1, larger than 0; the map's own maximum if not given. Give the
                same one to several maps to compare them.

        Returns:
            All zeros where the map is not usable.
        """
        evidence = np.maximum(self.values, 0)
        top = float(evidence.max()) if scale is None else scale
        if not (self.usable and np.isfinite(top) and top > 0):
            return np.zeros_like(self.values)
        return np.asarray(np.minimum(evidence / np.float32(top), 1))


def unusable_because(values: np.ndarray, *, recorded_finite: bool, relative_floor: float = 1e-6) -> str:
    """Why this map can't be used, in one sentence; empty if it can.

    Args:
        values: (h, w) raw, signed.
        recorded_finite: whether the activation and gradient it was made of were finite. Some methods turn
            NaN into finite maps, so the map alone does not tell.
        relative_floor: a spread below this share of the largest magnitude counts as none.
    """
    if not (recorded_finite and np.isfinite(values).all()):
        return "The map is not usable: the layer's activation or gradient holds values that are not finite."
    largest = float(np.abs(values).max())
    if largest == 0:
        return "The map is blank: at this layer the class's score depends on nothing that this method sees."
    if values.size > 1 and float(np.ptp(values)) <= relative_floor * largest:
        return "The map is flat: every cell has the same value, so it points nowhere."
    if float(values.max()) <= 0:
        return "The map is negative everywhere: at this layer this method finds only evidence against the class."
    return ""
