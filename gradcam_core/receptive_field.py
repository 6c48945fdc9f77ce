"""Where do the cells of a layer look, and how widely? Measured on the network itself, once for a layer of a model.

The network is shown a few inputs of noise. The gradient of a cell in the middle with respect to the input, squared, is
a picture of what it looks at: its field. The middle of the field, beside the middle of the cell's own square, is the
shift. It is sought close by, in a soft window about as wide as the field: what a cell sees of the whole image, by
squeezing and excitation or by attention, is alike on all sides there and moves it nowhere.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from weakref import WeakValueDictionary

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from gradcam_core.hooks import recording
from gradcam_core.layers.finding import TargetLayer
from gradcam_core.layers.place import UNKNOWN, ReceptiveField
from gradcam_core.models import LoadedModel
from gradcam_core.preprocessing import InputSpec
from gradcam_core.recording import differentiable, memory_for_a_pass
from gradcam_core.resources.store import LruStore

_INPUTS = 3  # one forward and one backward pass each: within ten forward passes' time
_CONTRAST = 0.25  # deviation of the noise round grey, where colours go from 0 to 1
_PATCHES = 16  # of coarse noise along a side
_BINS = 4  # to a cell's side: a field is counted in them
_FIELD = 5  # deviations from one measured cell to the next, so that their fields hardly touch
_LEAST, _MOST = 3, 5  # cells from one to the next at least; cells along a side that are measured at once
_WINDOW, _NARROWEST = 1.6, 1.0  # deviation of the window: by that of the field, and at least so many cells
_GROWTH, _STEPS, _STILL = (
    1.3,
    60,
    1e-3,
)  # of the window in one step; steps; cells that it moves when it has come to rest
_DIGITS = 2  # a hundredth of a cell: the number of threads decides the last bits

_Key = tuple[str, str, str]
_kept: LruStore[ReceptiveField] = LruStore(2_000)  # each counts as one
_guard = threading.Lock()
_measuring: WeakValueDictionary[_Key, "_Turn"] = WeakValueDictionary()


class _Turn:
    """One thread measures; the others wait."""

    def __init__(self) -> None:
        self.lock = threading.Lock()


@dataclass(frozen=True)
class _Cells:
    """Cells that are measured at once: `count` rows and columns of them, `apart` cells from one to the next."""

    first: int
    count: int
    apart: int


def receptive_field(model: LoadedModel, layer: TargetLayer) -> ReceptiveField:
    """What the cells of a layer look at: measured when it is first asked for, then kept by the hash of the weights.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    key = (model.weights_sha256, model.description_sha256, layer.name)
    known = _kept.get(key)
    if known is None:
        with _turn(key).lock:
            known = _kept.get(key) or _kept.put(key, measured(model, layer), 1)
    return known


def measured(model: LoadedModel, layer: TargetLayer) -> ReceptiveField:
    """The median over cells in the middle and a few inputs; the kernels alone do not tell it for a trained network.

    One shift serves the whole layer: towards the border a field is cut off, which moves its middle and not the cell.

    Raises:
        ResourceError: if the memory does not suffice.
    """
    with np.errstate(all="ignore"):  # what is not finite is left out
        shifts, spreads = _middles(_fields(model, layer))
    found = np.isfinite(shifts).all(axis=1)
    if not found.any():
        return ReceptiveField(note=UNKNOWN)
    return ReceptiveField(shift=_median(shifts[found]), spread=_median(spreads[found]))


def _fields(model: LoadedModel, layer: TargetLayer) -> np.ndarray:
    """(fields, bins, bins) float64, each with its cell in the middle.

    The first one tells how far apart cells must be to be measured in one backward pass.
    """
    side = layer.size[0]
    first, *others = _inputs(model.input_spec)
    cells = _middle_cells(side, _largest_odd(side))
    energy = _energy(model, layer, first, cells, seed=0)
    _, spreads = _middles(_cut(energy, side, cells))
    apart = _apart(float(spreads.max()), side)
    fields = [_cut(energy, side, replace(cells, apart=apart))]
    for turn, image in enumerate(others, start=1):
        cells = _middle_cells(side, apart, turn=turn)
        fields.append(_cut(_energy(model, layer, image, cells, seed=turn), side, cells))
    return np.concatenate(fields)


def _inputs(spec: InputSpec) -> Iterator[Tensor]:
    """(1, 3, side, side) each, normalised, always the same: fine noise and noise in coarse patches by turns."""
    seeded, side = torch.Generator().manual_seed(0), spec.crop_size
    mean, deviation = (torch.tensor(values)[None, :, None, None] for values in (spec.mean, spec.std))
    for place in range(_INPUTS):
        noise = torch.randn(1, 3, side, side, generator=seeded)
        if place % 2:
            patches = torch.randn(1, 3, _PATCHES, _PATCHES, generator=seeded)
            noise = 0.3 * noise + functional.interpolate(patches, size=(side, side), mode="bicubic")
        yield ((0.5 + _CONTRAST * noise).clamp(0, 1) - mean) / deviation


