"""What does a forward pass leave behind once the model has gone? Values only: no tensors, no graph."""

import math
from dataclasses import dataclass, replace

import numpy as np

from gradcam_core.geometry import InputGeometry
from gradcam_core.layers.place import DEFAULT_PLACE, ReceptiveField

RAW_UNIT = "raw CAM value"
MOST_PREDICTIONS = 10  # that a result lists, on the page and in its files


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
    versus: int | None = None  # the other class, where two are compared
    place: str = DEFAULT_PLACE  # a slug of PLACES
    target: str = ""  # what is explained where that is not one class; `class_index` is -1 then


@dataclass(frozen=True, eq=False)
class Cam:
    """A class activation map: raw and signed, at the layer's own resolution.

    Attributes:
        values: (h, w) float32, before any ReLU or scaling; read-only.
        prediction: the class explained; of another target its words and its value, with the index -1.
        geometry: how the map lies over the image, its cells where `key.place` says.
        method_title: for people, as is `model_title`.
        note: why the map can't be used, in one sentence; empty if it can.
        sign_rule: which side counts as evidence, in one sentence, where the method leaves that open; else empty.
        remark: what must be known of all maps of this method and model, as a sentence; empty as a rule.
        same_map_by: the slugs of other methods that give the same map here, as far as that is known.
        same_map_note: that they do, and why, in one sentence; empty if there are none.
        versus: the class that it is set against, where two are compared.
        is_signed: whether a value below zero is evidence against the class, as the method tells.
        field: what the layer's cells look at, wherever they are laid.
    """

    values: np.ndarray
    prediction: Prediction
    key: ResultKey
    geometry: InputGeometry
    method_title: str
    model_title: str
    note: str = ""
    sign_rule: str = ""
    remark: str = ""
    same_map_by: tuple[str, ...] = ()
    same_map_note: str = ""
    versus: Prediction | None = None
    is_signed: bool = False
    field: ReceptiveField = ReceptiveField()

    @property
    def usable(self) -> bool:
        """Whether there is anything to see in it."""
        return not self.note

    @property
    def cancels(self) -> bool:
        """Whether activation times gradient cancels in every cell, so that what is left says nothing."""
        return self.note.startswith(CANCELS)  # a layer to choose instead may be named behind it

    @property
    def maximum(self) -> float:
        """The largest raw value over the image; cells on the padding do not count. NaN if a cell is NaN."""
        return float(self.values[self.geometry.cells_seen(self.shape)].max())

    @property
    def tells_against(self) -> bool:
        """Whether evidence against the class can be seen in it: also where there is none for the class."""
        return self.is_signed and self.note in ("", NEGATIVE, BESIDE) and self.magnitude > 0

    @property
    def magnitude(self) -> float:
        """The largest raw value over the image, whatever its sign; NaN if a cell is NaN."""
        return float(np.abs(self.values[self.geometry.cells_seen(self.shape)]).max())

    @property
    def shape(self) -> tuple[int, int]:
        """(h, w) of the layer's map."""
        h, w = self.values.shape
        return h, w

    @property
    def peak(self) -> tuple[int, int]:
        """(x, y) of the image pixel that the largest cell over the image looks at."""
        (h, w), seen = self.shape, self.geometry.cells_seen(self.shape)
        values = np.where(seen, np.nan_to_num(self.values, nan=-np.inf), -np.inf)
        row, column = np.unravel_index(np.argmax(values), (h, w))
        x, y = self.geometry.centre_of(int(row), int(column), (h, w))
        left, top, right, bottom = self.geometry.seen
        return int(np.clip(x, left, right - 1)), int(np.clip(y, top, bottom - 1))

    def heatmap(self, scale: float | None = None) -> np.ndarray:
        """The evidence for the class, (h, w) float32 in [0, 1]: max(values, 0) / scale, at most 1.

        Args:
            scale: the raw value that becomes 1; `maximum` if not given. Give the same one to several maps to
                compare them.

        Returns:
            All zeros where the map is not usable.

        Raises:
            ValueError: if `scale` is not above 0.
        """
        _check_scale(scale)
        return self._shares(0, self.maximum if scale is None else scale) if self.usable else np.zeros_like(self.values)

    def signed_heatmap(self, scale: float | None = None) -> np.ndarray:
        """The evidence for and against the class, (h, w) float32 in [-1, 1]: values / scale, at most 1 either way.

        Args:
            scale: as for `heatmap`; `magnitude` if not given.

        Returns:
            All zeros where the map does not tell it.

        Raises:
            ValueError: if `scale` is not above 0.
        """
        _check_scale(scale)
        top = self.magnitude if scale is None else scale
        return self._shares(-1, top) if self.tells_against else np.zeros_like(self.values)

    def _shares(self, lowest: float, scale: float) -> np.ndarray:
        with np.errstate(over="ignore"):  # more than the scale is 1, however much more
            return np.asarray(np.clip(self.values / np.float32(scale), lowest, 1))

    def cell_at(self, x: int, y: int) -> tuple[int, int] | None:
        """(row, column) of the cell under the centre of an image pixel; None where the model saw nothing."""
        return self.geometry.cell_at(x, y, self.shape)

    def value_at(self, x: int, y: int) -> float:
        """The raw, signed value at an image pixel, bilinear between cells; NaN where the model saw nothing."""
        return self.geometry.value_at(x, y, self.values)

    def share_within(self, box: tuple[int, int, int, int]) -> float:
        """The share of the evidence, max(values, 0) as laid over the image, that lies in a box: 0 to 1.

        Args:
            box: (left, top, right, bottom) in image pixels, right and bottom exclusive.

        Returns:
            NaN where the map is not usable.

        Raises:
            ValueError: if the box is empty or reaches beyond the image.
        """
        left, top, right, bottom = box
        width, height = self.geometry.image_size
        if not (0 <= left < right <= width and 0 <= top < bottom <= height):
            raise ValueError(f"The box {box} holds no pixel, or not only pixels of the image, {width} x {height}.")
        if not self.usable:
            return math.nan
        evidence = np.nan_to_num(self.geometry.to_original(np.maximum(self.values, 0))).astype(np.float64)
        total = evidence.sum()
        return float(evidence[top:bottom, left:right].sum() / total) if total else math.nan

    def fitted(self, size: tuple[int, int]) -> "Cam":
        """The same map over a copy of its image that is (width, height) pixels large.

        Raises:
            ValueError: if the copy has no pixels.
        """
        return replace(self, geometry=self.geometry.scaled_to(size))