def _middle_cells(side: int, apart: int, *, turn: int = 0) -> _Cells:
    """As many as fit, in the middle of a grid; where that lies between two cells, one or the other by turns."""
    count = min(max(side // apart, 1), _MOST)
    return _Cells((side - count * apart + turn % 2) // 2 + apart // 2, count, apart)


def _apart(spread: float, side: int) -> int:
    """Cells from one measured cell to the next; an odd number, so that each is in the middle of its field."""
    if not np.isfinite(spread):
        return _largest_odd(side)
    return min(max(_LEAST, 2 * round(_FIELD * spread / 2) + 1), _largest_odd(side))


def _largest_odd(side: int) -> int:
    return max(_LEAST, side - 1 + side % 2)


def _energy(model: LoadedModel, layer: TargetLayer, image: Tensor, cells: _Cells, *, seed: int) -> np.ndarray:
    """(height, width) float64: the squared gradient of these cells, their channels summed with random signs.

    In the mean over the signs that is the sum over channels and cells of their own squared gradients.
    """
    with differentiable(model.device), memory_for_a_pass(), recording([layer.name]) as outputs:
        leaf = image.to(model.device, copy=True).requires_grad_()
        model.module(leaf.clone())
        output = outputs[layer.name]
        if output is None:
            return np.zeros(image.shape[2:])
        (gradient,) = torch.autograd.grad(
            output, leaf, _signs(output, cells, seed), allow_unused=True, materialize_grads=True
        )
    return np.asarray((gradient[0].double().cpu() ** 2).sum(dim=0).numpy())


def _signs(output: Tensor, cells: _Cells, seed: int) -> Tensor:
    """1 or -1 at every channel of these cells, 0 elsewhere."""
    chosen = [cells.first + place * cells.apart for place in range(cells.count)]
    rows, columns = torch.tensor(chosen)[:, None], torch.tensor(chosen)[None, :]
    signs = torch.zeros(output.shape)
    seeded = torch.Generator().manual_seed(seed)
    drawn = torch.randint(0, 2, (output.shape[1], cells.count, cells.count), generator=seeded)
    signs[0, :, rows, columns] = drawn.float() * 2 - 1
    return signs.to(output)


def _cut(energy: np.ndarray, side: int, cells: _Cells) -> np.ndarray:
    """The field of each cell: (cells, bins, bins), `apart` cells wide and high."""
    start = cells.first + 0.5 - cells.apart / 2
    bins = cells.apart * _BINS
    edges = start + np.arange(cells.count * bins + 1) / _BINS
    height, width = energy.shape
    counted = _binned(_binned(energy, edges * height / side).T, edges * width / side).T
    parted = counted.reshape(cells.count, bins, cells.count, bins)
    return np.asarray(parted.transpose(0, 2, 1, 3).reshape(-1, bins, bins))


def _binned(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """Sums of the rows from each edge to the next; of a row that is cut, its part. Beyond the last one is nothing."""
    summed = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])
    inside = np.clip(edges, 0, len(values))
    below = np.minimum(inside.astype(int), len(values) - 1)
    share = (inside - below)[:, None]
    return np.diff(summed[below] * (1 - share) + summed[below + 1] * share, axis=0)


def _middles(fields: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The (x, y) middle of each field in cells from its cell's own, and its (x, y) deviation; NaN where it has none.

    A soft window goes to the middle of what it holds until it rests, and becomes as wide as that. Whatever is the same
    on all sides does not move it.
    """
    bins = fields.shape[-1]
    reach = bins / _BINS / 2
    at = (np.arange(bins) + 0.5) / _BINS - reach
    fields = fields - _border(fields)[:, None, None]
    middle, wide = np.zeros((len(fields), 2)), np.full((len(fields), 2), _NARROWEST)
    spread = wide
    for _ in range(_STEPS):
        moved, inside = _seen(fields, at, middle, wide)
        spread = 1 / np.sqrt(np.maximum(1 / inside**2 - 1 / wide**2, 1 / (4 * reach) ** 2))  # without the window
        grown = np.clip(_WINDOW * spread, _NARROWEST, np.minimum(_GROWTH * wide, max(reach / 1.75, _NARROWEST)))
        rests = np.abs(moved - middle) + np.abs(grown - wide) < _STILL
        middle, wide = moved, grown
        if (rests | ~np.isfinite(middle)).all():
            break
    middle[np.abs(middle).max(axis=1) > reach] = np.nan
    return middle, spread


def _seen(fields: np.ndarray, at: np.ndarray, middle: np.ndarray, wide: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation, (fields, 2) each, of what a window of this middle and deviation holds."""
    window = np.exp(-0.5 * ((at - middle[..., None]) / wide[..., None]) ** 2)  # (fields, 2, bins)
    held = fields * window[:, 1, :, None] * window[:, 0, None, :]
    sides = np.stack([held.sum(axis=1), held.sum(axis=2)], axis=1)  # (fields, bins, bins) → (fields, 2, bins)
    sides = sides / sides.sum(axis=2, keepdims=True)
    mean = (sides * at).sum(axis=2)
    square = (sides * (at - mean[..., None]) ** 2).sum(axis=2)
    return mean, np.sqrt(np.maximum(square, 1e-6))


def _border(fields: np.ndarray) -> np.ndarray:
    """What lies all round each field: the mean of its outermost bins."""
    sides = (fields[:, 0], fields[:, -1], fields[:, :, 0], fields[:, :, -1])
    return np.asarray(np.concatenate(sides, axis=1).mean(axis=1))


def _median(pairs: np.ndarray) -> tuple[float, float]:
    x, y = (round(float(value), _DIGITS) + 0.0 for value in np.median(pairs, axis=0))  # + 0.0: no -0.0
    return x, y


def _turn(key: _Key) -> _Turn:
    with _guard:
        return _measuring.setdefault(key, _Turn())