BLANK = "The map is blank: the class's score depends on nothing that this method sees here."
FLAT = "The map is flat: every cell has the same value, so it points nowhere."
NEGATIVE = "The map is negative everywhere: at this layer this method finds only evidence against the class."
BESIDE = "The map is empty over the image: all evidence for the class lies on the padding beside it."
CANCELS = (
    "Activation times gradient cancels in every cell here, as before every layer normalisation: what is left is no map."
)
_LEFT = 1e-3  # of what was summed: before a normalisation at most 3e-5 was seen (its epsilon), elsewhere at least 3e-2


def unusable_because(
    values: np.ndarray,
    *,
    seen: np.ndarray,
    evidence_is_finite: bool,
    relative_floor: float = 1e-6,
    cancelled: float = 0.0,
) -> str:
    """Why this map can't be used, in one sentence; empty if it can.

    Args:
        values: (h, w) raw, signed.
        seen: (h, w) bool, the cells over the image, as `InputGeometry.cells_seen` gives them.
        evidence_is_finite: whether what the network gave for it (activation, gradient, logits) was finite. Some
            methods turn NaN into finite maps, so the map alone does not tell.
        relative_floor: a spread below this share of the largest magnitude counts as none.
        cancelled: what `cancelled_sum` gives for the activation and gradient that it was made of.
    """
    if not evidence_is_finite:
        return "The map is not usable: the network's activations, gradients or logits are not finite here."
    if not np.isfinite(values).all():
        return "The map is not usable: with this layer's numbers the method gives values that are not finite."
    if 0 < float(np.abs(values).max()) <= _LEFT * cancelled:
        return CANCELS
    return _without_evidence(values, seen, relative_floor)


def cancelled_sum(activation: np.ndarray, gradient: np.ndarray) -> float:
    """The most that is summed in a cell, Σ |activation x gradient|, where in every cell next to nothing of it is left.

    Else 0. A layer normalisation gives the same for a cell that is scaled, so what is before it has no gradient along
    the cell's own direction (Euler's theorem for homogeneous functions).

    Args:
        activation: (channels, h, w).
        gradient: likewise.
    """
    products = activation * gradient
    summed = float(np.abs(products).sum(axis=0).max())
    return summed if float(np.abs(products.sum(axis=0)).max()) <= _LEFT * summed else 0.0


def _without_evidence(values: np.ndarray, seen: np.ndarray, relative_floor: float) -> str:
    largest = float(np.abs(values).max())
    if largest == 0:
        return BLANK
    if values.size > 1 and float(np.ptp(values)) <= relative_floor * largest:
        return FLAT
    if float(values.max()) <= 0:
        return NEGATIVE
    if float(values[seen].max()) <= 0:
        return BESIDE
    return ""


def _check_scale(scale: float | None) -> None:
    if scale is not None and not scale > 0:
        raise ValueError(f"A scale is above 0, this one is {scale}.")
